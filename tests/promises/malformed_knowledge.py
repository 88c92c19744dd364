"""What a client, a person in a browser and an administrator know: tokens, codes, open forms, ids.

Requests are made with marks such as ``<code>`` and filled in when they are sent: so the same number
makes the same requests, though each server has other secrets.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.factories.clients import ClientFactory
from tests.factories.users import PASSWORD, TestUser, UserFactory
from tests.promises.target import PATIENCE, Target
from tests.support.application import CHALLENGE, VERIFIER
from tests.support.authorization_answers import REDIRECT_URI, AuthorizationAnswer
from tests.support.client_keys import ClientKey, assertion_claims, key_set
from tests.support.relying_party import basic, bearer

# ``<name>``, or with one letter changed: ``<name:5:x>``, or cut off there: ``<name:5:>``.
MARK = re.compile(r"<([a-z_]+)(?::(\d+):([^>]?))?>")

Values = dict[str, str]


class Knowledge:
    """Each value is genuine when it is first used, and is renewed after some uses."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._person: TestUser | None = None
        self._values: Values = {}
        self._uses: Counter[str] = Counter()
        client = target.party.credentials
        self._key = ClientKey()
        self._keeper = ClientFactory(target.services)(
            grant_types=["client_credentials", "authorization_code"],
            redirect_uris=[REDIRECT_URI],
            token_endpoint_auth_method="private_key_jwt",
            jwks=key_set(self._key),
        )
        self._fixed = {
            "client_id": client.client_id,
            "client_secret": str(client.secret),
            "basic": basic(client.client_id, str(client.secret))["Authorization"],
            "keeper_id": self._keeper.client_id,
            "verifier": VERIFIER,
            "challenge": CHALLENGE,
            "issuer": target.server.base,
        }

    def fill(self, text: str) -> str:
        """The text with each mark replaced."""
        return MARK.sub(self._replace, text)

    def _replace(self, mark: re.Match[str]) -> str:
        name, place, letter = mark.groups()
        value = self._value(name)
        if value is None:
            return mark[0]
        if place is None:
            return value
        at = int(place) % (len(value) or 1)
        return value[:at] + letter + value[at + 1 :] if letter else value[:at]

    def _value(self, name: str) -> str | None:
        if name in self._fixed:
            return self._fixed[name]
        source = _SOURCES.get(name)
        if source is None:
            return None
        obtain, uses = source
        if self._uses[obtain.__name__] % uses == 0:
            self._values |= obtain(self)
        self._uses[obtain.__name__] += 1
        return self._values[name]

    def person(self) -> Values:
        """Somebody new, before wrong passwords lock an account."""
        self._person = UserFactory(self._target.services)()
        person_id = str(self._person.id)
        return {"email": self._person.email, "password": PASSWORD, "person_id": person_id}

    def tokens(self) -> Values:
        return self._tokens("access_token", "id_token")

    def refresh_token(self) -> Values:
        return self._tokens("refresh_token")

    def _tokens(self, *names: str) -> Values:
        scope = "openid profile email offline_access"
        tokens = self._target.party.password(self._somebody(), scope=scope).json
        return {name: tokens[name] for name in names}

    def assertion(self) -> Values:
        claims = assertion_claims(self._keeper.client_id, aud=self._target.server.base)
        return {"assertion": self._key.sign(claims)}

    def request_object(self) -> Values:
        asked = {"scope": "openid", "nonce": "N", "code_challenge": CHALLENGE}
        more = {"redirect_uri": REDIRECT_URI, "code_challenge_method": "S256"}
        claims = assertion_claims(self._keeper.client_id, aud=self._target.server.base, sub=None)
        claims |= {"client_id": self._keeper.client_id, "response_type": "code", "exp": 2**31}
        return {"request_object": self._key.sign(claims | asked | more)}

    def browser(self) -> Values:
        """A browser with a person in it, and with each of our forms open."""
        browser = _Browser(self._target.server.base)
        asked = {"client_id": self._fixed["client_id"], "scope": "openid profile email"}
        entry = browser.flow(asked)
        form = browser.form(f"/sign-in?flow={entry}")
        person = self._somebody()
        fields = {"username": person.email, "password": person.password, **form}
        browser.post(f"/sign-in?flow={entry}", fields)
        flow = browser.flow(asked | {"prompt": "consent"})
        shown = browser.form(f"/consent?flow={flow}")
        leaving = browser.flow({"client_id": asked["client_id"]}, "/oauth2/end_session")
        return {
            "cookie": browser.cookie(),
            "sign_in_flow": browser.flow(asked | {"prompt": "login"}),
            "accounts_flow": browser.flow(asked | {"prompt": "select_account"}),
            "consent_flow": flow,
            "sign_out_flow": leaving,
            "csrf": shown["csrf_token"],
            "account": shown["account"],
        }

    def code(self) -> Values:
        """Of the person in the browser, who agrees first."""
        cookie = self._value("cookie")
        browser = _Browser(self._target.server.base, cookie)
        asked = {"client_id": self._fixed["client_id"], "scope": "openid offline_access"}
        flow = browser.flow(asked | {"prompt": "consent"})
        form = browser.form(f"/consent?flow={flow}") if flow else {}
        agreed = browser.post(f"/consent?flow={flow}", form | {"answer": "allow"})
        answer = browser.get(agreed.location or "/")
        return {"code": answer.params.get("code", "")}

    def registration(self) -> Values:
        body = {"redirect_uris": [REDIRECT_URI]}
        made = self._post("/oauth2/register", body)
        token = made["registration_access_token"]
        return {"registered_id": made["client_id"], "registration_token": token}

    def own_account(self) -> Values:
        """Somebody's who may spoil their own account."""
        person = UserFactory(self._target.services)()
        body = {"email": person.email, "password": person.password}
        made = self._post("/api/auth/login", body)
        return {
            "own_id": str(person.id),
            "own_password": person.password,
            "own_token": made["accessToken"],
            "own_refresh_token": made["refreshToken"],
        }

    def bearer(self) -> Values:
        """The administrator's."""
        admin = self._target.admin
        body = {"email": admin.email, "password": admin.password}
        return {"bearer": self._post("/api/auth/login", body)["accessToken"]}

    def rows(self) -> Values:
        """One of each that the administrator looks after."""
        services = self._target.services
        user, client = UserFactory(services)(), ClientFactory(services)()
        administrator = bearer(self.bearer()["bearer"])
        name = f"r{user.id}"
        permitted = {"name": name, "permissions": ["users:read"]}
        role = self._post("/api/roles", permitted, administrator)
        served = {"name": "An API", "audience": f"https://{name}.example"}
        resource = self._post("/api/resource-servers", served, administrator)
        return {
            "user_id": str(user.id),
            "row_client_id": client.client_id,
            "role_id": str(role["id"]),
            "role_name": name,
            "resource_server_id": str(resource["id"]),
            "fresh": user.id.hex,
        }

    def _somebody(self) -> TestUser:
        self._value("email")
        assert self._person is not None
        return self._person

    def _post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        url = self._target.server.base + path
        answer = requests.post(url, json=body, headers=headers, timeout=PATIENCE)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json()


