"""Response types and modes (OAuth 2.0 Multiple Response Type Encoding Practices)."""

from dataclasses import dataclass
from itertools import permutations

import pytest

from authserver.clients.response_types import (
    ALWAYS,
    FRONT_CHANNEL,
    canonical,
    supported_response_types,
)
from authserver.errors import Invalid, UnauthorizedClient, UnsupportedResponseType
from authserver.oauth.authorization.response_types import (
    check_response_mode,
    check_response_type,
    default_mode,
    error_mode,
)

ALL = (*ALWAYS, *FRONT_CHANNEL)


@dataclass(frozen=True)
class Registered:
    """What is read of a client."""

    response_types: tuple[str, ...] = ALL


@pytest.mark.parametrize("name", ALL)
def test_the_order_of_words_means_nothing(name):
    """Section 3."""
    for words in permutations(name.split()):
        assert canonical(" ".join(words)) == name


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "token", "code none", "none code", "none none", "code code", "Code", "code "),
        *(" code", "code  token", "code\ttoken", "code,token", "id_token id_token", "zzz", None),
        "code id_token token code",
    ],
)
def test_nothing_else_is_a_response_type(text):
    assert canonical(text) is None


def test_tokens_in_front_are_on_only_if_somebody_turned_them_on():
    """RFC 9700, section 2.1.2."""
    assert supported_response_types(front_channel=False) == ("code", "none")
    assert set(supported_response_types(front_channel=True)) == set(ALL)


def test_a_response_type_must_be_said():
    with pytest.raises(Invalid):
        check_response_type(None, Registered(), ALL)


@pytest.mark.parametrize("asked", ["zzz", "token", "code code"])
def test_an_unknown_one_is_not_supported(asked):
    with pytest.raises(UnsupportedResponseType):
        check_response_type(asked, Registered(), ALL)


def test_what_the_server_has_not_on_is_not_supported_even_for_who_registered_it():
    with pytest.raises(UnsupportedResponseType):
        check_response_type("id_token", Registered(), ALWAYS)


def test_what_a_client_is_not_registered_for_is_not_for_it():
    with pytest.raises(UnauthorizedClient):
        check_response_type("none", Registered(("code",)), ALL)


@pytest.mark.parametrize("name", FRONT_CHANNEL)
def test_tokens_go_into_the_fragment(name):
    """Section 5."""
    assert default_mode(name) == "fragment"
    assert check_response_mode(None, name) == "fragment"


@pytest.mark.parametrize("name", ALWAYS)
def test_a_code_goes_into_the_query(name):
    assert check_response_mode(None, name) == "query"


@pytest.mark.parametrize("name", FRONT_CHANNEL)
def test_tokens_never_go_into_a_query(name):
    with pytest.raises(Invalid):
        check_response_mode("query", name)


@pytest.mark.parametrize("mode", ["", "zzz", "Fragment", "query fragment", "jwt", "web_message"])
def test_an_unknown_mode_is_refused(mode):
    with pytest.raises(Invalid):
        check_response_mode(mode, "code")


@pytest.mark.parametrize(
    ("asked", "response_type", "mode"),
    [
        (None, "code", "query"),
        (None, "zzz", "query"),
        (None, None, "query"),
        (None, "id_token", "fragment"),
        (None, "token code", "fragment"),
        ("zzz", "code", "query"),
        ("zzz", "id_token", "fragment"),
        ("query", "id_token", "fragment"),
        ("query", "code", "query"),
        ("fragment", "code", "fragment"),
        ("form_post", "id_token", "form_post"),
        ("form_post", None, "form_post"),
    ],
)
def test_an_error_goes_where_the_answer_would_have_gone(asked, response_type, mode):
    assert error_mode(asked, response_type) == mode
