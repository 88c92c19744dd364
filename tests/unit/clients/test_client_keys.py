"""The keys of clients: which one fits, and how often anybody is asked for them."""

import json
import threading
from dataclasses import dataclass, field

import pytest
from joserfc.jwk import ECKey

from authserver.clients.keys import BOUND, BURST, FRESH, PAUSE, STALE, WINDOW, ClientKeys
from authserver.errors import ClientKeyNotFound, Unavailable
from authserver.http.outbound import OutboundBusy, OutboundFailed, OutboundRefused
from tests.support.client_keys import ClientKey, key_set

URI = "https://app.example/jwks"


@dataclass
class Outside:
    """The server of a client, and a clock; both lie outside of what is tested."""

    content: bytes = b"{}"
    failure: Exception | None = None
    asked: list[str] = field(default_factory=list)
    now: float = 1000.0

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        if self.failure is not None:
            raise self.failure
        return self.content

    def publish(self, *keys: ClientKey) -> None:
        self.content = json.dumps(key_set(*keys)).encode()


@dataclass(frozen=True)
class Registered:
    """What is read of a client."""

    client_id: str = "web"
    jwks: dict | None = None
    jwks_uri: str | None = None


PUBLISHING = Registered(jwks_uri=URI)


@pytest.fixture
def outside():
    return Outside()


@pytest.fixture
def keys(outside):
    return ClientKeys(outside, monotonic=lambda: outside.now)


@pytest.fixture
def first(outside):
    key = ClientKey()
    outside.publish(key)
    return key


def kids(found):
    return [key.kid for key in found]


def test_a_registered_key_is_found_by_its_id(keys):
    wanted, other = ClientKey(), ClientKey()
    client = Registered(jwks=key_set(wanted, other))

    assert kids(keys.find(client, kid=wanted.kid, alg="ES256")) == [wanted.kid]


def test_without_an_id_all_that_fit_are_found(keys):
    fitting = [ClientKey(), ClientKey()]
    client = Registered(jwks=key_set(ClientKey("RS256"), *fitting, ClientKey("EdDSA")))

    assert kids(keys.find(client, kid=None, alg="ES256")) == [key.kid for key in fitting]


@pytest.mark.parametrize(
    ("made", "alg", "fits"),
    [
        ("RS256", "RS256", True),
        ("RS256", "PS256", True),
        ("RS256", "ES256", False),
        ("ES256", "ES256", True),
        ("ES256", "RS256", False),
        ("ES384", "ES256", False),
        ("EdDSA", "EdDSA", True),
        ("EdDSA", "Ed25519", True),
        ("EdDSA", "ES256", False),
    ],
)
def test_a_key_fits_algorithms_of_its_kind(keys, made, alg, fits):
    key = ClientKey(made)

    assert bool(keys.find(Registered(jwks=key_set(key)), kid=key.kid, alg=alg)) is fits


@pytest.mark.parametrize(
    ("members", "fits"),
    [
        ({}, True),
        ({"use": "sig"}, True),
        ({"use": "enc"}, False),
        ({"key_ops": ["verify"]}, True),
        ({"key_ops": ["deriveKey"]}, False),
        ({"alg": "ES256"}, True),
        ({"alg": "ES384"}, False),
    ],
)
def test_a_key_is_used_for_what_it_says(keys, members, fits):
    """RFC 7517, sections 4.2 to 4.4."""
    client = Registered(jwks={"keys": [ClientKey().public(**members)]})

    assert bool(keys.find(client, kid=None, alg="ES256")) is fits


@pytest.mark.parametrize("use", ["enc", None])
def test_a_key_to_encrypt_to_is_found(keys, use):
    key = ClientKey("RS256").public(**({"use": use} if use else {}))
    client = Registered(jwks={"keys": [ClientKey("RS256").public(use="sig"), key]})

    assert keys.encryption_key(client, "RSA-OAEP-256").kid == key["kid"]


