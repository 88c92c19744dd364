"""Attacks with refresh tokens (rows RF): replays, other clients, scope, the ends of a session.

``RT0`` is the refresh token of a sign-in, ``RT1`` its successor, and so on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.app import create_app
from authserver.clients.service import ClientService
from authserver.clock import FrozenClock, SystemClock
from authserver.roles.service import RoleService
from authserver.storage.db import Database
from authserver.wiring import build
from tests.attacks.forgery import claims_of
from tests.attacks.rows import attack
from tests.factories.clients import TestClient
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import session_id_of


def assert_invalid_grant(answer: Any) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.fixture
def first(relying_party, user) -> dict[str, Any]:
    """The answer to a sign-in, with RT0."""
    answer: dict[str, Any] = relying_party.password(user).json
    return answer


def chain(party: RelyingParty, tokens: dict[str, Any], length: int) -> list[str]:
    """RT0 and its ``length`` successors."""
    found = [tokens["refresh_token"]]
    for _ in range(length):
        found.append(party.refresh(found[-1]).json["refresh_token"])
    return found


@attack("RF-03")
def test_a_grandparent_ends_the_session_even_within_the_leeway(relying_party, first):
    """django-oauth-toolkit #1617: the leeway is for the immediate predecessor."""
    tokens = chain(relying_party, first, 2)

    assert_invalid_grant(relying_party.refresh(tokens[0]))

    assert_invalid_grant(relying_party.refresh(tokens[2]))


@attack("RF-03")
def test_the_end_of_a_session_is_the_end_of_its_access_tokens(relying_party, first):
    tokens = chain(relying_party, first, 2)
    access_token = relying_party.refresh(tokens[2]).json["access_token"]

    relying_party.refresh(tokens[0])

    assert relying_party.introspect(access_token).json == {"active": False}


@attack("RF-05")
def test_a_retry_after_the_successor_was_used_ends_the_session(relying_party, first):
    """The answer with RT1 was not lost: somebody else has RT0."""
    tokens = chain(relying_party, first, 1)
    relying_party.refresh(tokens[1])

    assert_invalid_grant(relying_party.refresh(tokens[0]))

    assert_invalid_grant(relying_party.refresh(tokens[1]))


@attack("RF-05")
def test_a_retry_opens_no_fork(relying_party, first):
    """Within the leeway the immediate predecessor gets the same successor, and nothing else."""
    tokens = chain(relying_party, first, 2)

    assert relying_party.refresh(tokens[1]).json["refresh_token"] == tokens[2]


@attack("RF-11")
def test_another_client_cannot_use_a_refresh_token(relying_party, party, first):
    """RFC 6749, section 6. What we document: it is refused, and goes on working for its own
    client, so that a client who knows a token cannot end the session with it."""
    other = party()

    assert_invalid_grant(other.refresh(first["refresh_token"]))

    assert relying_party.refresh(first["refresh_token"]).status_code == 200


@attack("RF-11")
def test_a_public_client_cannot_use_the_token_of_a_confidential_one(public_party, first):
    """CVE-2026-55672."""
    assert_invalid_grant(public_party.refresh(first["refresh_token"]))


@attack("RF-12")
def test_a_confidential_client_must_authenticate_to_refresh(relying_party, first):
    """RFC 6749, section 6."""
    unproven = TestClient(relying_party.credentials.client_id, None)

    answer = RelyingParty(relying_party.http, unproven).refresh(first["refresh_token"])

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("RF-12")
def test_a_public_client_must_say_who_it_is_to_refresh(public_party, user):
    token = public_party.password(user).json["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": token}

    answer = public_party.http.post("/oauth2/token", data=form)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("RF-14")
def test_a_narrowed_scope_is_whole_again_at_the_next_refresh(relying_party, first):
    """RFC 6749, section 6."""
    narrow = relying_party.refresh(first["refresh_token"], scope="openid").json

    whole = relying_party.refresh(narrow["refresh_token"]).json

    assert (narrow["scope"], whole["scope"]) == ("openid", first["scope"])


