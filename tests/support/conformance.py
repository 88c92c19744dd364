"""A client as the OpenID Foundation's conformance suite plays one, and what it checks each time.

A :class:`Party` is registered for one response type; :class:`Outcome` is what came of one of its
requests. All of it goes over HTTP to a :class:`Provider`, through pages where there are some.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import text

from authserver.storage.db import Database
from tests.factories.clients import TestClient
from tests.factories.users import TestUser
from tests.support.browser import Browser, Place
from tests.support.id_tokens import IdTokenVerifier, half_hash
from tests.support.provider import Provider
from tests.support.relying_party import FORM, RelyingParty, bearer

REDIRECT_URI = "https://suite.example.com/test/callback"
ALL_SCOPES = "openid profile email address phone offline_access"


@dataclass(frozen=True)
class Party:
    """The suite's client; ``response_mode`` is None where the default of the type counts."""

    provider: Provider
    client: TestClient
    response_type: str = "code"
    response_mode: str | None = None
    redirect_uri: str = REDIRECT_URI
    authenticate: Callable[[], Mapping[str, str]] | None = None
    algorithm: str = "RS256"

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.response_type.split(" "))

    @property
    def has_code(self) -> bool:
        return "code" in self.words

    @property
    def calls_userinfo(self) -> bool:
        return not self.words.isdisjoint({"code", "token"})

    @property
    def relying_party(self) -> RelyingParty:
        return RelyingParty(self.provider.server.client(), self.client)

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """A plain request without PKCE; a value of None is left out."""
        values: dict[str, str | None] = {
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(16),
            "response_type": self.response_type,
            "response_mode": self.response_mode,
        }
        return {name: value for name, value in (values | changes).items() if value is not None}

    def address(self, parameters: Mapping[str, str]) -> str:
        return f"{self.provider.issuer}/oauth2/authorize?{urlencode(parameters)}"

    def ask(self, browser: Browser, **changes: str | None) -> Place:
        """Send the browser with a request; where it is then, and nothing is done there."""
        return browser.go(self.address(self.parameters(**changes)))

    def complete(self, browser: Browser, user: TestUser, **changes: str | None) -> "Outcome":
        """Send the browser with a request, and do all that its pages ask for."""
        sent = self.parameters(**changes)
        return self.outcome(sent, browser.authorize(self.address(sent), user))

    def silently(self, browser: Browser, **changes: str | None) -> "Outcome":
        """Send the browser with a request that must be answered without any page."""
        sent = self.parameters(**changes)
        return self.outcome(sent, browser.go(self.address(sent)))

    def outcome(self, sent: Mapping[str, str], place: Place) -> "Outcome":
        outcome = Outcome(self, dict(sent), place)
        outcome.check_transport()
        return outcome

    def token(self, **form: str) -> Any:
        """The token endpoint, by the method that the client is registered for."""
        if self.authenticate is None:
            return self.relying_party.token(**form)
        values = form | dict(self.authenticate())
        http = self.provider.server.client()
        return http.post("/oauth2/token", data=urlencode(values), headers={"Content-Type": FORM})

    def userinfo(self, access_token: str) -> Any:
        return self.provider.server.client().get("/oauth2/userinfo", headers=bearer(access_token))

    def with_client(self, client: TestClient, **changes: Any) -> "Party":
        return replace(self, client=client, **changes)


