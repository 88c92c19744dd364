"""The rule of rotation, as PostgreSQL executes it (RFC 9700, section 4.14.2)."""

from dataclasses import replace

import pytest

from authserver.actor import SYSTEM
from authserver.errors import InvalidGrant
from authserver.sessions.session import RefreshHandle

LEEWAY = 10


@pytest.fixture
def handle(sessions, sign_in) -> RefreshHandle:
    """The first handle of a new session."""
    return sessions.begin(sign_in, SYSTEM)[1]


@pytest.fixture
def rotate(sessions):
    """``rotate(handle)``: the session afterwards. ``at`` is the generation presented."""

    def rotate(handle, at=None, *, client="web", scope=None, audience=None, by=sessions):
        presented = handle if at is None else replace(handle, generation=at)
        return by.rotate(presented, client, scope, audience, SYSTEM)

    return rotate


def test_the_present_generation_moves_on(rotate, handle, rows):
    before = rows.get(handle.session_id)

    session = rotate(handle)

    after = rows.get(handle.session_id)
    assert session.generation == after.generation == 1
    assert after.rotated_at > before.rotated_at


def test_the_generation_before_it_may_come_again(rotate, handle, rows):
    rotate(handle)
    before = rows.get(handle.session_id)

    session = rotate(handle)

    assert session.generation == 1
    assert rows.get(handle.session_id) == before


@pytest.mark.parametrize("seconds", [LEEWAY, LEEWAY + 1, 1000])
def test_past_the_leeway_it_ends_the_session(rotate, handle, rows, seconds):
    rotate(handle)
    rows.age(handle.session_id, seconds)

    with pytest.raises(InvalidGrant):
        rotate(handle)

    assert rows.get(handle.session_id).end_reason == "reuse"


def test_the_end_by_reuse_is_saved_though_the_request_is_refused(rotate, handle, rows):
    """house.md, 7: what must be saved is never raised from inside a transaction."""
    for at in (0, 1):
        rotate(handle, at)

    with pytest.raises(InvalidGrant):
        rotate(handle, 0)

    assert rows.get(handle.session_id).ended_at is not None
    assert len(rows.events("session.reuse_detected")) == 1


def test_reuse_is_recorded_once(rotate, handle, rows):
    for at in (0, 1):
        rotate(handle, at)
    for _ in range(3):
        with pytest.raises(InvalidGrant):
            rotate(handle, 0)

    assert len(rows.events("session.reuse_detected")) == 1


def test_reuse_does_not_move_the_generation(rotate, handle, rows):
    for at in (0, 1):
        rotate(handle, at)

    with pytest.raises(InvalidGrant):
        rotate(handle, 0)

    assert rows.get(handle.session_id).generation == 2


def test_without_leeway_the_generation_before_it_ends_the_session(
    rotate, make_sessions, handle, rows
):
    strict = make_sessions(refresh_leeway=0)
    rotate(handle, by=strict)

    with pytest.raises(InvalidGrant):
        rotate(handle, by=strict)

    assert rows.get(handle.session_id).end_reason == "reuse"


@pytest.mark.parametrize("ahead", [1, 2, 1000])
def test_a_generation_that_was_never_given_out_does_nothing(rotate, handle, rows, ahead):
    """Only who has the signing secret could make one: it is no reuse, and no use."""
    before = rows.get(handle.session_id)

    with pytest.raises(InvalidGrant):
        rotate(handle, ahead)

    assert rows.get(handle.session_id) == before


def test_another_secret_does_nothing(rotate, handle, rows):
    """protocol.md, Tokens: the signing secret alone makes no token."""
    before = rows.get(handle.session_id)

    with pytest.raises(InvalidGrant):
        rotate(replace(handle, secret="AAAAAAAAAAAAAAAAAAAAAA"))

    assert rows.get(handle.session_id) == before


@pytest.mark.parametrize("rotated", [0, 2])
def test_another_client_does_nothing(rotate, handle, rows, rotated):
    """Neither a use nor a reuse."""
    for at in range(rotated):
        rotate(handle, at)
    before = rows.get(handle.session_id)

    with pytest.raises(InvalidGrant):
        rotate(handle, client="other")

    assert rows.get(handle.session_id) == before


# What is asked for --------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", [["openid"], ["openid", "phone"], None])
def test_scope_that_was_granted_in_part_moves_it_on(rotate, handle, scope):
    assert rotate(handle, scope=scope).generation == 1


@pytest.mark.parametrize("scope", [["phone"], ["open"], ["openid email"], []])
def test_scope_that_was_not_granted_does_not(rotate, handle, rows, scope):
    before = rows.get(handle.session_id)

    assert rotate(handle, scope=scope).generation == 0
    assert rows.get(handle.session_id) == before


@pytest.mark.parametrize("audience", [["https://a.example"], ["https://b.example"], [], None])
def test_audiences_that_were_granted_move_it_on(rotate, handle, audience):
    assert rotate(handle, audience=audience).generation == 1


def test_one_audience_that_was_not_granted_does_not(rotate, handle, rows):
    before = rows.get(handle.session_id)

    session = rotate(handle, audience=["https://a.example", "https://c.example"])

    assert session.generation == 0
    assert rows.get(handle.session_id) == before


# What ends it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET enabled = false",
        "UPDATE users SET credential_generation = credential_generation + 1",
        "UPDATE sessions SET ended_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET rotated_at = now() - interval '1 hour'",
        "DELETE FROM users",
        "DELETE FROM clients WHERE client_id = 'web'",
    ],
)
def test_what_has_ended_cannot_be_moved_on(rotate, handle, rows, change):
    """protocol.md, Sessions."""
    rows.sql(change)

    with pytest.raises(InvalidGrant):
        rotate(handle)

    assert [row.generation for row in rows.sql("SELECT generation FROM sessions")] in ([0], [])


def test_a_session_is_idle_only_after_its_whole_time(rotate, handle, rows):
    rows.age(handle.session_id, 3600 - 5)

    assert rotate(handle).generation == 1


def test_the_roles_are_those_of_now(rotate, sessions, sign_in, make_person, rows):
    """RFC 9068, section 2.2.3.1."""
    person = make_person("admin", "writer")
    _, handle = sessions.begin(replace(sign_in, user_id=person), SYSTEM)
    rows.sql("DELETE FROM user_roles USING roles WHERE roles.name = 'admin' AND id = role_id")

    assert rotate(handle).roles == ("writer",)
