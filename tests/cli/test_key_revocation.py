"""``authserver key revoke`` beside a server that works: what an operator does after a theft."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.conftest import Answer, Cli
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.load import wait_until
from tests.support.relying_party import RelyingParty, bearer


@dataclass(frozen=True)
class Robbed:
    """Two processes with a database that nobody else has, and the command for that one."""

    party: RelyingParty
    user: TestUser
    revoke: Callable[..., Answer]

    def published(self) -> set[str]:
        jwks = self.party.http.get("/.well-known/jwks.json").json
        return {key["kid"] for key in jwks["keys"]}

    def believes(self, token: str) -> bool:
        return bool(self.party.introspect(token).json["active"])


@pytest.fixture
def robbed(make_live_server: Any, cli: Cli) -> Robbed:
    server, services = make_live_server()
    place = {
        "AUTHSERVER_DATABASE_URL": services.settings.database_url,
        "AUTHSERVER_KEYS_DIR": str(services.settings.keys_dir),
    }
    return Robbed(
        RelyingParty(server.client(), ClientFactory(services)()),
        UserFactory(services)(),
        lambda *options: cli("key", "revoke", "--output", "json", *options, **place),
    )


def test_tokens_of_before_are_worthless_and_new_ones_are_given(robbed: Robbed) -> None:
    """Each process reads the keys again every two seconds."""
    party, published = robbed.party, robbed.published()
    former = party.password(robbed.user, scope="openid offline_access").json

    revoked = robbed.revoke("--yes").json["revoked"]

    assert published <= set(revoked)
    for _ in range(4):
        wait_until(lambda: not robbed.believes(former["access_token"]), 10)
        wait_until(lambda: robbed.published().isdisjoint(published), 10)
    headers = bearer(former["access_token"])
    assert party.http.get("/oauth2/userinfo", headers=headers).status_code == 401
    assert party.refresh(former["refresh_token"]).json["error"] == "invalid_grant"
    assert robbed.believes(party.password(robbed.user, scope="openid").json["access_token"])


def test_nobody_revokes_by_mistake(robbed: Robbed) -> None:
    before = robbed.published()

    answer = robbed.revoke()

    assert answer.refusal["code"] == "not_confirmed"
    assert robbed.published() == before
