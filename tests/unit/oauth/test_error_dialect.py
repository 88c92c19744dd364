"""Our errors as the OAuth endpoints tell them (RFC 6749, section 5.2)."""

import orjson
import pytest

from authserver import errors
from authserver.http.messages import HttpRequest
from authserver.oauth.errors import ProtocolError, error_response, registered_code

ANONYMOUS = HttpRequest({"REQUEST_METHOD": "POST"})
BASIC = HttpRequest({"REQUEST_METHOD": "POST", "HTTP_AUTHORIZATION": "Basic eDp5"})


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.Invalid(), "invalid_request", 400),
        (errors.InvalidClient(), "invalid_client", 401),
        (errors.InvalidGrant(), "invalid_grant", 400),
        (errors.InvalidCredentials(), "invalid_grant", 400),
        (errors.LockedOut(9), "invalid_grant", 400),
        (errors.UnauthorizedClient(), "unauthorized_client", 400),
        (errors.UnsupportedGrantType(), "unsupported_grant_type", 400),
        (errors.InvalidScope(), "invalid_scope", 400),
        (errors.InvalidTarget(), "invalid_target", 400),
        (errors.InvalidToken(), "invalid_token", 401),
        (errors.InsufficientScope(), "insufficient_scope", 403),
        (errors.RateLimited(9), "temporarily_unavailable", 429),
        (errors.Unavailable(), "temporarily_unavailable", 503),
    ],
)
def test_each_error_has_its_registered_code(error, code, status):
    assert registered_code(error) == (code, status)


def test_all_reasons_for_an_invalid_grant_read_alike():
    """CWE-204: a locked account, a wrong password, an ended session."""
    reasons = [errors.InvalidGrant(), errors.InvalidCredentials(), errors.LockedOut(9)]

    said = {error_response(reason, ANONYMOUS).body for reason in reasons}

    assert len(said) == 1


def test_a_locked_account_does_not_say_how_long():
    names = [name for name, _ in error_response(errors.LockedOut(9), ANONYMOUS).headers]

    assert "Retry-After" not in names


@pytest.mark.parametrize("error", [errors.RateLimited(9), errors.Unavailable(9)])
def test_who_may_come_again_is_told_when(error):
    """RFC 9110, section 10.2.3."""
    assert ("Retry-After", "9") in error_response(error, ANONYMOUS).headers


def test_a_hint_is_for_the_developer_of_a_client():
    body = orjson.loads(error_response(errors.Invalid(hint="Do this."), ANONYMOUS).body)

    assert body["error_description"] == f"{errors.Invalid.message} Do this."


def test_a_hint_does_not_tell_reasons_apart():
    assert "Do this." not in ProtocolError(errors.InvalidClient(hint="Do this.")).description


def test_a_detail_is_for_our_log_only():
    response = error_response(errors.InvalidClient(detail="wrong secret"), ANONYMOUS)

    assert b"wrong secret" not in response.body


@pytest.mark.parametrize(("request_", "challenged"), [(BASIC, True), (ANONYMOUS, False)])
def test_a_challenge_comes_where_the_header_was_tried(request_, challenged):
    """RFC 6749, section 5.2."""
    headers = dict(error_response(errors.InvalidClient(), request_).headers)

    assert ("WWW-Authenticate" in headers) is challenged


def test_a_bad_request_is_no_challenge_even_with_the_header():
    headers = dict(error_response(errors.Invalid(), BASIC).headers)

    assert "WWW-Authenticate" not in headers
