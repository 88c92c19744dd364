"""Request objects by reference (OpenID Connect Core 1.0, section 6.2; RFC 9101, 10.4)."""

import pytest

from authserver.errors import InvalidRequestObject, InvalidRequestUri
from authserver.http.outbound import OutboundFailed, OutboundRefused
from tests.support.request_objects import URI, Registered, signed


def test_an_object_is_fetched_from_where_it_was_registered(resolve, outside):
    outside.content = signed(state="s").encode() + b"\n"

    assert resolve(request_uri=URI)["state"] == "s"
    assert outside.asked == [URI]


@pytest.mark.parametrize(
    "uri",
    [
        URI + "x",
        URI + "?a=b",
        URI.upper(),
        "http://app.example/request.jwt",
        "https://other.example/request.jwt",
        "urn:ietf:params:oauth:request_uri:abc",
        "x",
        URI + "#" + "x" * 512,
    ],
)
def test_nobody_is_asked_for_what_was_not_registered(resolve, outside, uri):
    """RFC 9101, section 10.4; CVE-2020-10770."""
    with pytest.raises(InvalidRequestUri):
        resolve(request_uri=uri)

    assert outside.asked == []


def test_who_registered_nothing_has_no_references(resolve, outside):
    with pytest.raises(InvalidRequestUri):
        resolve(Registered(request_uris=()), request_uri=URI)

    assert outside.asked == []


@pytest.mark.parametrize("registered", [URI, URI + "#one"])
def test_a_fragment_is_the_version_of_the_content(resolve, outside, registered):
    """OpenID Connect Core 1.0, section 6.2: it is fetched once for each."""
    client = Registered(request_uris=(registered,))
    outside.content = signed(state="s").encode()

    for fragment in ("one", "one", "two"):
        assert resolve(client, request_uri=f"{URI}#{fragment}")["state"] == "s"

    assert outside.asked == [URI, URI]


def test_without_a_fragment_nothing_is_remembered(resolve, outside):
    for state in ("a", "b"):
        outside.content = signed(state=state).encode()
        assert resolve(request_uri=URI)["state"] == state


def test_a_failure_is_not_remembered(resolve, outside):
    outside.failure = OutboundFailed("x")
    with pytest.raises(InvalidRequestUri):
        resolve(request_uri=URI + "#one")
    outside.failure = None
    outside.content = signed(state="s").encode()

    assert resolve(request_uri=URI + "#one")["state"] == "s"


@pytest.mark.parametrize("failure", [OutboundFailed("s3cret"), OutboundRefused("s3cret")])
def test_what_cannot_be_fetched_is_refused(resolve, outside, failure):
    outside.failure = failure

    with pytest.raises(InvalidRequestUri) as refused:
        resolve(request_uri=URI)

    assert "s3cret" not in refused.value.hint + refused.value.detail


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b'{"keys": []}'])
def test_what_is_no_request_object_is_refused(resolve, outside, content):
    outside.content = content

    with pytest.raises((InvalidRequestObject, InvalidRequestUri)):
        resolve(request_uri=URI)
