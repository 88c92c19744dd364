"""Each use case makes one event that says who, what and from where, and tells no secret."""

import json

import pytest

import tests.support.deeds_of_operators
import tests.support.deeds_of_people  # noqa: F401 - both fill the table
from authserver.audit.details import changes, told
from authserver.audit.events import Event
from tests.support.deeds import ACTOR, DEEDS, At

# Keys are looked after by the clock, and tokens minted by the command line: they have tests of
# their own.
ELSEWHERE = {
    Event.SIGNING_KEY_CREATED: "tests/integration/signing/test_recorded_keys.py",
    Event.SIGNING_KEY_ROTATED: "tests/integration/signing/test_recorded_keys.py",
    Event.SIGNING_KEY_REMOVED: "tests/integration/signing/test_recorded_keys.py",
    Event.SIGNING_KEY_REVOKED: "tests/integration/signing/test_revoking_keys.py",
    Event.INSTALLATION_SECRET_CREATED: "tests/integration/signing/test_installation_secret.py",
    Event.KEY_ENCRYPTION_KEY_EXCHANGED: "tests/cli/test_key_exchange.py",
    Event.AUDIT_RECORD_CUT: "tests/integration/audit/test_forgetting_events.py",
    Event.TOKEN_MINTED: "tests/cli/test_audit_command.py",
}
QUERY = """SELECT id, event, actor_kind, actor_id, address, request_id, user_agent, user_id,
                  client_id, detail FROM audit_events ORDER BY id"""


@pytest.fixture
def at(services, authorizations) -> At:
    return At(services, authorizations)


def of(value, result):
    """A value, or what a function makes of the result."""
    return value(result) if callable(value) else value


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_makes_one_event(at, name):
    event, arrange = DEEDS[name]
    deed = arrange(at)
    before = {row.id for row in at.sql(QUERY)}

    result = deed.act()

    rows = [row for row in at.sql(QUERY) if row.id not in before]
    main = [row for row in rows if row.event == event]
    assert sorted(row.event for row in rows) == sorted([event, *deed.also])
    assert main[0].detail == of(deed.detail, result)
    assert main[0].user_id == of(deed.user_id, result)
    assert main[0].client_id == of(deed.client_id, result)
    for row in rows:
        assert (row.actor_kind, row.actor_id) == (deed.actor.kind, deed.actor.id)


@pytest.mark.parametrize("name", DEEDS)
def test_an_event_says_from_where(at, name):
    deed = DEEDS[name][1](at)
    before = {row.id for row in at.sql(QUERY)}

    deed.act()

    places = {
        (row.address, row.request_id, row.user_agent)
        for row in at.sql(QUERY)
        if row.id not in before
    }
    if deed.actor == ACTOR:
        assert places == {("192.0.2.1", "r-1", "A browser")}
    elif deed.actor.kind == "system":
        assert places == {(None, None, None)}
    else:
        assert {address for address, _, _ in places} == {"127.0.0.1"}
        assert all(all(place) for place in places)


@pytest.mark.parametrize("name", DEEDS)
def test_no_secret_is_recorded(at, name):
    """ASVS 16.2.5. Digests and sealed secrets are none of the record's business either."""
    deed = DEEDS[name][1](at)

    deed.act()

    record = json.dumps([list(map(str, row)) for row in at.sql(QUERY)])
    assert [secret for secret in at.secrets if secret in record] == []
    assert "$argon2" not in record
    assert "digest" not in record


def test_every_event_of_the_vocabulary_is_of_a_deed():
    assert {event for event, _ in DEEDS.values()} == {*Event} - ELSEWHERE.keys()


# What is told of a change -------------------------------------------------------------------------


def test_only_what_differs_is_told():
    detail = changes({"a": 1, "b": 2, "c": None}, {"a": 1, "b": 3, "d": 4})

    assert detail == {"before": {"b": 2}, "after": {"b": 3, "d": 4}}


def test_what_is_very_long_is_told_by_its_digest():
    """Whoever may register clients must not fill the record."""
    long = [f"https://app.example/{number}" for number in range(200)]

    assert told(long).keys() == {"sha256", "bytes"}
    assert told(long) != told([*long, "x"])
    assert told(long[:3]) == long[:3]
