"""Signing in to a browser by password."""

from dataclasses import replace

import pytest

from authserver.authn.single_sign_on import SingleSignOn
from authserver.errors import InvalidCredentials
from tests.integration.authn.conftest import ACTOR


def test_whoever_knows_the_password_is_signed_in_to_the_browser(sign_in_browser, browsers, user):
    """OpenID Connect Core 1.0, section 2: one factor, by password (RFC 8176)."""
    session, cookie = sign_in_browser(user)

    assert browsers.find_all(cookie) == (session,)
    assert (session.user_id, session.acr, session.amr) == (user.id, "1", ("pwd",))


def test_a_wrong_password_makes_no_row(services, rows, user):
    """Security.md, invariant 8."""
    with pytest.raises(InvalidCredentials):
        services.get(SingleSignOn).sign_in(user.email, "not this one", None, ACTOR)

    assert rows.ids() == []


def test_a_wrong_password_leaves_the_other_accounts_alone(
    services, sign_in_browser, browsers, user, make_user
):
    session, cookie = sign_in_browser(user)

    with pytest.raises(InvalidCredentials):
        services.get(SingleSignOn).sign_in(make_user().email, "not this one", cookie, ACTOR)

    assert browsers.find_all_now(cookie) == (session,)


def test_an_account_that_no_longer_fits_into_the_cookie_is_signed_out(
    sign_in_browser, rows, make_user, make_client, begin_session
):
    """Or else its clients' sessions would live on where nobody sees them."""
    first, cookie = sign_in_browser(make_user())
    theirs = begin_session(first, make_client())

    for _ in range(5):
        _, cookie = sign_in_browser(make_user(), cookie)

    assert rows.get(first.id).end_reason == "limit"
    (row,) = rows.sql("SELECT ended_at FROM sessions WHERE id = :id", id=theirs.id)
    assert row.ended_at is not None


def test_a_user_has_no_more_browsers_than_allowed(services, browsers, rows, user):
    """Whoever signs in without end fills no table."""
    repository = browsers.browser_sessions
    lifetimes = replace(repository.lifetimes, sessions_per_user=2)
    few = replace(browsers, browser_sessions=replace(repository, lifetimes=lifetimes))
    sso = replace(services.get(SingleSignOn), browser_sessions=few)

    begun = [sso.sign_in(user.email, user.password, None, ACTOR)[0] for _ in range(4)]

    ended = [rows.get(session.id).end_reason for session in begun]
    assert ended == ["limit", "limit", None, None]
