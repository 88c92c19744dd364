"""The change of one's password."""

import itertools
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from authserver.storage.db import Database
from tests.factories.users import PASSWORD
from tests.support.first_party import FirstParty
from tests.support.session_rows import session_id_of

ANOTHER = "another long enough sentence"


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

    assert (answer.status_code, answer.json["code"]) == (400, "wrong_password")
    assert list(answer.json["errors"]) == ["current_password"]
    assert front_end.log_in(user, PASSWORD).status_code == 200


def test_a_wrong_present_password_is_no_reason_to_throw_the_token_away(change):
    """RFC 6750, section 3.1: a client that reads invalid_token refreshes, and tries for ever."""
    answer = change(current="not the password")

    assert "WWW-Authenticate" not in answer.headers


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


def test_a_change_that_cannot_be_finished_is_none(change, front_end, user, tokens, services):
    """One transaction: the password and the sessions change together, or not at all."""
    other = front_end.log_in(user).json
    with services.get(Database).transaction() as elsewhere:
        query = text("SELECT FROM sessions WHERE id = :id FOR UPDATE")
        elsewhere.execute(query, {"id": session_id_of(other["accessToken"])})

        answer = change()

    assert answer.status_code == 503
    assert front_end.log_in(user, PASSWORD).status_code == 200
    assert front_end.refresh(tokens["refreshToken"]).status_code == 200


def test_refreshing_during_a_change_loses_no_session(app, front_end, user, tokens, services):
    """A refresh that waits for the change sees all of it."""
    statuses, refresh_token = [], tokens["refreshToken"]
    passwords = [PASSWORD, *(f"long enough sentence {number}" for number in range(6))]
    for old, new in itertools.pairwise(passwords):
        fresh = front_end.refresh(refresh_token).json
        refresher = FirstParty(app.test_client())
        with ThreadPoolExecutor(1) as pool:
            chain = pool.submit(_refresh_for_a_while, refresher, fresh["refreshToken"])
            changed = front_end.change_password(user.id, old, new, fresh["accessToken"])
            chained, refresh_token = chain.result()
        statuses += [changed.status_code, *chained]

    assert set(statuses) == {200, 204}


def _refresh_for_a_while(front_end, refresh_token: str) -> tuple[list[int], str]:
    statuses, end = [], time.monotonic() + 0.4
    while time.monotonic() < end:
        answer = front_end.refresh(refresh_token)
        statuses.append(answer.status_code)
        if answer.status_code == 200:
            refresh_token = answer.json["refreshToken"]
    return statuses, refresh_token
