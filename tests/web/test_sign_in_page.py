"""The sign-in page, as far as no browser is needed to see it."""

import json

import pytest

from authserver.http.cookies import Cookies
from tests.support.authorization_answers import AuthorizationAnswer

SESSION = Cookies.of("http://localhost").session


@pytest.fixture
def stranger(authorizations):
    return authorizations(signed_in=False)


def sign_in(flow, address="/sign-in", **changes) -> AuthorizationAnswer:
    fields = {"username": flow.user.email, "password": flow.user.password}
    return flow.submit(address, **(fields | changes))


def expecting(user) -> str:
    """The claims parameter of a client that wants this very person (Core 1.0, section 5.5.1)."""
    return json.dumps({"id_token": {"sub": {"value": str(user.id)}}})


def test_without_an_application_it_leads_to_the_start_page(stranger):
    assert sign_in(stranger).location == "/"
    assert stranger.user.email in stranger.go("/").text


def test_in_an_authorization_it_leads_back_to_where_that_is_decided(stranger):
    sent = sign_in(stranger, stranger.authorize().location)

    assert sent.page == "/oauth2/authorize"
    assert "code" in stranger.go(sent.location).params


@pytest.mark.parametrize(
    "changes", [{"password": "wrong"}, {"username": "nobody@example.com"}, {"username": "\x00"}]
)
def test_what_is_wrong_is_told_in_one_way(stranger, changes):
    """422: not 401, which means another kind of sign-in, nor 200, which browsers take for done."""
    answer = sign_in(stranger, **changes)

    assert answer.status == 422
    assert "The e-mail address or the password is wrong." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert stranger.http.get_cookie(SESSION) is None


@pytest.mark.parametrize("missing", ["username", "password"])
def test_what_is_missing_is_asked_for(stranger, missing):
    answer = sign_in(stranger, **{missing: ""})

    assert answer.status == 422
    assert "Enter both" in answer.text


def test_a_disabled_account_is_told_nothing_else(authorizations, make_user):
    flow = authorizations(user=make_user(enabled=False), signed_in=False)

    assert "The e-mail address or the password is wrong." in sign_in(flow).text


def test_a_hint_that_is_not_signed_in_here_is_told_to_nobody(stranger, authorizations):
    """Whoever knows the name of somebody at a client learns no address by it."""
    claims = expecting(stranger.user)

    page = stranger.go(stranger.authorize(claims=claims).location)

    assert stranger.user.email not in page.text


def test_a_hint_that_is_signed_in_here_is_asked_for_the_password_alone(flow):
    claims = expecting(flow.user)

    page = flow.go(flow.authorize(claims=claims, prompt="login").location)

    assert f'autocomplete="username" value="{flow.user.email}" hidden' in page.text


def test_what_was_in_the_cookie_before_is_worth_nothing_after(stranger):
    """CVE-2024-7341: the attacker's cookie, planted before the sign-in."""
    planted = f"{'0' * 32}{'A' * 43}"
    stranger.http.set_cookie(SESSION, planted)

    sign_in(stranger)

    assert planted not in stranger.http.get_cookie(SESSION).value


def test_too_many_failures_are_told_with_the_time(make_app, make_user):
    app, _ = make_app(lockout_threshold=3)
    http, user = app.test_client(), make_user()
    for _ in range(4):
        form = AuthorizationAnswer(http.get("/sign-in"), "").hidden
        answer = http.post("/sign-in", data=form | {"username": user.email, "password": "wrong"})

    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "<time datetime=" in answer.text
    assert 'role="alert"' in answer.text
