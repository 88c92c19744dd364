"""What our server is asked, as its clients would ask it."""

import http.client
import json
import random
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from authserver.oauth.metadata import DISCOVERY_PATHS, PATHS
from benchmarks import messages
from benchmarks.installation import (
    ADMINISTRATOR,
    CLIENT,
    CLIENT_RS256,
    PASSWORD,
    REDIRECT_URI,
    RESOURCE_SERVER,
    WEB_CLIENT,
    WEB_CLIENT_RS256,
    Installation,
)
from benchmarks.seeds import MOST_BROWSERS, OPENID_SCOPE, email_of, seed_id, seed_secret
from benchmarks.workload import Workload, flow, replay
from benchmarks.wrk import BenchError

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
# More than any connection needs, so that no chain is asked for twice at once.
_CHAINS = 256
_TOKENS = 512
_PEOPLE = 1000
_PAGES = 256
# More would be told to come again later, rather than take the threads of everybody else.
_LOGINS_AT_ONCE = 4
# No server of ours revokes as many a second on one core.
_REVOCATIONS_PER_SECOND = 5000
_TOKEN = PATHS["token_endpoint"]


@dataclass(frozen=True)
class OurWorkloads:
    """The workloads of one installation; each method makes the material of one round."""

    at: Installation

    def table(self) -> dict[str, Workload]:
        """In the order in which they are shown."""
        made = (
            replay(
                "client_credentials ES256", lambda _: self._credentials(CLIENT), '"access_token"'
            ),
            replay(
                "client_credentials RS256",
                lambda _: self._credentials(CLIENT_RS256),
                '"access_token"',
            ),
            replace(
                replay("password", lambda _: self.logins(), '"refresh_token"'),
                most_connections=_LOGINS_AT_ONCE,
            ),
            Workload("refresh", "chains", lambda _: self.chains()),
            Workload("refresh + ID token", "chains", lambda _: self.chains(openid=True)),
            replay("introspect", lambda _: self._introspections(), '"active":true'),
            replay("userinfo", lambda _: self._userinfo(), '"sub":'),
            replay("revoke", self._revocations, "", "once"),
            replay("jwks", lambda _: [self._get(PATHS["jwks_uri"])], '"keys":'),
            replay("discovery", lambda _: [self._get(DISCOVERY_PATHS[0])], '"issuer":'),
            flow("code + PKCE + ID token", lambda _: self._flows(WEB_CLIENT)),
            flow("code, ID token RS256", lambda _: self._flows(WEB_CLIENT_RS256)),
            replay("list users", lambda _: self._pages(), '"items":'),
        )
        return {workload.name: workload for workload in made}

    def chains(self, count: int = _CHAINS, *, openid: bool = False) -> list[str]:
        """The first tokens of chains that have not begun."""
        tokens = [self.at.tokens(number) for number in self.at.shelf.take(count, openid=openid)]
        return [self._client_head(CLIENT), *(token.refresh_token or "" for token in tokens)]

    def logins(self) -> list[str]:
        """By people of whom most have not been here lately."""
        numbers = random.sample(range(self.at.size.users), min(_PEOPLE, self.at.size.users))
        form = {"grant_type": "password", "password": PASSWORD, "scope": "offline_access"}
        return [
            self._post(_TOKEN, CLIENT, form | {"username": email_of(number)}) for number in numbers
        ]

    def _credentials(self, client_id: str) -> list[str]:
        return [self._post(_TOKEN, client_id, {"grant_type": "client_credentials"})]

    def _introspections(self) -> list[str]:
        return [
            self._post(PATHS["introspection_endpoint"], RESOURCE_SERVER, {"token": token})
            for token in self._access_tokens(_TOKENS)
        ]

    def _userinfo(self) -> list[str]:
        return [
            self._get(PATHS["userinfo_endpoint"], Authorization=f"Bearer {token}")
            for token in self._access_tokens(_TOKENS)
        ]

    def _revocations(self, seconds: float) -> list[str]:
        """Of refresh tokens: each ends a session, and is audited."""
        count = int(_REVOCATIONS_PER_SECOND * (seconds + 0.1))
        numbers = self.at.shelf.take(count, openid=False)
        return [
            self._post(
                PATHS["revocation_endpoint"],
                CLIENT,
                {"token": self.at.tokens(number).refresh_token or ""},
            )
            for number in numbers
        ]

    def _flows(self, client_id: str) -> list[str]:
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": OPENID_SCOPE,
            "state": "a-state",
            "nonce": "a-nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        form = {
            "grant_type": "authorization_code",
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        target = f"{PATHS['authorization_endpoint']}?{urlencode(query)}"
        browsers = range(min(self.at.size.users, MOST_BROWSERS))
        return [
            self._client_head(client_id),
            urlencode(form),
            *(self._get(target, Cookie=_cookie(number)) for number in browsers),
        ]

    def _pages(self) -> list[str]:
        """From anywhere among the users."""
        token = self._administrator_token()
        numbers = random.choices(range(self.at.size.users), k=_PAGES)  # noqa: S311 - no secrets
        return [
            self._get(
                f"/api/users?limit=50&cursor={seed_id('user', number)}",
                Authorization=f"Bearer {token}",
            )
            for number in numbers
        ]

    def _administrator_token(self) -> str:
        connection = http.client.HTTPConnection(self.at.host, timeout=10)
        body = json.dumps({"email": ADMINISTRATOR, "password": PASSWORD})
        connection.request("POST", "/api/auth/login", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        told = response.read()
        connection.close()
        if response.status != 200:
            raise BenchError(f"The administrator cannot sign in: {told.decode(errors='replace')}")
        token: str = json.loads(told)["accessToken"]
        return token

    def _access_tokens(self, count: int) -> list[str]:
        numbers = self.at.shelf.take(count, openid=True)
        return [self.at.tokens(number).access_token for number in numbers]

    def _get(self, target: str, **headers: str) -> str:
        return messages.get(self.at.host, target, **headers)

    def _post(self, target: str, client_id: str, form: dict[str, str]) -> str:
        authorization = self.at.authorization(client_id)
        return messages.post(self.at.host, target, form, Authorization=authorization)

    def _client_head(self, client_id: str) -> str:
        authorization = self.at.authorization(client_id)
        return messages.post_head(self.at.host, _TOKEN, Authorization=authorization)


def _cookie(number: int) -> str:
    return f"authserver_session={seed_id('browser', number).hex}{seed_secret('browser', number)}"
