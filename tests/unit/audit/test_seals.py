"""What is hashed stays the same for ever: or else a release would call all older seals changed."""

import dataclasses
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from authserver.audit.seals import NOTHING, Head, SealableEvent, SealMaker, instant

KEY = b"key"
EVENT = SealableEvent(
    id=UUID(int=7),
    occurred_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
    event="role.assigned",
    actor_kind="user",
    actor_id="ada",
    user_id=UUID(int=8),
    client_id=None,
    address="192.0.2.1",
    request_id="r-1",
    user_agent="A browser",
    detail='{"name": "märz"}',
)
NOW = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)


@pytest.fixture
def maker() -> SealMaker:
    return SealMaker(lambda: KEY)


@pytest.fixture
def seal(maker):
    return maker.seal(NOTHING, [EVENT], NOW)


def test_the_digest_of_an_event_is_as_it_was():
    expected = "77b6cc9a9708713f985b282e48c49e27f2827c464687f0f097f59eaa98fae843"

    assert EVENT.digest.hex() == expected


def test_the_digest_of_a_seal_is_as_it_was(seal):
    expected = "18a52e9af5ba3b38a23998f22728e45ad25d22493572ad3138c7bc0a8ba71107"

    assert seal.digest.hex() == expected


def test_the_note_of_retention_is_as_it_was(maker, seal):
    expected = "4fe33cf03581d50bc6950c629049deb81ab855a4ff9f21c4d7074c0834ee8da1"

    assert maker.horizon(seal.head, NOW + timedelta(minutes=1)).mac.hex() == expected


def test_anybody_can_compute_the_digest_of_an_event():
    """As docs/operations/audit.md says it, without a line of ours."""
    members = [
        *("00000000-0000-0000-0000-000000000007", "2026-11-22T12:00:00.000000Z"),
        *("role.assigned", "user", "ada", "00000000-0000-0000-0000-000000000008", None),
        *("192.0.2.1", "r-1", "A browser", '{"name": "märz"}'),
    ]

    written = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()

    assert hashlib.sha256(written).digest() == EVENT.digest


def test_whoever_has_the_key_can_compute_the_digest_of_a_seal(seal):
    head = ["authserver audit seal 1", 1, "00" * 32]
    head += ["2026-11-22T12:00:00.000000Z", "2026-11-22T12:01:00.000000Z"]
    entry = bytes(15) + b"\x07" + EVENT.digest

    message = json.dumps(head, separators=(",", ":")).encode() + b"\n" + entry

    assert hmac.digest(KEY, message, "sha256") == seal.digest


@pytest.mark.parametrize(
    "change",
    [
        {"actor_id": None, "client_id": "ada"},
        {"address": "192.0.2.1r-1", "request_id": ""},
        {"address": None},
        {"address": "null"},
        {"detail": '{"name":"märz"}'},
        {"occurred_at": EVENT.occurred_at + timedelta(microseconds=1)},
    ],
    ids=str,
)
def test_another_event_has_another_digest(change):
    """What moves from one member to the next is another event as well."""
    assert dataclasses.replace(EVENT, **change).digest != EVENT.digest


def test_the_seal_that_an_event_names_is_not_hashed():
    """It is given later, and the seal itself says which events it has."""
    assert dataclasses.replace(EVENT, seal=4).digest == EVENT.digest


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"previous": bytes([1]) + bytes(31)},
        {"entries": bytes(48)},
        {"entries": b""},
        {"newest_at": NOW},
        {"sealed_at": NOW + timedelta(seconds=1)},
        {"digest": bytes(32)},
        {"digest": b""},
    ],
    ids=str,
)
def test_another_seal_is_not_ours(maker, seal, change):
    assert maker.made(seal)
    assert not maker.made(dataclasses.replace(seal, **change))


def test_a_seal_of_another_key_is_not_ours(seal):
    assert not SealMaker(lambda: b"another").made(seal)


def test_the_note_of_retention_is_no_seal_and_the_other_way_round(maker, seal):
    """Each is said with its own name: one cannot be passed off as the other."""
    horizon = maker.horizon(seal.head, NOW)

    assert horizon.mac != seal.digest
    assert not maker.made_horizon(dataclasses.replace(horizon, head=Head(2, seal.digest)))


def test_a_moment_is_written_in_one_form():
    somewhere = datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert instant(somewhere) == instant(EVENT.occurred_at) == "2026-11-22T12:00:00.000000Z"
