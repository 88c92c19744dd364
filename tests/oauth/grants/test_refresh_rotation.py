"""Rotation, the retry after a lost answer, and reuse (RFC 9700, section 4.14.2)."""

import pytest

from tests.factories.clients import TestClient
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import session_id_of

LEEWAY = 10


@pytest.fixture
def successor(relying_party, tokens) -> str:
    """The refresh token that came for the first one."""
    return relying_party.refresh(tokens["refresh_token"]).json["refresh_token"]


@pytest.fixture
def age(rows, tokens):
    """``age(seconds)``: time passes for the session."""
    return lambda seconds: rows.age(session_id_of(tokens["refresh_token"]), seconds)


def is_refused(answer) -> bool:
    return (answer.status_code, answer.json.get("error")) == (400, "invalid_grant")


def test_a_lost_answer_may_be_asked_for_again(relying_party, tokens, successor, age):
    """protocol.md, Retry after a lost answer: the same successor, to the byte."""
    age(LEEWAY - 2)

    answer = relying_party.refresh(tokens["refresh_token"])

    assert answer.json["refresh_token"] == successor


def test_a_retry_does_not_move_the_session_on(relying_party, tokens, successor, rows):
    relying_party.refresh(tokens["refresh_token"])

    assert rows.get(session_id_of(successor)).generation == 1


def test_a_retry_does_not_prolong_its_own_leeway(relying_party, tokens, successor, age):
    age(LEEWAY - 2)
    relying_party.refresh(tokens["refresh_token"])
    age(3)

    assert is_refused(relying_party.refresh(tokens["refresh_token"]))


def test_past_the_leeway_the_predecessor_is_reuse(relying_party, tokens, successor, age):
    age(LEEWAY)

    assert is_refused(relying_party.refresh(tokens["refresh_token"]))


def test_reusing_a_refresh_token_revokes_its_session(relying_party, tokens, successor, age):
    """RFC 9700, section 4.14.2: thief and owner both lose it."""
    age(LEEWAY)
    relying_party.refresh(tokens["refresh_token"])

    assert is_refused(relying_party.refresh(successor))


def test_anything_older_is_reuse_even_within_the_leeway(relying_party, tokens, successor):
    latest = relying_party.refresh(successor).json["refresh_token"]

    first = relying_party.refresh(tokens["refresh_token"])

    assert is_refused(first)
    assert is_refused(relying_party.refresh(latest))


def test_a_session_ended_by_reuse_says_so(relying_party, tokens, successor, age, rows):
    age(LEEWAY)
    relying_party.refresh(tokens["refresh_token"])

    assert rows.get(session_id_of(successor)).end_reason == "reuse"


def test_reuse_is_recorded(relying_party, tokens, successor, age, rows, user):
    """ASVS 5.0, 16.3.3."""
    age(LEEWAY)
    relying_party.refresh(tokens["refresh_token"])

    (event,) = rows.events("session.reuse_detected")
    assert event.user_id == user.id
    assert event.detail == {"session_id": str(session_id_of(successor)), "generation": 0}


def test_the_access_tokens_of_a_reused_session_are_dead(relying_party, tokens, successor, age):
    """protocol.md, Sessions: at once, at introspection."""
    age(LEEWAY)
    relying_party.refresh(tokens["refresh_token"])

    assert relying_party.introspect(tokens["access_token"]).json == {"active": False}


def test_reuse_by_another_client_ends_nothing(relying_party, another_party, tokens, successor, age):
    """A client that stole a token cannot even shut its owner out."""
    age(LEEWAY)
    another_party.refresh(tokens["refresh_token"])

    assert relying_party.refresh(successor).status_code == 200


def test_a_refused_scope_does_not_hide_reuse(relying_party, tokens, successor, age):
    """The rule of reuse comes before the rule of scope, when the scope was granted at all."""
    age(LEEWAY)
    relying_party.refresh(tokens["refresh_token"], scope="openid")

    assert is_refused(relying_party.refresh(successor))


def test_without_leeway_a_second_use_is_reuse(make_app, make_client, user):
    """AUTHSERVER_REFRESH_LEEWAY=0, as the FAPI profile wants it."""
    app, _ = make_app(refresh_leeway=0)
    party = RelyingParty(app.test_client(), make_client())
    first = party.password(user).json["refresh_token"]
    successor = party.refresh(first).json["refresh_token"]

    assert is_refused(party.refresh(first))
    assert is_refused(party.refresh(successor))


def test_a_session_left_idle_has_ended(relying_party, tokens, age):
    """AUTHSERVER_SESSION_IDLE_TTL."""
    age(14 * 86_400)

    assert is_refused(relying_party.refresh(tokens["refresh_token"]))


def test_a_refresh_keeps_a_session_from_being_idle(relying_party, tokens, age):
    age(14 * 86_400 - 60)
    successor = relying_party.refresh(tokens["refresh_token"]).json["refresh_token"]
    age(14 * 86_400 - 60)

    assert relying_party.refresh(successor).status_code == 200


def test_a_session_ends_at_last_however_busy_it_is(relying_party, tokens, rows):
    """AUTHSERVER_SESSION_ABSOLUTE_TTL."""
    rows.expire(session_id_of(tokens["refresh_token"]))

    assert is_refused(relying_party.refresh(tokens["refresh_token"]))


def test_a_refresh_token_whose_time_is_over_needs_no_query(make_app, make_client, user):
    """protocol.md, Tokens: garbage is refused before any query."""
    app, _ = make_app(session_absolute_ttl=0)
    party = RelyingParty(app.test_client(), make_client())

    token = party.password(user).json["refresh_token"]

    assert is_refused(party.refresh(token))


def test_a_session_belongs_to_the_client_that_began_it_even_if_both_are_public(
    client, public_party, make_client, user
):
    """RFC 6749, section 10.4."""
    other = make_client(token_endpoint_auth_method="none", grant_types=["refresh_token"])
    token = public_party.password(user).json["refresh_token"]

    answer = RelyingParty(client, TestClient(other.client_id, None)).refresh(token)

    assert is_refused(answer)
