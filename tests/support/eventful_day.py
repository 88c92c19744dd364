"""A day in the life of a server, with everything in it that involves a secret."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import text

from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.raw_http import talk
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.authorization_answers import REDIRECT_URI, AuthorizationAnswer
from tests.support.authorizations import challenge_of
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.http_sink import HttpSink
from tests.support.live_server import LiveServer
from tests.support.registrations import Registrar
from tests.support.relying_party import RelyingParty, basic, bearer
from tests.support.told_secrets import WatchedLiveClient

_BROKEN = "Broken by a constraint"
_CODE_CLIENT: dict[str, Any] = {
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": [REDIRECT_URI],
    "post_logout_redirect_uris": ["https://app.example/out"],
}


@dataclass
class EventfulDay:
    """``secrets`` are all that occurred, what only the database knows included. A worker must be
    there: ``back_channel`` gets its notices."""

    server: LiveServer
    services: Services
    back_channel: HttpSink
    secrets: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.http = WatchedLiveClient(self.server.base, self.secrets)
        self.admin = UserFactory(self.services)(password=_password(), roles=["admin"])
        self.user = UserFactory(self.services)(password=_password())
        self.secrets |= {self.admin.password, self.user.password}

    def pass_by(self) -> None:
        """All of it, right and wrong; each asserts that it came to be what it is meant to be."""
        self.sign_in_by_password()
        self.go_through_the_browser()
        self.use_tokens()
        self.authenticate_clients()
        self.register_clients()
        self.administer()
        self.send_what_nobody_understands()
        self.crash()

    def sign_in_by_password(self) -> None:
        login = {"email": self.user.email, "password": self.user.password}
        wrong = self.http.post("/api/auth/login", json=login | {"password": _password()})
        assert wrong.status_code == 401
        tokens = self.http.post("/api/auth/login", json=login).json
        again = self.http.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
        headers = bearer(again.json["accessToken"])
        assert self.http.post("/api/auth/logout", headers=headers).status_code == 204

    def go_through_the_browser(self) -> None:
        """The code flow with PKCE and pages, a wrong password, and signing out."""
        back_channel = f"http://{self.back_channel.address}/notices"
        party = self.party(**_CODE_CLIENT, backchannel_logout_uri=back_channel)
        verifier = secrets.token_urlsafe(48)
        self.secrets.add(verifier)
        answer = self.enter(self.authorize(party, verifier))
        form = {"code": answer.params["code"], "redirect_uri": REDIRECT_URI}
        redeem = {"grant_type": "authorization_code", "code_verifier": verifier} | form
        wrong = party.token(**redeem | {"code_verifier": secrets.token_urlsafe(48)})
        assert wrong.status_code == 400
        # The code is used up by now, or it is not: either way it was seen.
        party.token(**redeem)
        second = self.go(self.authorize(party, verifier))
        tokens = party.token(**redeem | {"code": second.params["code"]})
        assert tokens.status_code == 200, tokens.text
        query = {"id_token_hint": tokens.json["id_token"], "state": secrets.token_urlsafe()}
        uri = {"post_logout_redirect_uri": "https://app.example/out"}
        ended = self.http.get("/oauth2/end_session", params=query | uri)
        assert ended.status_code == 303, ended.text
        (notice,) = self.back_channel.wait_for(lambda posted: bool(posted))
        self.secrets.add(dict(parse_qsl(notice.body.decode()))["logout_token"])

    def use_tokens(self) -> None:
        """Refresh, reuse, introspection, userinfo, revocation."""
        party = self.party()
        tokens = party.password(self.user).json
        assert (
            party.password(TestUser(self.user.id, self.user.email, _password())).status_code == 400
        )
        party.introspect(tokens["access_token"])
        assert self.userinfo(tokens["access_token"]) == 200
        assert self.userinfo(tokens["access_token"] + "x") == 401
        assert party.introspect(tokens["refresh_token"]).json["active"]
        moved_on = party.refresh(tokens["refresh_token"])
        assert moved_on.status_code == 200
        assert party.revoke(moved_on.json["refresh_token"]).status_code == 200
        assert party.refresh(moved_on.json["refresh_token"]).status_code == 400

    def authenticate_clients(self) -> None:
        """By Basic, by post, and by JWT; each right and wrong."""
        grant = {"grant_type": "client_credentials"}
        right = self.made(grant_types=["client_credentials"])
        pair = {"client_id": right.client_id, "client_secret": right.secret}
        headers = basic(right.client_id, str(right.secret))
        assert self.http.post("/oauth2/token", data=grant, headers=headers).status_code == 200
        headers = basic(right.client_id, secrets.token_urlsafe(32))
        assert self.http.post("/oauth2/token", data=grant, headers=headers).status_code == 401
        posts = self.made(
            grant_types=["client_credentials"], token_endpoint_auth_method="client_secret_post"
        )
        pair = {"client_id": posts.client_id, "client_secret": posts.secret}
        assert self.http.post("/oauth2/token", data=grant | pair).status_code == 200
        pair["client_secret"] = secrets.token_urlsafe(32)
        assert self.http.post("/oauth2/token", data=grant | pair).status_code == 401
        self._authenticate_by_jwt()

    def _authenticate_by_jwt(self) -> None:
        key = ClientKey()
        client_id = ClientFactory(self.services)(
            grant_types=["client_credentials"],
            token_endpoint_auth_method="private_key_jwt",
            jwks=key_set(key),
        ).client_id
        assertion = key.sign(assertion_claims(client_id, aud=self.server.base))
        assert post_assertion(self.http, assertion).status_code == 200
        assert post_assertion(self.http, assertion).status_code == 401, "it was used"
        stranger = ClientKey().sign(assertion_claims(client_id, aud=self.server.base))
        assert post_assertion(self.http, stranger).status_code == 401

    def register_clients(self) -> None:
        """RFC 7591 and RFC 7592, with an initial access token."""
        headers = bearer(self.admin_token())
        url = "/api/clients/registration-tokens"
        issued = self.http.post(url, json={}, headers=headers)
        assert issued.status_code == 201, issued.text
        registrar = Registrar(self.http)
        (initial,) = [v for n, v in issued.json.items() if n.endswith("token")]
        client = registrar.registered(initial)
        assert registrar.read(client).status_code == 200
        assert registrar.read(client, secrets.token_urlsafe(32)).status_code == 401
        assert registrar.delete(client).status_code == 204

    def administer(self) -> None:
        """Users, clients, their secrets, a password."""
        headers = bearer(self.admin_token())
        new = {"email": f"{secrets.token_hex(6)}@example.com", "password": _password()}
        created = self.http.post("/api/users", json=new, headers=headers)
        assert created.status_code == 201, created.text
        weak = self.http.post("/api/users", json=new | {"password": "weak-weak"}, headers=headers)
        assert weak.status_code in (400, 409), weak.text
        client = {"client_name": "x", "grant_types": ["client_credentials"]}
        made = self.http.post("/api/clients", json=client, headers=headers).json
        url = f"/api/clients/{made['client_id']}/secret"
        assert self.http.post(url, json={}, headers=headers).status_code == 200
        change = {"current_password": self.admin.password, "new_password": _password()}
        url = f"/api/users/{self.admin.id}/password"
        assert self.http.open(url, method="PUT", json=change, headers=headers).status_code == 204

    def send_what_nobody_understands(self) -> None:
        """Requests that no parser takes, each with a secret in it."""
        odd = [secrets.token_urlsafe(24) for _ in range(13)]
        self.secrets |= set(odd)
        headers = {"Content-Type": "application/json"}
        broken = f'{{"email": "una@example.com", "password": "{odd[0]}'
        assert self.http.post("/api/auth/login", data=broken, headers=headers).status_code == 400
        for request in (
            f"GET /cb?code={odd[1]} HTTP/9.9\r\nHost: x\r\n\r\n",
            f"GET /cb?code={odd[2]} x HTTP/1.1\r\nHost: x\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nAuthorization : Digest {odd[3]}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nCookie\x00: a={odd[4]}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nCookie: a={odd[5]}\x01\r\n\r\n",
            f"GET /cb?code={odd[6]}\r\nHost: x\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nCookie a={odd[7]}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\r\n {odd[8]}\r\n\r\n",
            f"{odd[9]} / HTTP/1.1\r\nHost: x\r\n\r\n",
            f"{odd[10]}\r\n\r\n",
            f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {odd[11]}\r\n\r\n",
            f"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {odd[12]}\r\n\r\n",
        ):
            assert not talk(self.server, request.encode()).startswith(b"HTTP/1.1 200"), request

    def crash(self) -> None:
        """A row of which the code knows nothing, and one that PostgreSQL refuses, and quotes."""
        party = self.party()
        self.sql("UPDATE clients SET metadata = '[1]' WHERE client_id = :id", party)
        assert party.introspect(secrets.token_urlsafe(32)).status_code == 500
        self.sql(f"ALTER TABLE users ADD CHECK (full_name <> '{_BROKEN}')")
        self.secrets.add(self.sql("SELECT password_hash FROM users WHERE email = :id"))
        login = {"email": self.user.email, "password": self.user.password}
        token = self.http.post("/api/auth/login", json=login).json["accessToken"]
        crashed = self.http.open(
            f"/api/users/{self.user.id}",
            method="PUT",
            json={"full_name": _BROKEN},
            headers=bearer(token),
        )
        assert crashed.status_code == 500, crashed.text

    # What it is made of --------------------------------------------------------------------------

    def made(self, **metadata: Any) -> TestClient:
        client = ClientFactory(self.services)(**metadata)
        self.secrets.add(str(client.secret))
        return client

    def party(self, **metadata: Any) -> RelyingParty:
        return RelyingParty(self.http, self.made(**metadata))

    def admin_token(self) -> str:
        login = {"email": self.admin.email, "password": self.admin.password}
        return str(self.http.post("/api/auth/login", json=login).json["accessToken"])

    def userinfo(self, token: str) -> int:
        return self.http.get("/oauth2/userinfo", headers=bearer(token)).status_code

    def authorize(self, party: RelyingParty, verifier: str) -> str:
        query = {
            "response_type": "code",
            "client_id": party.credentials.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid offline_access",
            "state": secrets.token_urlsafe(),
            "nonce": secrets.token_urlsafe(),
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        answer = self.http.get("/oauth2/authorize", params=query)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["Location"])

    def enter(self, page: str) -> AuthorizationAnswer:
        """Sign in on the page, at the second attempt, and agree."""
        assert page.startswith("/sign-in"), page
        self.submit(page, username=self.user.email, password=_password())
        entered = self.submit(page, username=self.user.email, password=self.user.password)
        step = self.go(entered.location or "")
        assert step.page == "/consent", (step.status, step.location, step.text)
        return self.go(self.submit(step.location or "", answer="allow").location or "")

    def submit(self, page: str, **fields: str) -> AuthorizationAnswer:
        hidden = self.go(page).hidden
        return AuthorizationAnswer(self.http.post(page, data=hidden | fields), self.server.base)

    def go(self, address: str) -> AuthorizationAnswer:
        path = address.removeprefix(self.server.base)
        if path.startswith(REDIRECT_URI):
            return AuthorizationAnswer(_Arrived(address), self.server.base)
        return AuthorizationAnswer(self.http.get(path), self.server.base)

    def sql(self, statement: str, party: RelyingParty | None = None) -> Any:
        known = {"id": party.credentials.client_id if party else self.user.email}
        with self.services.get(Database).transaction() as tx:
            result = tx.execute(text(statement), known if ":id" in statement else {})
            return result.scalar() if result.returns_rows else None


@dataclass(frozen=True)
class _Arrived:
    """Where the browser is led back to the client."""

    location: str

    status_code = 303
    text = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Location": self.location}


def _password() -> str:
    return f"{secrets.token_urlsafe(12)} with words"
