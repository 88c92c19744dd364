"""``/api/users/:id/sessions``: where one is signed in."""

from uuid import uuid4

import pytest

from tests.support.relying_party import RelyingParty, bearer
from tests.support.session_rows import session_id_of


@pytest.fixture
def mine(tokens):
    return bearer(tokens["accessToken"])


@pytest.fixture
def path(user) -> str:
    return f"/api/users/{user.id}/sessions"


def ids(answer) -> list[str]:
    return [item["id"] for item in answer.json["items"]]


# Seeing them --------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in(client, front_end, user, path):
    http = {"User-Agent": "A browser"}
    answer = client.post(
        "/api/auth/login", json={"email": user.email, "password": user.password}, headers=http
    )

    (item,) = client.get(path, headers=bearer(answer.json["accessToken"])).json["items"]

    assert item["id"] == str(session_id_of(answer.json["accessToken"]))
    assert (item["client_id"], item["amr"]) == ("authserver", ["pwd"])
    assert (item["address"], item["user_agent"]) == ("127.0.0.1", "A browser")


def test_nothing_secret_is_shown(client, path, mine):
    """protocol.md, Sessions."""
    (item,) = client.get(path, headers=mine).json["items"]

    assert item.keys() == {
        *("id", "client_id", "scope", "amr", "address", "user_agent"),
        *("created_at", "refreshed_at", "expires_at"),
    }


def test_the_youngest_comes_first(client, front_end, user, tokens, path, mine):
    younger = front_end.log_in(user).json

    answer = client.get(path, headers=mine)

    expected = [session_id_of(each["accessToken"]) for each in (younger, tokens)]
    assert ids(answer) == [str(each) for each in expected]


def test_sessions_come_a_page_at_a_time(client, front_end, user, tokens, path, mine):
    """performance.md, rule 11."""
    for _ in range(2):
        front_end.log_in(user)
    first = client.get(f"{path}?limit=2", headers=mine)

    second = client.get(f"{path}?limit=2&cursor={first.json['next_cursor']}", headers=mine)

    assert [len(ids(first)), len(ids(second))] == [2, 1]
    assert len({*ids(first), *ids(second)}) == 3
    assert second.json["next_cursor"] is None


def test_sessions_that_have_ended_are_not_shown(client, front_end, user, tokens, path, mine):
    front_end.log_out(front_end.log_in(user).json["accessToken"])

    assert ids(client.get(path, headers=mine)) == [str(session_id_of(tokens["accessToken"]))]


@pytest.mark.parametrize("how", ["idle", "expired"])
def test_sessions_whose_time_is_over_are_not_shown(
    client, front_end, user, rows, path, mine, tokens, how
):
    old = session_id_of(front_end.log_in(user).json["accessToken"])
    if how == "idle":
        rows.age(old, 14 * 86_400)
    else:
        rows.expire(old)

    assert ids(client.get(path, headers=mine)) == [str(session_id_of(tokens["accessToken"]))]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=x", "surplus=1"])
def test_a_page_that_cannot_be_is_refused(client, path, mine, query):
    answer = client.get(f"{path}?{query}", headers=mine)

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json["errors"]


def test_a_parameter_that_is_repeated_is_refused(client, path, mine):
    assert client.get(f"{path}?limit=1&limit=2", headers=mine).status_code == 400


# Ending them --------------------------------------------------------------------------------------


def test_one_can_end_one_of_ones_sessions(client, front_end, user, path, mine):
    other = front_end.log_in(user).json

    answer = client.delete(f"{path}/{session_id_of(other['accessToken'])}", headers=mine)

    assert answer.status_code == 204
    assert front_end.refresh(other["refreshToken"]).status_code == 401


def test_a_session_that_has_ended_cannot_be_ended_again(client, front_end, user, path, mine):
    other = session_id_of(front_end.log_in(user).json["accessToken"])
    client.delete(f"{path}/{other}", headers=mine)

    answer = client.delete(f"{path}/{other}", headers=mine)

    assert (answer.status_code, answer.json["code"]) == (404, "session_not_found")


def test_a_session_that_never_was_is_not_found(client, path, mine):
    assert client.delete(f"{path}/{uuid4()}", headers=mine).status_code == 404


def test_a_session_of_somebody_else_is_not_found_among_ones_own(
    client, front_end, make_user, path, mine
):
    """CWE-639."""
    others = front_end.log_in(make_user()).json

    answer = client.delete(f"{path}/{session_id_of(others['accessToken'])}", headers=mine)

    assert answer.status_code == 404
    assert front_end.refresh(others["refreshToken"]).status_code == 200


def test_one_can_end_all_ones_sessions(client, front_end, user, path, tokens, mine):
    other = front_end.log_in(user).json

    answer = client.delete(path, headers=mine)

    assert answer.status_code == 204
    for each in (tokens, other):
        assert front_end.refresh(each["refreshToken"]).status_code == 401


# Who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_nobody_else_may(client, front_end, make_user, path, method):
    other = front_end.log_in(make_user()).json["accessToken"]

    answer = client.open(path, method=method, headers=bearer(other))

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_who_is_not_signed_in_may_not(client, path, method):
    answer = client.open(path, method=method)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="authserver"'


def test_an_administrator_may(client, admin_token, tokens, path):
    assert len(ids(client.get(path, headers=bearer(admin_token)))) == 1
    assert client.delete(path, headers=bearer(admin_token)).status_code == 204


def test_the_permission_to_read_is_not_the_one_to_end(client, token_of, tokens, path):
    reader = bearer(token_of("sessions:read"))

    assert client.get(path, headers=reader).status_code == 200
    assert client.delete(path, headers=reader).status_code == 403


def test_a_clients_token_needs_the_scope_for_ones_account(client, make_client, user, path):
    """RFC 6750, section 3.1."""
    party = RelyingParty(client, make_client(audience=[]))
    token = party.password(user, scope="openid").json["access_token"]

    answer = client.get(path, headers=bearer(token))

    assert answer.status_code == 403
