"""The strict parser of forms (RFC 6749, appendix B)."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import Invalid
from authserver.http.messages import BodyTooLargeError, HttpRequest
from authserver.oauth.requests import ProtocolRequest, parse_form

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


def test_a_form_is_read(post):
    form = parse_form(post(b"grant_type=password&username=Una+Example&password=a%26b%3Dc"))

    assert form.data == {"grant_type": "password", "username": "Una Example", "password": "a&b=c"}


def test_a_value_may_hold_equals_signs(post):
    assert parse_form(post(b"token=a=b==")).get("token") == "a=b=="


def test_what_has_no_value_is_left_out(post):
    """RFC 6749, section 3.1."""
    form = parse_form(post(b"a=&b&=&resource=&&"))

    assert form.data == {}
    assert form.get("a") is None
    assert form.all("resource") == []


def test_a_resource_may_be_repeated(post):
    """RFC 8707, section 2."""
    form = parse_form(post(b"resource=x&resource=&resource=y"))

    assert form.all("resource") == form.datalist["resource"] == ["x", "y"]


def test_what_is_required_and_missing_is_named(post):
    with pytest.raises(Invalid) as caught:
        parse_form(post(b"a=b")).require("token")

    assert "token" in caught.value.hint


@pytest.mark.parametrize("body", [b"a=1&a=2", b"a=1&a=1", b"a=&a=1", b"a&a", b"%61=1&a=2"])
def test_what_is_repeated_is_refused(post, body):
    """RFC 6749, section 3.2: in whatever spelling."""
    with pytest.raises(Invalid):
        parse_form(post(body))


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/json", "multipart/form-data; boundary=x", "application/x-www"],
)
def test_another_type_is_refused(post, content_type):
    with pytest.raises(Invalid):
        parse_form(post(b"a=b", content_type))


@pytest.mark.parametrize("suffix", ["", ";charset=UTF-8", " ; x=y", "; charset=utf-8"])
def test_parameters_of_the_type_do_not_matter(post, suffix):
    assert parse_form(post(b"a=b", f"Application/X-WWW-Form-Urlencoded{suffix}")).get("a") == "b"


def test_a_query_is_refused(post):
    with pytest.raises(Invalid):
        parse_form(post(b"a=b", QUERY_STRING="x"))


def test_a_body_that_says_it_is_too_large_is_not_read():
    request = HttpRequest({"CONTENT_LENGTH": "65537", "CONTENT_TYPE": "x"})

    with pytest.raises(BodyTooLargeError):
        parse_form(request)


def test_as_many_parameters_as_allowed_are_read(post):
    body = b"&".join(b"a%d=1" % number for number in range(2000))

    assert len(parse_form(post(body)).data) == 2000
    with pytest.raises(Invalid):
        parse_form(post(body + b"&b=1"))


def test_authlib_sees_the_same_form(post):
    request = ProtocolRequest(post(), parse_form(post(b"client_id=web&scope=a+b")))

    assert request.form == {"client_id": "web", "scope": "a b"}
    assert (request.payload.client_id, request.payload.scope) == ("web", "a b")


@given(st.dictionaries(TEXT, TEXT, max_size=10))
def test_what_a_client_encodes_is_what_we_read(values):
    """RFC 6749, appendix B, against the standard library's encoder."""
    body = urlencode(values).encode()
    request = HttpRequest(
        {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": _Body(body),
        }
    )

    assert parse_form(request).data == values


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_strictly_or_refused(body):
    """security.md, invariant 1: no other error, and nothing that another reader reads otherwise."""
    request = HttpRequest(
        {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": _Body(body),
        }
    )

    try:
        form = parse_form(request)
    except Invalid:
        return

    assert dict(parse_qsl(body.decode("latin-1"), errors="strict")) == {
        name: values[-1] for name, values in form.datalist.items()
    }


class _Body:
    """A body that can be read once."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self, size: int) -> bytes:
        body, self._body = self._body[:size], self._body[size:]
        return body
