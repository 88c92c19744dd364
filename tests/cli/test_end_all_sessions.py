"""``authserver session end --all``: after a restore, or after a theft."""

from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.authn import sign_out
from authserver.authn.sign_out import SignOutService
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.service import BrowserSessionService
from authserver.wiring import Services
from tests.cli.conftest import Cli
from tests.factories.users import UserFactory
from tests.support.relying_party import RelyingParty


def test_everybody_is_signed_out_everywhere(
    cli: Cli, services: Services, relying_party: RelyingParty, make_user: UserFactory
) -> None:
    """Clients with offline access, and browsers, also of somebody who has no session else."""
    tokens: list[dict[str, Any]] = [
        relying_party.password(make_user(), scope="openid offline_access").json for _ in range(2)
    ]
    alone = make_user()
    _, cookie = services.get(SingleSignOn).sign_in(alone.email, alone.password, None, SYSTEM)

    done = cli("session", "end", "--all", "--yes", "--output", "json").json

    assert done == {"ended": 3}
    assert services.get(BrowserSessionService).find_all(cookie) == ()
    assert [relying_party.refresh(each["refresh_token"]).status_code for each in tokens] == [
        400
    ] * 2


def test_nobody_is_signed_out_by_mistake(
    cli: Cli, relying_party: RelyingParty, make_user: UserFactory
) -> None:
    tokens = relying_party.password(make_user()).json

    answer = cli("session", "end", "--all", "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "not_confirmed"
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


def test_all_goes_with_nothing_else(cli: Cli, make_user: UserFactory) -> None:
    answer = cli("session", "end", "--all", "--user", make_user().email)

    assert answer.code == 2
    assert "one of them only" in answer.err


def test_whoever_has_signed_in_anew_may_do_so(
    cli: Cli, relying_party: RelyingParty, make_user: UserFactory
) -> None:
    user = make_user()
    relying_party.password(user)
    cli("session", "end", "--all", "--yes")

    assert relying_party.password(user).status_code == 200


def test_users_are_taken_a_batch_at_a_time(
    services: Services,
    relying_party: RelyingParty,
    make_user: UserFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a hundred thousand nobody holds the list; none is left out where one batch ends."""
    monkeypatch.setattr(sign_out, "BATCH", 2)
    tokens = [relying_party.password(make_user()).json for _ in range(5)]

    count = services.get(SignOutService).sign_out_everyone("ended_by_operator", SYSTEM)

    assert count == 5
    assert {relying_party.refresh(each["refresh_token"]).status_code for each in tokens} == {400}
