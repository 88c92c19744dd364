from datetime import timedelta

import orjson

from authserver.signing.jwks import JwksDocument, jwks
from authserver.signing.keys import KeyRing

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


def published(ring, now):
    return [key["kid"] for key in orjson.loads(jwks(ring, now))["keys"]]


def test_keys_that_sign_come_first_then_next_then_retired(make_key, now):
    retired, signing = make_key(activated=-9, expires=9), make_key(activated=-1)
    following = make_key()

    kids = published(KeyRing((retired, following, signing)), now)

    assert kids == [signing.kid, following.kid, retired.kid]


def test_an_expired_key_is_gone(make_key, now):
    """JW-34."""
    expired, signing = make_key(activated=-9, expires=0), make_key(activated=-1)

    assert published(KeyRing((expired, signing)), now) == [signing.kid]


def test_there_is_no_private_member(make_key, now):
    """OI-05, for all kinds of keys."""
    ring = KeyRing(tuple(make_key(name) for name in ("ES256", "RS256", "PS256", "Ed25519")))

    members = {name for key in orjson.loads(jwks(ring, now))["keys"] for name in key}

    assert not members & PRIVATE


def test_the_secret_of_refresh_tokens_is_never_published(make_key, now):
    token = make_key(activated=-1)

    kids = published(KeyRing((token, make_key("HS256", "refresh", activated=-1))), now)

    assert kids == [token.kid]


def test_the_same_keys_in_any_order_give_the_same_bytes(make_key, now):
    """Processes that answer in turn give one answer, so that its ETag holds."""
    keys = (make_key("Ed25519", activated=-1), make_key(activated=-2), make_key())

    assert jwks(KeyRing(keys), now) == jwks(KeyRing(keys[::-1]), now)


def test_the_members_of_a_key_are_sorted(make_key, now):
    body = orjson.loads(jwks(KeyRing((make_key(),)), now))

    assert list(body["keys"][0]) == sorted(body["keys"][0])


def test_the_document_is_made_once_as_long_as_it_is_true(make_key, now):
    ring, document = KeyRing((make_key(activated=-1),)), JwksDocument()

    assert document.of(ring, now) is document.of(ring, now + timedelta(days=1))


def test_the_document_is_made_anew_when_a_key_expires(make_key, now):
    """JW-34: also while the ring cannot be read again."""
    expiring, signing = make_key(activated=-9, expires=5), make_key(activated=-1)
    ring, document = KeyRing((expiring, signing)), JwksDocument()
    document.of(ring, now)

    body = document.of(ring, now + timedelta(seconds=5))

    assert [key["kid"] for key in orjson.loads(body)["keys"]] == [signing.kid]


def test_the_document_is_made_anew_for_another_ring(make_key, now):
    document, added = JwksDocument(), make_key()
    document.of(KeyRing((make_key(activated=-1),)), now)

    body = document.of(KeyRing((added,)), now)

    assert added.kid.encode() in body
