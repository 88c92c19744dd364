"""Which audiences a client may ask for (RFC 8707, section 2)."""

from types import SimpleNamespace

import pytest

from authserver.errors import InvalidTarget
from authserver.oauth.resource_indicators import grant_audience, requested_audience

A, B = "https://a.example", "https://b.example"


def client(*audience: str) -> SimpleNamespace:
    return SimpleNamespace(audience=audience)


def test_nothing_asked_for_is_not_nothing():
    assert requested_audience([]) is None


def test_each_resource_counts_once_in_its_order():
    assert requested_audience([B, A, B]) == (B, A)


@pytest.mark.parametrize("resource", [A, "urn:example:api", "https://a.example/path?query=1"])
def test_an_absolute_uri_is_a_resource(resource):
    assert requested_audience([resource]) == (resource,)


@pytest.mark.parametrize(
    "resource", ["", "a", "/a", "//a.example", f"{A}#", f"{A}#b", "http://[", "http://[x]", "://a"]
)
def test_anything_else_is_none(resource):
    with pytest.raises(InvalidTarget):
        requested_audience([A, resource])


@pytest.mark.parametrize(
    ("asked", "own", "granted"),
    [
        (None, (A, B), (A, B)),
        (None, (), ("default",)),
        ((B,), (A, B), (B,)),
        (("default",), (), ("default",)),
    ],
)
def test_an_audience_is_granted(asked, own, granted):
    assert grant_audience(asked, client(*own), "default") == granted


@pytest.mark.parametrize(("asked", "own"), [((B,), (A,)), ((A, B), (A,)), (("default",), (A,))])
def test_an_audience_that_is_not_the_clients_is_refused(asked, own):
    with pytest.raises(InvalidTarget):
        grant_audience(asked, client(*own), "default")
