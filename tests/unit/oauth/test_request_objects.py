"""Request objects: what counts of what was sent (OpenID Connect Core 1.0, 6; RFC 9101)."""

import time

import pytest

from authserver.errors import Invalid, InvalidRequestObject
from tests.support.request_objects import ISSUER, URI, Registered, signed


def test_without_a_request_object_nothing_changes(resolve):
    assert resolve(scope="openid") == {"client_id": "web", "scope": "openid"}


def test_beside_a_response_type_the_object_wins(resolve):
    """OpenID Connect Core 1.0, section 6.1."""
    request = signed(scope="openid email", nonce="inner")

    found = resolve(request=request, response_type="code", scope="openid", state="outer")

    assert found == {
        "client_id": "web",
        "response_type": "code",
        "scope": "openid email",
        "nonce": "inner",
        "state": "outer",
    }


def test_without_a_response_type_the_object_stands_alone(resolve):
    """RFC 9101, section 6.3."""
    request = signed(response_type="code", scope="openid")

    found = resolve(request=request, scope="openid admin", state="outer", redirect_uri="x")

    assert found == {"client_id": "web", "response_type": "code", "scope": "openid"}


def test_who_must_sign_is_asked_for_the_object_alone(resolve):
    """RFC 9101, section 10.5."""
    client = Registered(require_signed_request_object=True)

    found = resolve(client, request=signed(scope="openid"), response_type="code", state="outer")

    assert found == {"client_id": "web", "scope": "openid"}


def test_who_must_sign_must_send_an_object(resolve):
    with pytest.raises(Invalid):
        resolve(Registered(require_signed_request_object=True), response_type="code")


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"])
def test_what_the_jwt_says_of_itself_is_no_parameter(resolve, name):
    now = int(time.time())
    values = {"iss": "web", "sub": "x", "aud": ISSUER, "exp": now + 60, "jti": "x"}

    found = resolve(request=signed(**{name: values.get(name, now)}))

    assert found == {"client_id": "web"}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("max_age", 3600, "3600"),
        ("max_age", "3600", "3600"),
        ("max_age", 0, "0"),
        ("claims", {"userinfo": {"name": None}}, '{"userinfo": {"name": null}}'),
        (
            "claims",
            {"id_token": {"name": {"value": "Zoë"}}},
            '{"id_token": {"name": {"value": "Zoë"}}}',
        ),
        (
            "resource",
            ["https://a.example", "https://b.example"],
            "https://a.example https://b.example",
        ),
        ("resource", "https://a.example", "https://a.example"),
        ("x", True, "true"),
    ],
)
def test_values_come_in_the_form_of_parameters(resolve, name, value, text):
    assert resolve(request=signed(**{name: value}))[name] == text


@pytest.mark.parametrize("value", [None, ""])
def test_an_empty_value_counts_as_left_out(resolve, value):
    """RFC 6749, section 3.1."""
    assert "state" not in resolve(request=signed(state=value))


@pytest.mark.parametrize("value", ["a\x00b", "a\r\nb", "a\x7f", "\ud800", {"a": "\udc00"}])
def test_what_is_no_plain_text_is_refused(resolve, value):
    with pytest.raises(InvalidRequestObject):
        resolve(request=signed(state=value))


def test_both_ways_at_once_are_refused(resolve):
    """RFC 9101, section 5."""
    with pytest.raises(Invalid):
        resolve(request=signed(), request_uri=URI)


@pytest.mark.parametrize("audience", [ISSUER, [ISSUER], ["https://other.example", ISSUER]])
def test_the_audience_is_the_issuer(resolve, audience):
    assert resolve(request=signed(aud=audience, state="s"))["state"] == "s"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "other"},
        {"iss": 7},
        {"client_id": "other"},
        {"client_id": ["web"]},
        {"aud": "https://other.example"},
        {"aud": []},
        {"aud": ISSUER + "/"},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"nbf": 9_999_999_999},
        {"sub": "web"},
        {"request": "x"},
        {"request_uri": URI},
    ],
)
def test_what_contradicts_is_refused(resolve, claims):
    """RFC 9101, sections 4, 6.3 and 10.8."""
    with pytest.raises(InvalidRequestObject):
        resolve(request=signed(**claims))


@pytest.mark.parametrize("typ", ["at+jwt", "client-authentication+jwt", "logout+jwt", 7])
def test_a_jwt_for_another_purpose_is_refused(resolve, typ):
    """RFC 8725, section 3.11."""
    with pytest.raises(InvalidRequestObject):
        resolve(request=signed(typ=typ))


@pytest.mark.parametrize(
    "typ", [None, "JWT", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"]
)
def test_a_request_object_says_so_or_nothing(resolve, typ):
    assert resolve(request=signed(typ=typ, state="s"))["state"] == "s"


@pytest.mark.parametrize(("inner", "outer"), [("id_token code", "code id_token"), ("code", "code")])
def test_the_order_of_response_types_does_not_matter(resolve, inner, outer):
    assert resolve(request=signed(response_type=inner), response_type=outer)


def test_another_response_type_is_refused(resolve):
    """OpenID Connect Core 1.0, section 6.1; attack EX-10."""
    with pytest.raises(InvalidRequestObject):
        resolve(request=signed(response_type="id_token"), response_type="code")
