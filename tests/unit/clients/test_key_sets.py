"""The keys that a client may register by value: RFC 7517."""

from typing import Any

import pytest

from authserver.clients.key_sets import BadKeySetError, check_key_set
from tests.support.client_keys import ClientKey

EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}


def is_accepted(*keys: Any) -> bool:
    try:
        check_key_set({"keys": list(keys)})
    except BadKeySetError:
        return False
    return True


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_public_keys_are_accepted(algorithm):
    assert is_accepted(ClientKey(algorithm).public(use="sig"))


def test_a_key_of_another_kind_is_ignored():
    """Section 5: keys that are not understood."""
    assert is_accepted(EC, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "x"})


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_private_keys_are_refused(member):
    """RFC 7591, section 2: public keys; who sent another has lost it."""
    assert not is_accepted(EC, EC | {member: "AAAA"})


def test_symmetric_keys_are_refused():
    assert not is_accepted({"kty": "oct", "kid": "1"})


@pytest.mark.parametrize(
    "key",
    [
        EC | {"x": "AAAA"},
        EC | {"crv": "P-1"},
        EC | {"x": 5},
        {"kty": "EC"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": 5},
        {},
        "key",
        None,
    ],
)
def test_what_is_no_key_is_refused(key):
    assert not is_accepted(key)


@pytest.mark.parametrize("bits", [1024])
def test_weak_rsa_keys_are_refused(bits):
    """RFC 7518, section 3.3."""
    weak = {"kty": "RSA", "e": "AQAB", "n": "3" + "x" * (bits // 6) + "w"}

    assert not is_accepted(weak)


@pytest.mark.parametrize("value", [None, [], {}, {"keys": []}, {"keys": {}}, {"keys": [EC] * 51}])
def test_what_is_no_set_is_refused(value):
    with pytest.raises(BadKeySetError):
        check_key_set(value)


def test_only_the_keys_are_kept():
    assert check_key_set({"keys": [EC], "more": 1}) == {"keys": [EC]}
