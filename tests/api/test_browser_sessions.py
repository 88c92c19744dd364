"""``/api/users/:id/browser-sessions``: in which browsers one is signed in."""

from uuid import uuid4

import pytest

from authserver.actor import Actor
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.service import BrowserSessionService
from tests.support.relying_party import bearer

ACTOR = Actor("anonymous", None, "192.0.2.7", "request", "A browser")


@pytest.fixture
def browsers(services):
    return services.get(BrowserSessionService)


@pytest.fixture
def sign_in_browser(services):
    sso = services.get(SingleSignOn)
    return lambda user: sso.sign_in(user.email, user.password, None, ACTOR)


@pytest.fixture
def access_token(front_end, user) -> str:
    return str(front_end.log_in(user).json["accessToken"])


@pytest.fixture
def mine(access_token):
    return bearer(access_token)


@pytest.fixture
def path(user) -> str:
    return f"/api/users/{user.id}/browser-sessions"


def test_one_sees_in_which_browsers_one_is_signed_in(client, sign_in_browser, user, path, mine):
    older, _ = sign_in_browser(user)
    younger, _ = sign_in_browser(user)

    items = client.get(path, headers=mine).json["items"]

    assert [item["id"] for item in items] == [str(younger.id), str(older.id)]
    assert (items[0]["address"], items[0]["user_agent"]) == ("192.0.2.7", "A browser")
    assert (items[0]["acr"], items[0]["amr"]) == ("1", ["pwd"])


def test_nothing_secret_is_shown(client, sign_in_browser, user, path, mine):
    sign_in_browser(user)

    (item,) = client.get(path, headers=mine).json["items"]

    assert item.keys() == {
        *("id", "acr", "amr", "address", "user_agent"),
        *("signed_in_at", "seen_at", "expires_at"),
    }


def test_the_list_comes_in_pages(client, sign_in_browser, user, path, mine):
    ids = [str(sign_in_browser(user)[0].id) for _ in range(3)][::-1]

    first = client.get(path, query_string={"limit": 2}, headers=mine).json
    cursor = first["next_cursor"]
    second = client.get(path, query_string={"cursor": cursor}, headers=mine).json

    found = [item["id"] for page in (first, second) for item in page["items"]]
    assert found == ids


def test_one_signs_oneself_out_of_a_browser(client, sign_in_browser, browsers, user, path, mine):
    session, cookie = sign_in_browser(user)
    kept, cookie_kept = sign_in_browser(user)
    browsers.find_all(cookie)

    answer = client.delete(f"{path}/{session.id}", headers=mine)

    assert answer.status_code == 204
    assert browsers.find_all(cookie) == ()
    assert browsers.find_all(cookie_kept) == (kept,)


def test_what_is_not_there_cannot_be_ended(client, path, mine):
    answer = client.delete(f"{path}/{uuid4()}", headers=mine)

    assert (answer.status_code, answer.json["code"]) == (404, "session_not_found")


def test_nobody_ends_the_browser_session_of_another_by_their_own_path(
    client, sign_in_browser, browsers, make_user, path, mine
):
    """API1:2023, broken object level authorization."""
    session, cookie = sign_in_browser(make_user())

    answer = client.delete(f"{path}/{session.id}", headers=mine)

    assert answer.status_code == 404
    assert len(browsers.find_all(cookie)) == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_browsers_of_others_are_not_ones_business(
    client, front_end, sign_in_browser, make_user, user, path, method
):
    session, _ = sign_in_browser(user)
    other = bearer(front_end.log_in(make_user()).json["accessToken"])
    address = path if method == "GET" else f"{path}/{session.id}"

    answer = client.open(address, method=method, headers=other)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_whoever_may_end_sessions_signs_others_out(client, sign_in_browser, user, path, token_of):
    session, _ = sign_in_browser(user)

    answer = client.delete(f"{path}/{session.id}", headers=bearer(token_of("sessions:write")))

    assert answer.status_code == 204


# What else ends them ------------------------------------------------------------------------------


def test_to_sign_out_everywhere_signs_out_of_all_browsers(
    front_end, sign_in_browser, browsers, user, access_token
):
    """ASVS 5.0, 7.4.5."""
    _, cookie = sign_in_browser(user)
    browsers.find_all(cookie)

    front_end.log_out(access_token, "logout-all")

    assert browsers.find_all(cookie) == ()


def test_to_end_all_sessions_of_somebody_signs_them_out_of_all_browsers(
    client, sign_in_browser, browsers, user, token_of
):
    """Or else the browser would silently fetch new ones for whoever sits there."""
    _, cookie = sign_in_browser(user)

    answer = client.delete(
        f"/api/users/{user.id}/sessions", headers=bearer(token_of("sessions:write"))
    )

    assert answer.status_code == 204
    assert browsers.find_all(cookie) == ()


def test_a_change_of_password_signs_out_of_all_browsers(
    front_end, sign_in_browser, browsers, user, access_token
):
    _, cookie = sign_in_browser(user)
    browsers.find_all(cookie)

    front_end.change_password(user.id, user.password, "quite another one 47", access_token)

    assert browsers.find_all(cookie) == ()


def test_a_disabled_user_is_in_no_browser_any_more(
    client, sign_in_browser, browsers, user, admin_token
):
    _, cookie = sign_in_browser(user)
    browsers.find_all(cookie)

    client.post(f"/api/users/{user.id}/disable", headers=bearer(admin_token))

    assert browsers.find_all(cookie) == ()
