"""A browser in which people sign in, without any pages: for tests of what comes after."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask

from authserver.actor import SYSTEM
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.wiring import Services
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser
from tests.support.application import CHALLENGE, VERIFIER
from tests.support.relying_party import RelyingParty

REDIRECT_URI = "https://app.example/cb"
SESSION = "authserver_session"
STATE = "authserver_state"
BROWSER = "authserver_browser"


@dataclass(frozen=True)
class Grants:
    """What a client has of a sign-in."""

    id_token: str
    access_token: str
    refresh_token: str | None
    answer: dict[str, str]


class TestBrowser:
    """``http`` is Flask's test client; it keeps cookies as a browser does."""

    __test__ = False

    def __init__(self, app: Flask, services: Services) -> None:
        self.http = app.test_client()
        self._services = services

    def sign_in(self, user: TestUser) -> BrowserSession:
        """As the sign-in page does it."""
        session, cookie = self._services.get(SingleSignOn).sign_in(
            user.email, user.password, self.cookie(SESSION), SYSTEM
        )
        self.http.set_cookie(SESSION, cookie)
        return session

    def cookie(self, name: str) -> str | None:
        found = self.http.get_cookie(name)
        return found.value if found else None

    def authorize(self, client: TestClient, **parameters: str) -> Any:
        values = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid",
            "state": "the-state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return self.get("/oauth2/authorize", **(values | parameters))

    def join(self, client: TestClient, **parameters: str) -> Grants:
        """Use the sign-in at a client, which redeems its code."""
        answer = answer_of(self.authorize(client, **parameters))
        tokens = RelyingParty(self.http, client).token(
            grant_type="authorization_code",
            code=answer["code"],
            redirect_uri=REDIRECT_URI,
            code_verifier=VERIFIER,
        )
        body = tokens.json
        return Grants(body["id_token"], body["access_token"], body.get("refresh_token"), answer)

    def end_session(self, **parameters: str) -> Any:
        return self.get("/oauth2/end_session", **parameters)

    def get(self, path: str, **parameters: str) -> Any:
        return self.http.get(f"{path}?{urlencode(parameters)}" if parameters else path)


def answer_of(response: Any) -> dict[str, str]:
    """The parameters of the address that a response leads to."""
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


def make_party(make_client: ClientFactory, **metadata: Any) -> TestClient:
    """A client of the house: nobody is asked for consent."""
    values = {
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": [REDIRECT_URI],
        "first_party": True,
    }
    return make_client(**(values | metadata))
