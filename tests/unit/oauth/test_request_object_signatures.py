"""Who may have written a request object (RFC 9101, section 6.2; RFC 8725)."""

import json

import pytest

from authserver.errors import InvalidRequestObject, RequestNotSupported
from tests.attacks.forgery import compact, with_hmac
from tests.support.client_keys import ClientKey, key_set
from tests.support.request_objects import KEY, SECRET, Registered, signed, unsigned


def test_an_unsigned_object_of_who_registered_that_is_read(resolve):
    client = Registered(request_object_signing_alg="none")

    assert resolve(client, request=unsigned(state="s"))["state"] == "s"


@pytest.mark.parametrize(
    "client",
    [
        Registered(),
        Registered(request_object_signing_alg="ES256"),
        Registered(request_object_signing_alg="none", require_signed_request_object=True),
    ],
)
def test_every_other_unsigned_object_is_not_supported(resolve, client):
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported."""
    with pytest.raises(RequestNotSupported):
        resolve(client, request=unsigned(state="s"))


@pytest.mark.parametrize(
    "request_object",
    [
        compact({"alg": "none"}, {}, b"signature"),
        compact({"alg": "None"}, {}),
        compact({"alg": "NONE"}, {}),
        compact({"alg": ""}, {}),
        compact({}, {}),
        compact({"alg": "ES256"}, {}),
        compact({"alg": "none", "crit": ["b64"], "b64": False}, {}),
    ],
)
def test_nothing_else_is_unsigned(resolve, request_object):
    with pytest.raises(InvalidRequestObject):
        resolve(Registered(request_object_signing_alg="none"), request=request_object)


def test_a_registered_algorithm_binds(resolve):
    client = Registered(request_object_signing_alg="RS256")

    with pytest.raises(InvalidRequestObject):
        resolve(client, request=signed())


def test_who_registered_none_may_not_sign(resolve):
    """OpenID Connect Registration 1.0, section 2: any other algorithm must be rejected."""
    with pytest.raises(InvalidRequestObject):
        resolve(Registered(request_object_signing_alg="none"), request=signed())


def test_the_secret_of_the_client_signs(resolve):
    request = with_hmac({"alg": "HS256"}, {"state": "s"}, SECRET.encode())

    assert resolve(request=request)["state"] == "s"


@pytest.mark.parametrize("key", [b"", b"another", json.dumps(KEY.public()).encode()])
def test_another_secret_does_not(resolve, key):
    with pytest.raises(InvalidRequestObject):
        resolve(request=with_hmac({"alg": "HS256"}, {}, key))


def test_the_key_of_a_stranger_does_not(resolve):
    with pytest.raises(InvalidRequestObject):
        resolve(request=signed(ClientKey(kid=KEY.kid)))


def test_the_keys_are_followed(resolve, outside):
    key = ClientKey()
    outside.content = json.dumps(key_set(key)).encode()
    client = Registered(jwks=None, jwks_uri="https://app.example/jwks")

    assert resolve(client, request=signed(key, state="s"))["state"] == "s"


def test_an_encrypted_object_is_not_supported(resolve):
    with pytest.raises(InvalidRequestObject):
        resolve(request="eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.a.b.c.d")


@pytest.mark.parametrize("text", ["x", "..", "a.b.c", "." * 70_000, "é.é.é", "null.null.null"])
def test_garbage_is_refused(resolve, text):
    with pytest.raises(InvalidRequestObject):
        resolve(request=text)