@attack("RF-15")
def test_a_role_that_was_taken_away_is_not_in_the_next_token(relying_party, make_user, services):
    """CVE-2026-43983; GHSA-895x-rfqp-jh5c."""
    user = make_user(roles=["admin"])
    make_user(roles=["admin"])
    tokens = relying_party.password(user).json
    admin = next(role for role in services.get(RoleService).list() if role.name == "admin")
    services.get(RoleService).unassign(SYSTEM, None, user.id, admin.id)

    fresh = relying_party.refresh(tokens["refresh_token"]).json

    assert claims_of(tokens["access_token"])["roles"] == ["admin", "user"]
    assert claims_of(fresh["access_token"])["roles"] == ["user"]


@attack("RF-15")
def test_a_scope_that_the_client_lost_is_not_in_the_next_token(relying_party, first, services):
    services.get(ClientService).update(
        SYSTEM, relying_party.credentials.client_id, None, {"scope": "openid"}
    )

    fresh = relying_party.refresh(first["refresh_token"]).json

    assert fresh["scope"] == claims_of(fresh["access_token"])["scope"] == "openid"


@attack("RF-15")
def test_a_scope_that_the_client_lost_cannot_be_asked_for(relying_party, first, services):
    services.get(ClientService).update(
        SYSTEM, relying_party.credentials.client_id, None, {"scope": "openid"}
    )

    answer = relying_party.refresh(first["refresh_token"], scope="profile")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


@attack("RF-19")
@pytest.mark.parametrize("end", ["disable", "delete"])
def test_a_client_that_is_gone_cannot_refresh(relying_party, first, services, end):
    """CVE-2026-93999."""
    getattr(services.get(ClientService), end)(SYSTEM, relying_party.credentials.client_id)

    answer = relying_party.refresh(first["refresh_token"])

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("RF-19")
def test_an_audience_that_is_a_disabled_client_learns_nothing(relying_party, party, user, services):
    """An audience is a name with us, and has no state of its own. A client of that name that is
    disabled cannot ask about the tokens, and one that is deleted leaves a name behind."""
    audience = party("reports-api")
    owner = party(audience=["reports-api"])
    token = owner.password(user).json["access_token"]
    assert audience.introspect(token).json["active"] is True

    services.get(ClientService).disable(SYSTEM, "reports-api")

    assert audience.introspect(token).status_code == 401


# The ends of a session ----------------------------------------------------------------------------


@pytest.fixture
def later(make_settings, rows) -> Callable[[str, int], None]:
    """``later(token, seconds)``: as if a session had rested, or lived, so much longer."""
    settings = make_settings()

    def later(token: str, what: str, seconds: int) -> None:
        # A row is moved to within a few seconds of its end: between the two lies the request.
        end = {
            "idle": "rotated_at = now() - make_interval(secs => :idle + :seconds)",
            "absolute": "expires_at = now() - make_interval(secs => :seconds)",
        }[what]
        rows.sql(
            f"UPDATE sessions SET {end} WHERE id = :id",  # noqa: S608 - one of the two above
            id=session_id_of(token),
            seconds=seconds,
            **({"idle": settings.session_idle_ttl} if what == "idle" else {}),
        )

    return later


@attack("RF-22")
@pytest.mark.parametrize("end", ["idle", "absolute"])
def test_a_session_lives_until_its_end(relying_party, first, later, end):
    later(first["refresh_token"], end, -2)

    assert relying_party.refresh(first["refresh_token"]).status_code == 200


@attack("RF-22")
@pytest.mark.parametrize("end", ["idle", "absolute"])
def test_a_session_does_not_outlive_its_end(relying_party, first, later, end):
    """There is no leeway for our own tokens: one clock, that of the database, decides."""
    later(first["refresh_token"], end, 1)

    assert_invalid_grant(relying_party.refresh(first["refresh_token"]))
    assert relying_party.introspect(first["access_token"]).json == {"active": False}


@attack("RF-22")
@pytest.mark.parametrize(("moment", "status"), [(-1, 200), (0, 400), (1, 400)])
def test_the_end_that_a_token_carries_holds_to_the_second(
    make_settings, services, new_client, make_client, user, moment, status
):
    """The clock of the application alone is moved; that of the database has hardly begun."""
    clock = FrozenClock(SystemClock().now())
    settings = make_settings(session_absolute_ttl=3600)
    wired = build(settings, clock)
    party = RelyingParty(new_client(create_app(settings, wired)), make_client())
    token = party.password(user).json["refresh_token"]
    clock.instant = datetime.fromtimestamp(claims_of(token)["exp"] + moment, UTC)

    answer = party.refresh(token)

    wired.get(Database).close()
    assert answer.status_code == status
