"""What may stand in the cookie of signed-in accounts."""

from uuid import UUID

import pytest

from authserver.browser_sessions.cookie import (
    MOST_ACCOUNTS,
    BrowserToken,
    parse_cookie,
    write_cookie,
)
from authserver.ids import new_id, new_secret


def make_tokens(count: int) -> tuple[BrowserToken, ...]:
    return tuple(BrowserToken(new_id(), new_secret()) for _ in range(count))


@pytest.mark.parametrize("count", [1, 2, MOST_ACCOUNTS])
def test_what_was_written_is_read_in_its_order(count):
    tokens = make_tokens(count)

    assert parse_cookie(write_cookie(tokens)) == tokens


def test_six_accounts_are_refused_as_a_whole():
    """Bounded: whoever sends a long cookie costs no query."""
    assert parse_cookie(write_cookie(make_tokens(MOST_ACCOUNTS + 1))) == ()


def test_one_account_named_twice_is_refused_as_a_whole():
    (token,) = make_tokens(1)

    assert parse_cookie(write_cookie([token, BrowserToken(token.session_id, new_secret())])) == ()


TOKEN = str(BrowserToken(UUID(int=0x0198F3A25C6E7C319A3E6D1F0C2B7A11), "A" * 43))


@pytest.mark.parametrize(
    "cookie",
    [
        None,
        "",
        ".",
        TOKEN + ".",
        "." + TOKEN,
        TOKEN + "\n",
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN.upper(),
        TOKEN.replace("A", "+"),
        TOKEN.replace("A", "é"),
        "٣" + TOKEN[1:],
        TOKEN[:8] + "-" + TOKEN[9:],
        "garbage",
        TOKEN * 10_000,
    ],
    ids=lambda cookie: repr(cookie)[:20],
)
def test_another_form_names_nobody(cookie):
    assert parse_cookie(cookie) == ()


def test_a_token_does_not_show_its_secret():
    """Tracebacks and logs show values."""
    (token,) = make_tokens(1)

    assert token.secret not in repr(token)