@dataclass(frozen=True)
class Outcome:
    """The answer to a request, verified as the suite does on the way to what a test is about."""

    party: Party
    sent: Mapping[str, str | None]
    place: Place

    @property
    def params(self) -> dict[str, str]:
        return self.place.answer

    @property
    def error(self) -> str | None:
        return self.params.get("error")

    def check_transport(self) -> None:
        """It came where it belongs, in the mode that it belongs in, with our state and iss."""
        place, party = self.place, self.party
        assert place.is_elsewhere, (place.url, place.status, place.html)
        assert place.url.startswith(party.redirect_uri), place.url
        posted, fragment = place.posted is not None, "#" in place.url
        assert posted == (party.response_mode == "form_post"), place.url
        if not posted:
            assert fragment == (not party.words.isdisjoint({"id_token", "token"})), place.url
        assert self.params.get("state") == self.sent.get("state")
        assert self.params["iss"] == party.provider.issuer

    @cached_property
    def tokens(self) -> dict[str, Any]:
        """What the code was exchanged for."""
        answer = self.redeem()
        assert answer.status_code == 200, answer.text
        assert answer.json["token_type"].lower() == "bearer"
        return dict(answer.json)

    def redeem(self, **more: str) -> Any:
        return self.party.token(
            grant_type="authorization_code",
            code=self.params["code"],
            redirect_uri=self.sent.get("redirect_uri") or self.party.redirect_uri,
            **more,
        )

    @cached_property
    def front_claims(self) -> dict[str, Any]:
        """The ID token that came with the browser, with its hashes (Core 1.0, 3.3.2.11)."""
        claims = self._verify(self.params["id_token"])
        for hashed, artefact in (("c_hash", "code"), ("at_hash", "access_token")):
            if artefact in self.params:
                assert claims[hashed] == half_hash(self.params[artefact])
        return claims

    @cached_property
    def claims(self) -> dict[str, Any]:
        """The ID token: from the token endpoint where there was a code."""
        if not self.party.has_code:
            return self.front_claims
        claims = self._verify(self.tokens["id_token"])
        assert claims["at_hash"] == half_hash(self.tokens["access_token"])
        if "id_token" in self.params:
            both = ("iss", "sub")
            assert [claims[name] for name in both] == [self.front_claims[name] for name in both]
        return claims

    @property
    def id_token(self) -> str:
        return str(self.tokens["id_token"] if self.party.has_code else self.params["id_token"])

    @property
    def access_token(self) -> str:
        place = self.tokens if self.party.has_code else self.params
        return str(place["access_token"])

    @cached_property
    def person(self) -> dict[str, Any]:
        """What userinfo tells, about the same subject as the ID token (Core 1.0, 5.3.2)."""
        answer = self.party.userinfo(self.access_token)
        assert answer.status_code == 200, answer.text
        assert answer.json["sub"] == self.claims["sub"]
        return dict(answer.json)

    @property
    def told(self) -> dict[str, Any]:
        """Where the claims of scopes are: userinfo, or the ID token if there is nothing else."""
        return self.person if self.party.calls_userinfo else self.claims

    def verify_again(self, token: str) -> dict[str, Any]:
        """An ID token that comes without a nonce, since nobody is in a browser then."""
        return replace(self, sent={**self.sent, "nonce": None})._verify(token)

    def _verify(self, token: str) -> dict[str, Any]:
        party = self.party
        verifier = IdTokenVerifier(
            party.provider.server.client(),
            party.provider.issuer,
            party.client.client_id,
            party.client.secret,
        )
        claims = verifier.claims(token, party.algorithm)
        assert claims.get("nonce") == self.sent.get("nonce")
        assert claims["exp"] > claims["iat"]
        assert claims.get("azp", party.client.client_id) == party.client.client_id
        return claims


@dataclass(frozen=True)
class Visitor:
    """A person and the browser in which they are."""

    provider: Provider
    user: TestUser
    browser: Browser

    @classmethod
    def of(cls, provider: Provider, **options: Any) -> "Visitor":
        return cls(provider, provider.make_user(), provider.browser(**options))

    def pass_time(self, seconds: int) -> None:
        """As if the person had signed in, and done everything else, so much earlier."""
        database = self.provider.services.get(Database)
        step = {"user": self.user.id, "seconds": seconds}
        with database.engine.begin() as connection:
            for statement in _AGE:
                connection.execute(text(statement), step)
        self.provider.forget_caches()


# The same for both tables: everything that was, was earlier.
_AGE = tuple(
    f"UPDATE {table} SET {', '.join(f'{name} = {name} - step' for name in columns)} "  # noqa: S608
    "FROM (SELECT make_interval(secs => :seconds) AS step) AS passed WHERE user_id = :user"
    for table, columns in (
        ("browser_sessions", ("auth_time", "seen_at", "expires_at")),
        ("sessions", ("auth_time", "rotated_at")),
    )
)
