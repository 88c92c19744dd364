"""``password`` at the token endpoint: for clients that an administrator registered for it."""

import argon2
import pytest

from tests.factories.clients import ALL_SCOPES, AUDIENCE, TestClient
from tests.factories.users import PASSWORD, PRODUCTION_HASH
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import RelyingParty


def at(app, make_client, **metadata) -> RelyingParty:
    """A client of another application."""
    return RelyingParty(app.test_client(), make_client(**metadata))


def test_a_person_who_signs_in_is_the_subject(relying_party, make_user, verifier):
    """RFC 6749, section 4.3; RFC 9068, section 2.2."""
    user = make_user(roles=["admin"])

    token = relying_party.password(user).json["access_token"]

    claims = verifier.claims(token, AUDIENCE)
    assert claims["sub"] == str(user.id)
    assert claims["roles"] == ["admin", "user"]


def test_a_token_says_how_and_when_the_person_signed_in(tokens):
    """RFC 9068, section 2.2.1; RFC 8176."""
    claims = payload_of(tokens["access_token"])

    assert claims["amr"] == ["pwd"]
    assert 0 <= claims["iat"] - claims["auth_time"] <= 2


def test_everything_registered_is_granted_when_nothing_is_asked_for(tokens):
    """RFC 6749, section 3.3."""
    assert tokens["scope"].split() == sorted(ALL_SCOPES.split())


def test_what_is_asked_for_is_granted_as_far_as_it_is_registered(relying_party, user):
    answer = relying_party.password(user, scope="openid manage")

    assert answer.json["scope"] == "openid"


def test_an_access_token_and_a_refresh_token_name_one_session(tokens):
    access, refresh = payload_of(tokens["access_token"]), payload_of(tokens["refresh_token"])

    assert access["sid"] == refresh["sid"]


def test_a_refresh_token_says_no_more_than_it_must(tokens):
    """protocol.md, Tokens: iss, sid, gen, sec, exp."""
    assert payload_of(tokens["refresh_token"]).keys() == {"iss", "sid", "gen", "sec", "exp"}


def test_a_client_that_may_not_refresh_gets_no_refresh_token(party, user):
    answer = party(grant_types=["password"]).password(user)

    assert "access_token" in answer.json
    assert "refresh_token" not in answer.json


def test_a_public_client_may_sign_a_person_in(public_party, user):
    """RFC 6749, section 4.3: public clients name themselves."""
    assert public_party.password(user).status_code == 200


def test_the_letter_case_of_the_address_does_not_matter(relying_party, make_user):
    make_user(email="una@example.com")

    answer = relying_party.token(
        grant_type="password", username="Una@Example.COM", password=PASSWORD
    )

    assert answer.status_code == 200


def test_a_client_that_is_not_registered_for_it_may_not(party, user):
    """RFC 9700, section 2.4: nobody else gets it."""
    answer = party(grant_types=["client_credentials"]).password(user)

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize("missing", ["username", "password"])
def test_username_and_password_are_required(relying_party, user, missing):
    """RFC 6749, section 4.3.2."""
    form = {"username": user.email, "password": user.password} | {missing: None}

    answer = relying_party.token(grant_type="password", **form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert missing in answer.json["error_description"]


def test_a_wrong_password_is_an_invalid_grant(relying_party, user):
    """RFC 6749, section 5.2."""
    answer = relying_party.token(grant_type="password", username=user.email, password="wrong one")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("username", ["nobody@example.com", "no address", "a\u00e9@\u00e9.example"])
def test_an_unknown_user_gets_the_answer_of_a_wrong_password(relying_party, user, username):
    """RFC 6749, section 10.7; CWE-204."""
    form = {"grant_type": "password", "password": "wrong one"}

    answers = [relying_party.token(username=name, **form) for name in (user.email, username)]

    assert answers[0].data == answers[1].data
    assert answers[0].status_code == answers[1].status_code == 400


def test_a_disabled_user_gets_the_answer_of_a_wrong_password(relying_party, make_user):
    """security.md, invariant 3."""
    user = make_user(enabled=False)

    answer = relying_party.password(user)

    wrong = relying_party.token(grant_type="password", username=user.email, password="wrong one")
    assert answer.status_code == 400
    assert answer.data == wrong.data


def test_a_locked_account_gets_the_answer_of_a_wrong_password(make_app, make_client, user):
    """ASVS 5.0, 6.3.1: the right password does not open a locked account, nor tell of it."""
    app, _ = make_app(lockout_threshold=3)
    party = at(app, make_client)
    wrong = [
        party.token(grant_type="password", username=user.email, password="wrong one")
        for _ in range(4)
    ]

    answer = party.password(user)

    assert answer.status_code == 400
    assert answer.data == wrong[0].data


def test_too_many_failures_from_one_address_are_told_to_wait(make_app, make_client, user):
    """RFC 6585, section 4; ASVS 5.0, 6.3.1."""
    app, _ = make_app(login_limit="2/hour", redis_url="")
    party = at(app, make_client)
    for _ in range(2):
        party.token(grant_type="password", username=user.email, password="wrong one")

    answer = party.password(user)

    assert (answer.status_code, answer.json["error"]) == (429, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) > 0


def test_sign_ins_that_succeed_are_not_counted_as_failures(make_app, make_client, user):
    app, _ = make_app(login_limit="2/hour", redis_url="")
    party = at(app, make_client)

    answers = [party.password(user).status_code for _ in range(4)]

    assert answers == [200] * 4


def test_an_old_hash_is_made_anew_at_sign_in(make_app, make_client, user, rows):
    """When the parameters rise, each password gets its better hash at its next use."""
    relying_party = at(make_app(**PRODUCTION_HASH)[0], make_client)
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(user.password)
    rows.sql("UPDATE users SET password_hash = :old WHERE id = :id", old=old, id=user.id)

    answer = relying_party.password(user)

    (found,) = rows.sql("SELECT password_hash FROM users WHERE id = :id", id=user.id)
    assert answer.status_code == 200
    assert "m=19456,t=2,p=1" in found.password_hash
    assert relying_party.password(user).status_code == 200


def test_success_and_failure_are_recorded(relying_party, user, rows):
    """ASVS 5.0, 16.3.1."""
    relying_party.password(user)
    relying_party.token(grant_type="password", username=user.email, password="wrong one")

    recorded = rows.events("sign_in.succeeded") + rows.events("sign_in.failed")
    assert [event.user_id for event in recorded] == [user.id, user.id]


def test_a_disabled_users_attempt_is_recorded_as_a_failure(relying_party, make_user, rows):
    """It must not pass for a success anywhere: a success forgets the failures before it."""
    user = make_user(enabled=False)

    relying_party.password(user)

    (event,) = rows.events("sign_in.failed")
    assert event.user_id == user.id


def test_a_client_nobody_knows_never_gets_as_far_as_the_password(client, user, rows):
    """security.md, invariant 9: no guessing without a client."""
    RelyingParty(client, TestClient("nobody", None)).password(user)

    assert rows.events("sign_in.succeeded") + rows.events("sign_in.failed") == []