@pytest.mark.parametrize("alg", ["ECDH-ES", "ECDH-ES+A128KW"])
def test_an_elliptic_key_agrees_on_a_key(keys, alg):
    key = ClientKey("ES256")

    assert keys.encryption_key(Registered(jwks=key_set(key)), alg).kid == key.kid


@pytest.mark.parametrize("client", [Registered(), Registered(jwks=key_set(ClientKey("EdDSA")))])
def test_without_a_key_to_encrypt_to_somebody_says_so(keys, client):
    with pytest.raises(ClientKeyNotFound):
        keys.encryption_key(client, "RSA-OAEP-256")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": [1, "x", null, {}]}',
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
        b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}',
        b'{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}',
        b'{"keys": [{"kty": ["RSA"]}]}',
        b"\xff\xfe",
    ],
)
def test_what_is_no_key_is_passed_over(keys, outside, content):
    outside.content = content

    assert keys.find(PUBLISHING, kid=None, alg="RS256") == []
    assert keys.find(PUBLISHING, kid=None, alg="ES256") == []


def test_the_private_part_that_somebody_publishes_is_not_kept(keys, outside):
    outside.content = json.dumps({"keys": [ECKey.generate_key().as_dict(private=True)]}).encode()

    (found,) = keys.find(PUBLISHING, kid=None, alg="ES256")

    assert not found.is_private


def test_published_keys_are_asked_for_once(keys, outside, first):
    for _ in range(5):
        assert keys.find(PUBLISHING, kid=first.kid, alg="ES256")

    assert outside.asked == [URI]


def test_two_clients_of_one_address_share_the_answer(keys, outside, first):
    for name in ("web", "app"):
        assert keys.find(Registered(name, jwks_uri=URI), kid=first.kid, alg="ES256")

    assert outside.asked == [URI]


def test_a_key_that_is_withdrawn_is_refused_after_a_while(keys, outside, first):
    keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    outside.publish(ClientKey())
    outside.now += FRESH

    assert keys.find(PUBLISHING, kid=first.kid, alg="ES256") == []


def test_a_new_key_is_accepted_at_once(keys, outside, first):
    """OpenID Connect Core 1.0, section 10.1.1; attack KT-08."""
    keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    second = ClientKey()
    outside.publish(second)

    assert kids(keys.find(PUBLISHING, kid=second.kid, alg="ES256")) == [second.kid]


def test_who_asks_anew_sees_what_is_published_by_now(keys, outside):
    nameless = ClientKey(kid=None)
    outside.publish(nameless)
    keys.find(PUBLISHING, kid=None, alg="ES256")
    outside.publish(ClientKey(kid="later"))

    assert kids(keys.find(PUBLISHING, kid=None, alg="ES256", anew=True)) == ["later"]


@pytest.mark.parametrize(("known_before", "looks"), [(True, 2), (False, 1)])
def test_a_signature_that_fails_makes_us_look_anew_unless_we_just_did(
    keys, outside, first, known_before, looks
):
    if known_before:
        keys.find(PUBLISHING, kid=first.kid, alg="ES256")

    list(keys.attempts(PUBLISHING, kid=first.kid, alg="ES256"))

    assert len(outside.asked) == looks


def test_registered_keys_are_tried_once(keys):
    client = Registered(jwks=key_set(ClientKey()))

    assert len(list(keys.attempts(client, kid=None, alg="ES256"))) == 1


def test_invented_keys_are_looked_for_a_few_times_only(keys, outside, first):
    """Attack SS-12."""
    for number in range(1000):
        keys.find(PUBLISHING, kid=f"invented-{number}", alg="ES256")
        outside.now += 0.01

    assert len(outside.asked) == BURST


def test_a_flood_over_hours_asks_no_more_than_every_ten_seconds(keys, outside, first):
    """Attack SS-12."""
    for number in range(3600):
        keys.find(PUBLISHING, kid=f"invented-{number}", alg="ES256")
        outside.now += 1

    assert len(outside.asked) <= 3600 / (WINDOW / BURST) + BURST


