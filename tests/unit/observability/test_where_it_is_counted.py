"""Facts are counted where they are known, each once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authserver import errors
from authserver.authn.attempts import counted_attempt
from authserver.credentials.passwords import Argon2Parameters, PasswordHasher
from authserver.errors import Unavailable
from authserver.http.front_door import FrontDoor
from authserver.http.outbound import OutboundFetcher, OutboundRefused
from authserver.http.outbound_policy import OutboundPolicy
from authserver.http.request_counts import UNMATCHED, count_request
from authserver.observability import metrics
from authserver.observability.series import Number
from authserver.signing.keys import KeyRing, LoadedKey
from authserver.signing.schedule import TOKEN, Slot
from authserver.storage.short_memory import ShortMemory
from authserver.tokens.authorization import TokenSet
from authserver.tokens.issued import count_issued

NOW = datetime(2026, 11, 22, tzinfo=UTC)
WEAK = Argon2Parameters(memory_kib=64, iterations=1)


def growth(number: Number, act: Callable[[], object]) -> float:
    before = number.value
    act()
    return number.value - before


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (errors.InvalidCredentials(), "failed"),
        (errors.LockedOut(60), "locked"),
        (errors.RateLimited(60), "throttled"),
        (errors.Unavailable(), "unavailable"),
    ],
)
def test_an_attempt_is_counted_by_what_became_of_it(error, outcome):
    def attempt() -> None:
        with pytest.raises(type(error)), counted_attempt():
            raise error

    assert growth(metrics.SIGN_INS.of(outcome), attempt) == 1
    assert growth(metrics.SIGN_INS.of("succeeded"), attempt) == 0


def test_an_attempt_that_raises_nothing_has_succeeded():
    def attempt() -> None:
        with counted_attempt():
            pass

    assert growth(metrics.SIGN_INS.of("succeeded"), attempt) == 1


def test_tokens_are_counted_by_kind():
    tokens = TokenSet("a", 300, "openid", refresh_token="r", id_token=None)
    numbers = {kind: metrics.TOKENS.of("some_grant", kind) for kind in ("access", "refresh", "id")}

    count_issued("some_grant", tokens)

    assert {kind: number.value for kind, number in numbers.items()} == {
        "access": 1,
        "refresh": 1,
        "id": 0,
    }


def test_what_matches_no_route_is_counted_under_one_name():
    number = metrics.REQUESTS.of(UNMATCHED, "404")

    assert growth(number, lambda: count_request({"PATH_INFO": "/x"}, "404 NOT FOUND", 0.1)) == 1


def test_hits_and_misses_of_a_memory_are_counted():
    memory: ShortMemory[str, int] = ShortMemory("of this test")
    for _ in range(3):
        memory.get("a", lambda: 1)

    assert metrics.CACHE_LOOKUPS.of("of this test", "miss").value == 1
    assert metrics.CACHE_LOOKUPS.of("of this test", "hit").value == 2


def test_places_of_the_hasher_are_told():
    hasher = PasswordHasher(WEAK, threads=1, waiting=2)
    with hasher.place(), hasher.place():
        assert hasher.load == (1, 1)

    assert hasher.load == (0, 0)


def test_a_password_that_is_refused_is_counted():
    hasher = PasswordHasher(WEAK, threads=1, waiting=0)

    def refused() -> None:
        with hasher.place(), pytest.raises(Unavailable), hasher.place():
            raise AssertionError

    assert growth(metrics.HASHES_REFUSED.of(), refused) == 1


def test_a_call_that_is_refused_is_counted():
    fetcher = OutboundFetcher(OutboundPolicy(frozenset()))

    def call() -> None:
        with pytest.raises(OutboundRefused):
            fetcher.get("http://example.com/")

    assert growth(metrics.OUTBOUND_CALLS.of("refused"), call) == 1


def key(activated_at: datetime | None, **values: Any) -> LoadedKey:
    usual = {"purpose": TOKEN, "algorithm": "ES256", "private": object(), "public_jwk": None}
    times = {"usable_from": NOW, "activated_at": activated_at, "expires_at": None}
    return LoadedKey(**({"kid": str(activated_at)} | usual | times | values))


def test_the_age_is_that_of_the_key_that_signs():
    days = [NOW - timedelta(days=30), NOW - timedelta(days=3), NOW + timedelta(days=1), None]
    ring = KeyRing(tuple(map(key, days)))

    assert ring.age(Slot(TOKEN, "ES256"), NOW) == timedelta(days=3).total_seconds()


def test_without_a_key_that_signs_there_is_no_age():
    expired = key(NOW - timedelta(days=30), expires_at=NOW - timedelta(days=1))
    ring = KeyRing((key(NOW + timedelta(days=1)), expired))

    assert ring.age(Slot(TOKEN, "ES256"), NOW) is None
    assert ring.age(Slot(TOKEN, "RS256"), NOW) is None


def test_a_server_without_metrics_counts_no_request():
    (field,) = [each for each in FrontDoor.__dataclass_fields__.values() if each.name == "count"]

    assert field.default is None
