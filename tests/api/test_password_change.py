"""The change of one's password."""

import pytest

from tests.factories.users import PASSWORD
from tests.support.first_party import FirstParty

ANOTHER = "another long enough sentence"


@pytest.fixture
def user(make_user):
    return make_user()


@pytest.fixture
def front_end(client):
    return FirstParty(client)


@pytest.fixture
def tokens(front_end, user):
    return front_end.log_in(user).json


@pytest.fixture
def change(front_end, user, tokens):
    """``change(new)``: the password of ``user``, from the session of ``tokens``."""

    def change(new=ANOTHER, current=PASSWORD, user_id=user.id, token=tokens["accessToken"]):
        return front_end.change_password(user_id, current, new, token)

    return change


def test_the_new_password_is_the_only_one_from_now_on(change, front_end, user):
    answer = change()

    assert answer.status_code == 204
    assert front_end.log_in(user, PASSWORD).status_code == 401
    assert front_end.log_in(user, ANOTHER).status_code == 200


def test_a_change_of_password_ends_all_other_sessions(change, front_end, user):
    """ASVS 5.0, 7.4.3."""
    other = front_end.log_in(user).json

    change()

    assert front_end.refresh(other["refreshToken"]).status_code == 401


def test_the_sessions_that_a_change_ended_are_not_shown_any_more(
    change, client, front_end, user, tokens, bearer
):
    front_end.log_in(user)

    change()

    answer = client.get(f"/api/users/{user.id}/sessions", headers=bearer(tokens["accessToken"]))
    assert len(answer.json["items"]) == 1


def test_the_session_that_changed_the_password_goes_on(change, front_end, tokens):
    change()

    assert front_end.refresh(tokens["refreshToken"]).status_code == 200


def test_the_present_password_is_needed(change, front_end, user):
    """ASVS 5.0, 6.2.3."""
    answer = change(current="not the password")

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")
    assert front_end.log_in(user, PASSWORD).status_code == 200


def test_the_new_password_must_be_another_one(change):
    answer = change(new=PASSWORD)

    assert answer.status_code == 400
    assert "new_password" in answer.json["errors"]


def test_the_new_password_must_be_a_good_one(change, front_end, tokens):
    answer = change(new="short")

    assert (answer.status_code, answer.json["code"]) == (400, "weak_password")
    assert front_end.refresh(tokens["refreshToken"]).status_code == 200


def test_nobody_changes_the_password_of_somebody_else(change, make_user, front_end):
    other = make_user()

    answer = change(user_id=other.id)

    assert answer.status_code == 403
    assert front_end.log_in(other).status_code == 200


def test_not_even_an_administrator_does(change, make_user, admin_token):
    """Who knows the present password is who it belongs to."""
    answer = change(user_id=make_user().id, token=admin_token)

    assert answer.status_code == 403
