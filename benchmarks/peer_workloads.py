"""What the peer is asked: the same as our server, where it has the same."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks import messages
from benchmarks.installation import CLIENT, REDIRECT_URI, WEB_CLIENT, WEB_CLIENT_RS256
from benchmarks.our_workloads import CHALLENGE, VERIFIER
from benchmarks.seeds import OPENID_SCOPE, SCOPE
from benchmarks.workload import Workload, flow, replay
from benchmarks.wrk import BenchError

_BROWSERS = 64
_RESOURCE = "https://api.example.com"
_TOKEN = "/token"  # noqa: S105 - a path
_MOST_REDIRECTS = 5


@dataclass(frozen=True)
class PeerClient:
    """Talks to the peer one request at a time, to get ready."""

    host: str
    secret: str = field(repr=False)

    def sign_in(self, number: int, client_id: str, scope: str) -> str:
        """The cookies of a browser in which somebody has signed in and agreed."""
        cookies: dict[str, str] = {}
        target = authorization(client_id, scope, login_hint=f"user-{number}")
        for _ in range(_MOST_REDIRECTS):
            response, _body = self.send("GET", target, Cookie=_cookie_header(cookies))
            _keep(response, cookies)
            target = _target(response)
            if target.startswith(REDIRECT_URI):
                return _cookie_header(
                    {name: value for name, value in cookies.items() if name.startswith("_session")}
                )
        raise BenchError(f"The peer sends its browsers in circles: {target}")

    def sign_in_at_application(self, client_id: str, scope: str, cookie: str) -> dict[str, str]:
        """The answer of the token endpoint for a browser that is signed in."""
        response, _ = self.send("GET", authorization(client_id, scope), Cookie=cookie)
        arrived = parse_qs(urlsplit(_target(response)).query)
        if "code" not in arrived:
            raise BenchError(f"The peer gives no code: {arrived}")
        _, body = self.send(
            "POST",
            _TOKEN,
            urlencode(code_form() | {"code": arrived["code"][0]}),
            Authorization=messages.basic(client_id, self.secret),
            Content_Type="application/x-www-form-urlencoded",
        )
        tokens: dict[str, str] = json.loads(body)
        return tokens

    def send(
        self, method: str, target: str, body: str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, str]:
        """Raises :class:`BenchError` for an answer that is an error."""
        connection = http.client.HTTPConnection(self.host, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, named)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        if response.status >= http.client.BAD_REQUEST:
            raise BenchError(f"The peer answers {response.status} to {target}: {text[:500]}")
        return response, text


@dataclass(frozen=True)
class PeerWorkloads:
    """As :class:`our_workloads.OurWorkloads`."""

    peer: PeerClient

    def table(self) -> dict[str, Workload]:
        made = (
            self._credentials("ES256"),
            self._credentials("RS256"),
            Workload("refresh", "chains", lambda _: self._chains(SCOPE)),
            Workload("refresh + ID token", "chains", lambda _: self._chains(OPENID_SCOPE)),
            replay("introspect", lambda _: self._introspections(), '"active":true'),
            replay("userinfo", lambda _: self._userinfo(), '"sub":'),
            replay("jwks", lambda _: [self._get("/jwks")], '"keys":'),
            replay(
                "discovery", lambda _: [self._get("/.well-known/openid-configuration")], '"issuer":'
            ),
            flow("code + PKCE + ID token", lambda _: self._flows(WEB_CLIENT)),
            flow("code, ID token RS256", lambda _: self._flows(WEB_CLIENT_RS256)),
        )
        return {workload.name: workload for workload in made}

    @cached_property
    def _cookies(self) -> dict[str, list[str]]:
        """Those of the browsers of each client, signed in once."""
        return {
            client_id: [
                self.peer.sign_in(number, client_id, OPENID_SCOPE) for number in range(_BROWSERS)
            ]
            for client_id in (CLIENT, WEB_CLIENT, WEB_CLIENT_RS256)
        }

    def _credentials(self, alg: str) -> Workload:
        form = {"grant_type": "client_credentials", "resource": f"{_RESOURCE}/{alg.lower()}"}
        request = self._post(_TOKEN, form)
        return replay(f"client_credentials {alg}", lambda _: [request], '"access_token"')

    def _chains(self, scope: str) -> list[str]:
        chains = [tokens["refresh_token"] for tokens in self._tokens(scope)]
        return [self._head(CLIENT), *chains]

    def _introspections(self) -> list[str]:
        tokens = self._tokens(OPENID_SCOPE)
        return [
            self._post("/token/introspection", {"token": token["access_token"]}) for token in tokens
        ]

    def _userinfo(self) -> list[str]:
        tokens = self._tokens(OPENID_SCOPE)
        return [
            self._get("/me", Authorization=f"Bearer {token['access_token']}") for token in tokens
        ]

    def _flows(self, client_id: str) -> list[str]:
        target = authorization(client_id, OPENID_SCOPE)
        browsers = [self._get(target, Cookie=cookie) for cookie in self._cookies[client_id]]
        return [self._head(client_id), urlencode(code_form()), *browsers]

    def _tokens(self, scope: str) -> Sequence[dict[str, str]]:
        return [
            self.peer.sign_in_at_application(CLIENT, scope, cookie)
            for cookie in self._cookies[CLIENT]
        ]

    def _get(self, target: str, **headers: str) -> str:
        return messages.get(self.peer.host, target, **headers)

    def _post(self, target: str, form: dict[str, str]) -> str:
        authentication = messages.basic(CLIENT, self.peer.secret)
        return messages.post(self.peer.host, target, form, Authorization=authentication)

    def _head(self, client_id: str) -> str:
        authentication = messages.basic(client_id, self.peer.secret)
        return messages.post_head(self.peer.host, _TOKEN, Authorization=authentication)


def authorization(client_id: str, scope: str, **more: str) -> str:
    """Where an application sends a browser to."""
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "scope": scope,
        "state": "a-state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    # It takes a nonce from OpenID Connect only.
    nonce = {"nonce": "a-nonce"} if "openid" in scope else {}
    return f"/auth?{urlencode(query | nonce | more)}"


def code_form() -> dict[str, str]:
    """The exchange of a code, but for the code."""
    return {
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
    }


def _target(response: http.client.HTTPResponse) -> str:
    location = response.headers["Location"]
    if location is None:
        raise BenchError(f"The peer does not send its browser on: {response.status}")
    parts = urlsplit(location)
    is_own = location.startswith("/") or parts.hostname == "127.0.0.1"
    return f"{parts.path}?{parts.query}" if is_own else location


def _keep(response: http.client.HTTPResponse, cookies: dict[str, str]) -> None:
    for header in response.headers.get_all("Set-Cookie") or ():
        name, _, value = header.partition(";")[0].partition("=")
        cookies[name] = value


def _cookie_header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