class _Browser:
    """Looks at our pages and sends their forms."""

    def __init__(self, base: str, cookie: str | None = None) -> None:
        self._base = base
        self._session = requests.Session()
        for pair in (cookie or "").split("; "):
            name, equals, value = pair.partition("=")
            if equals:
                self._session.cookies.set(name, value)

    def get(self, address: str) -> AuthorizationAnswer:
        return self._open("GET", address)

    def post(self, address: str, fields: Values) -> AuthorizationAnswer:
        return self._open("POST", address, data=fields)

    def form(self, address: str) -> Values:
        return self.get(address).hidden

    def flow(self, asked: Values, path: str = "/oauth2/authorize") -> str:
        """What the authorization endpoint sends to the next page."""
        usual = {
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        answer = self._open("GET", path, params=usual | asked)
        return parse_qs(urlsplit(answer.location or "").query).get("flow", [""])[0]

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._session.cookies.items())

    def _open(self, method: str, address: str, **options: Any) -> AuthorizationAnswer:
        options |= {"timeout": PATIENCE, "allow_redirects": False}
        return AuthorizationAnswer(
            self._session.request(method, self._base + address, **options), self._base
        )


# By name: who obtains it, and how many uses it is good for.
_SOURCES: dict[str, tuple[Callable[[Knowledge], Values], int]] = {
    name: (obtain, uses)
    for obtain, uses, names in (
        (Knowledge.person, 300, "email password person_id"),
        (Knowledge.tokens, 30, "access_token id_token"),
        (Knowledge.refresh_token, 2, "refresh_token"),
        (Knowledge.code, 2, "code"),
        (Knowledge.assertion, 2, "assertion"),
        (Knowledge.request_object, 1000, "request_object"),
        (Knowledge.browser, 60, "cookie csrf account"),
        (Knowledge.browser, 60, "sign_in_flow accounts_flow consent_flow sign_out_flow"),
        (Knowledge.registration, 20, "registered_id registration_token"),
        (Knowledge.own_account, 8, "own_id own_password own_token own_refresh_token"),
        (Knowledge.bearer, 30, "bearer"),
        (Knowledge.rows, 40, "user_id row_client_id role_id role_name resource_server_id fresh"),
    )
    for name in names.split()
}
