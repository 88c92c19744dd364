"""What a resource server may be: RFC 8707, section 2."""

from typing import Any

import pytest

from authserver.errors import Invalid
from authserver.resources.resource_server import check_members


def complaints(**members: Any) -> list[str]:
    """The members that the rules refuse."""
    try:
        check_members(members, ("ES256", "RS256"))
    except Invalid as error:
        return list(error.fields)
    return []


@pytest.mark.parametrize(
    "audience", ["https://api.example/v1", "urn:example:api", "orders", "a" * 255]
)
def test_uris_and_plain_names_are_audiences(audience):
    assert complaints(audience=audience) == []


@pytest.mark.parametrize(
    "audience", ["", "two words", "https://api.example/#f", "a\n", "a\x00", "größe", "a" * 256]
)
def test_anything_else_is_no_audience(audience):
    assert complaints(audience=audience) == ["audience"]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", None])
def test_algorithms_with_keys_are_accepted(algorithm):
    assert complaints(signing_alg=algorithm) == []


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", ""])
def test_algorithms_without_keys_are_refused(algorithm):
    """RFC 8725, section 3.1."""
    assert complaints(signing_alg=algorithm) == ["signing_alg"]


@pytest.mark.parametrize("ttl", [30, 3600, None])
def test_lives_of_half_a_minute_to_an_hour_are_accepted(ttl):
    assert complaints(access_token_ttl=ttl) == []


@pytest.mark.parametrize("ttl", [29, 3601, 0, -1])
def test_other_lives_are_refused(ttl):
    assert complaints(access_token_ttl=ttl) == ["access_token_ttl"]


@pytest.mark.parametrize("name", ["", "a" * 256, "a\nb", "\ud800"])
def test_names_are_one_line(name):
    assert complaints(name=name) == ["name"]


def test_all_mistakes_are_told_at_once():
    assert complaints(audience="", name="") == ["audience", "name"]
