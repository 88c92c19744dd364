"""Authorization requests as a client sends them with a browser, and what comes of them.

``flow.authorize(scope="openid email", nonce=None)`` is the ``AZ(k=v)`` of the catalogue of attacks:
a whole request of a confidential client, in the browser of a person who is signed in and has agreed
to all of it; each keyword changes, None removes, a list repeats a parameter.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from authserver.actor import SYSTEM
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.service import ClientService
from authserver.consents.service import ConsentService
from authserver.flows.service import FlowService
from authserver.http.cookies import Cookies
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.authorization_answers import REDIRECT_URI, AuthorizationAnswer
from tests.support.relying_party import FORM, RelyingParty

AUTHORIZE = "/oauth2/authorize"
VERIFIER = "a-verifier-of-forty-three-letters-or-some-more"
FRONT_CHANNEL_TYPES = (
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass(frozen=True)
class AuthorizationFlow:
    """One client, one browser, and whoever is signed in there."""

    http: FlaskClient
    services: Services
    party: RelyingParty
    user: TestUser
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def client_id(self) -> str:
        return self.party.credentials.client_id

    def authorize(self, **changes: Any) -> AuthorizationAnswer:
        """GET the authorization endpoint."""
        return self.go(f"{AUTHORIZE}?{self.query(**changes)}")

    def go(self, address: str, **headers: str) -> AuthorizationAnswer:
        """Follow a link or a redirect by one step."""
        return self._answer(self.http.open(address, method="GET", headers=headers))

    def query(self, **changes: Any) -> str:
        """The parameters of the request in the form of an address."""
        defaults = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid",
            "state": "S",
            "nonce": "N",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
        }
        sent = defaults | dict(self.parameters) | changes
        kept = {name: value for name, value in sent.items() if value is not None}
        return urlencode(kept, doseq=True)

    def code(self, **changes: Any) -> str:
        """The code that the request is answered with."""
        answer = self.authorize(**changes)
        assert "code" in answer.params, (answer.status, answer.location, answer.text)
        return answer.params["code"]

    def redeem(self, code: str, **changes: Any) -> Any:
        """POST the code to the token endpoint as the client."""
        uri = self.parameters.get("redirect_uri", REDIRECT_URI)
        form = {"code": code, "redirect_uri": uri, "code_verifier": VERIFIER}
        return self.party.token(**({"grant_type": "authorization_code"} | form | changes))

    def tokens(self, **changes: Any) -> dict[str, Any]:
        """What a request is worth in the end."""
        answer = self.redeem(self.code(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json)

    def submit(self, address: str, **fields: str) -> AuthorizationAnswer:
        """Look at a page of ours, fill in its form, and send it."""
        shown = self.go(address)
        assert shown.status == 200, (shown.status, shown.location, shown.text)
        return self._answer(self.http.post(address, data=shown.hidden | fields))

    def post(self, **changes: Any) -> AuthorizationAnswer:
        """POST the request as a form, and follow to where it is decided."""
        return self.go(self.post_form(self.query(**changes)).location or "")

    def post_form(self, form: str) -> AuthorizationAnswer:
        """POST a form to the authorization endpoint."""
        return self._answer(self.http.post(AUTHORIZE, data=form, content_type=FORM))

    def enter(self, step: AuthorizationAnswer, user: TestUser | None = None) -> AuthorizationAnswer:
        """Sign in on the page that a step leads to, and come back from there."""
        assert step.page == "/sign-in", (step.status, step.location, step.text)
        person = user or self.user
        sent = self.submit(step.location or "", username=person.email, password=person.password)
        return self.go(sent.location or "")

    def choose(self, step: AuthorizationAnswer, account: BrowserSession) -> AuthorizationAnswer:
        """Choose an account on the page that a step leads to, and come back from there."""
        assert step.page == "/accounts", (step.status, step.location, step.text)
        return self.go(self.submit(step.location or "", account=str(account.id)).location or "")

    def consent(self, step: AuthorizationAnswer, answer: str = "allow") -> AuthorizationAnswer:
        """Allow or deny on the page that a step leads to, and come back from there."""
        assert step.page == "/consent", (step.status, step.location, step.text)
        return self.go(self.submit(step.location or "", answer=answer).location or "")

    def sign_in(self, user: TestUser | None = None) -> BrowserSession:
        """Sign somebody in in this browser without a page; they are the active account then."""
        person, name = user or self.user, self._cookies.session
        found = self.http.get_cookie(name)
        session, value = self.services.get(SingleSignOn).sign_in(
            person.email, person.password, found.value if found else None, SYSTEM
        )
        self.http.set_cookie(name, value)
        return session

    def grant(self, scope: str, user: TestUser | None = None) -> None:
        """What the person has agreed to before."""
        consents = self.services.get(ConsentService)
        consents.grant((user or self.user).id, self.client_id, scope.split(), SYSTEM)

    def elsewhere(self, http: FlaskClient) -> "AuthorizationFlow":
        """The same client and person with another browser, or at another server."""
        return replace(self, http=http, party=RelyingParty(http, self.party.credentials))

    @property
    def issuer(self) -> str:
        return self.services.get(FlowService).issuer

    @property
    def _cookies(self) -> Cookies:
        return Cookies.of(self.issuer)

    def _answer(self, response: Any) -> AuthorizationAnswer:
        return AuthorizationAnswer(response, self.issuer)


class Authorizations:
    """``authorizations(scope="openid", signed_in=False)``: a flow of a client of its own.

    The rest are members of its metadata. Its person has agreed to all that it may ask for, unless
    ``consented`` says otherwise.
    """

    def __init__(self, http: FlaskClient, services: Services) -> None:
        self._http = http
        self._services = services

    def __call__(
        self,
        client_id: str | None = None,
        *,
        user: TestUser | None = None,
        signed_in: bool = True,
        consented: bool = True,
        parameters: Mapping[str, Any] | None = None,
        **metadata: Any,
    ) -> AuthorizationFlow:
        members = {
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": [REDIRECT_URI],
        }
        credentials = ClientFactory(self._services)(client_id, **(members | metadata))
        person = user or UserFactory(self._services)()
        party = RelyingParty(self._http, credentials)
        flow = AuthorizationFlow(self._http, self._services, party, person, parameters or {})
        if consented:
            client = self._services.get(ClientService).find(credentials.client_id)
            assert client is not None
            flow.grant(" ".join(client.scope))
        if signed_in:
            flow.sign_in()
        return flow

    def public(self, **metadata: Any) -> AuthorizationFlow:
        """A flow of a client that cannot keep a secret."""
        return self(**({"token_endpoint_auth_method": "none"} | metadata))

    def hybrid(self, **metadata: Any) -> AuthorizationFlow:
        """A flow of a client that is registered for every response type there is."""
        grants = ["authorization_code", "implicit", "refresh_token"]
        types = ["code", "none", *FRONT_CHANNEL_TYPES]
        return self(**({"grant_types": grants, "response_types": types} | metadata))


@pytest.fixture
def authorizations(client: FlaskClient, services: Services) -> Authorizations:
    return Authorizations(client, services)


@pytest.fixture
def flow(authorizations: Authorizations) -> AuthorizationFlow:
    """A confidential client, and a person who is signed in and has agreed."""
    return authorizations()


@pytest.fixture
def front_channel_authorizations(
    make_app: Callable[..., tuple[Flask, Services]],
) -> Authorizations:
    """Where tokens may travel through the browser."""
    app, services = make_app(front_channel_response_types=True)
    return Authorizations(app.test_client(), services)


@pytest.fixture
def hybrid(front_channel_authorizations: Authorizations) -> AuthorizationFlow:
    """A client that is registered for every response type, where all of them are on."""
    return front_channel_authorizations.hybrid()