def test_known_keys_work_on_during_a_flood(keys, outside, first):
    for number in range(100):
        keys.find(PUBLISHING, kid=f"invented-{number}", alg="ES256")

    assert keys.find(PUBLISHING, kid=first.kid, alg="ES256")


@pytest.mark.parametrize("failure", [OutboundFailed("x"), OutboundRefused("x")])
def test_a_failure_is_remembered(keys, outside, failure):
    """Attack SS-12: the negative cache."""
    outside.failure = failure

    for _ in range(100):
        assert keys.find(PUBLISHING, kid="a", alg="ES256") == []

    assert outside.asked == [URI]


def test_after_a_failure_it_is_tried_again(keys, outside, first):
    outside.failure = OutboundFailed("x")
    keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    outside.failure = None
    outside.now += PAUSE

    assert keys.find(PUBLISHING, kid=first.kid, alg="ES256")


@pytest.mark.parametrize(("age", "known"), [(STALE - 1, True), (STALE, False)])
def test_the_last_good_keys_outlive_their_server_for_a_while(keys, outside, first, age, known):
    keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    outside.failure = OutboundFailed("x")
    outside.now += age

    assert bool(keys.find(PUBLISHING, kid=first.kid, alg="ES256")) is known


def test_no_more_addresses_are_remembered_than_the_bound(keys, outside, first):
    for number in range(BOUND + 50):
        keys.find(Registered(jwks_uri=f"{URI}/{number}"), kid=None, alg="ES256")

    assert len(keys._published) == BOUND


class Slow(Outside):
    """A server that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.leave = threading.Event(), threading.Event()

    def get(self, url: str) -> bytes:
        self.reached.set()
        self.leave.wait(5)
        return super().get(url)


def test_of_many_threads_one_asks_and_some_wait():
    outside = Slow()
    key = ClientKey()
    outside.publish(key)
    keys = ClientKeys(outside, waiting=2)
    found: list[int] = []

    def find() -> None:
        found.append(len(keys.find(PUBLISHING, kid=key.kid, alg="ES256")))

    threads = [threading.Thread(target=find) for _ in range(3)]
    for thread in threads:
        thread.start()
    outside.reached.wait(5)
    outside.leave.set()
    for thread in threads:
        thread.join(5)

    assert found == [1, 1, 1]
    assert outside.asked == [URI]


def test_no_more_threads_wait_than_may():
    """A slow server of one client must not take all threads."""
    outside = Slow()
    keys = ClientKeys(outside, waiting=0)
    first = threading.Thread(target=lambda: keys.find(PUBLISHING, kid=None, alg="ES256"))
    first.start()
    outside.reached.wait(5)

    with pytest.raises(Unavailable):
        keys.find(PUBLISHING, kid=None, alg="ES256")

    outside.leave.set()
    first.join(5)


def test_who_finds_no_place_for_a_call_is_told_to_come_back(outside, keys, first):
    """It is no fault of the client that others have us call slow servers (CWE-770)."""
    outside.failure = OutboundBusy("too many calls at once")

    with pytest.raises(Unavailable):
        keys.find(PUBLISHING, kid=first.kid, alg="ES256")


def test_a_call_that_found_no_place_is_made_at_the_next_occasion(outside, keys, first):
    """It has not failed: nobody must wait for the pause of one that has."""
    outside.failure = OutboundBusy("too many calls at once")
    for _ in range(BURST + 1):
        with pytest.raises(Unavailable):
            keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    outside.failure = None

    assert kids(keys.find(PUBLISHING, kid=first.kid, alg="ES256")) == [first.kid]


def test_keys_that_are_known_serve_while_there_is_no_place_for_a_call(outside, keys, first):
    keys.find(PUBLISHING, kid=first.kid, alg="ES256")
    outside.now += FRESH + 1
    outside.failure = OutboundBusy("too many calls at once")

    assert kids(keys.find(PUBLISHING, kid=first.kid, alg="ES256")) == [first.kid]
