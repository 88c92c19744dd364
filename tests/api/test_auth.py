"""``/api/auth``: registering, signing in, refreshing."""

import pytest

from tests.conftest import ISSUER
from tests.factories.users import PASSWORD
from tests.support.first_party import FirstParty
from tests.support.jwks_verifier import JwksVerifier
from tests.support.session_rows import session_id_of

UNA = {"email": "una@example.com", "password": PASSWORD, "full_name": "Una Example"}


# Registering --------------------------------------------------------------------------------------


def test_anybody_may_register(client):
    answer = client.post("/api/auth/register", json=UNA)

    assert answer.status_code == 201
    assert answer.json.keys() == {"id", "email", "full_name"}


def test_who_has_registered_can_sign_in(client):
    client.post("/api/auth/register", json=UNA)

    answer = client.post("/api/auth/login", json={"email": UNA["email"], "password": PASSWORD})

    assert answer.status_code == 200


def test_who_registers_becomes_a_user_and_no_more(client):
    """CWE-915: roles are not a member of a registration."""
    answer = client.post("/api/auth/register", json=UNA | {"roles": ["admin"]})

    assert answer.status_code == 400
    assert "roles" in answer.json["errors"]


def test_a_name_is_not_needed(client):
    credentials = {"email": UNA["email"], "password": PASSWORD}

    assert client.post("/api/auth/register", json=credentials).json["full_name"] is None


def test_an_address_is_registered_once_in_whatever_case(client):
    client.post("/api/auth/register", json=UNA)

    answer = client.post("/api/auth/register", json=UNA | {"email": "UNA@example.com"})

    assert (answer.status_code, answer.json["code"]) == (409, "email_taken")


def test_a_weak_password_is_refused_with_the_reason(client):
    answer = client.post("/api/auth/register", json=UNA | {"password": "short"})

    assert (answer.status_code, answer.json["code"]) == (400, "weak_password")
    assert answer.json["errors"]["password"]


@pytest.mark.parametrize("missing", ["email", "password"])
def test_address_and_password_are_required(client, missing):
    body = {name: value for name, value in UNA.items() if name != missing}

    answer = client.post("/api/auth/register", json=body)

    assert answer.status_code == 400
    assert missing in answer.json["errors"]


@pytest.mark.parametrize("name", ["a\x00b", "a\nb", "\ud800", "x" * 256])
def test_a_name_is_one_line_of_text(client, name):
    answer = client.post("/api/auth/register", json=UNA | {"full_name": name})

    assert answer.status_code == 400
    assert "full_name" in answer.json["errors"]


def test_registration_may_be_closed(make_app):
    """AUTHSERVER_REGISTRATION_ENABLED."""
    app, _ = make_app(registration_enabled=False)

    answer = app.test_client().post("/api/auth/register", json=UNA)

    assert (answer.status_code, answer.json["code"]) == (403, "registration_closed")


def test_too_many_registrations_from_one_address_must_wait(make_app):
    """AUTHSERVER_REGISTRATION_LIMIT."""
    app, _ = make_app(registration_limit="1/hour", redis_url="")
    http = app.test_client()
    http.post("/api/auth/register", json=UNA)

    answer = http.post("/api/auth/register", json=UNA | {"email": "two@example.com"})

    assert (answer.status_code, answer.json["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) > 0


# Signing in ---------------------------------------------------------------------------------------


def test_a_sign_in_answers_as_the_seed_has_it(tokens):
    assert tokens.keys() == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert (tokens["tokenType"], tokens["expiresIn"]) == ("Bearer", 300)


def test_the_access_token_is_one_that_others_can_verify(client, tokens, user):
    """RFC 9068, section 4."""
    claims = JwksVerifier(client, ISSUER).claims(tokens["accessToken"], ISSUER)

    assert (claims["sub"], claims["client_id"]) == (str(user.id), "authserver")
    assert claims["roles"] == ["user"]


def test_tokens_are_never_stored(front_end, user):
    assert front_end.log_in(user).headers["Cache-Control"] == "no-store"


def test_a_wrong_password_is_refused(front_end, user):
    answer = front_end.log_in(user, "not the password")

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    "address", ["nobody@example.com", "no address", "", "\ud800@example.com", "a\x00b", "x" * 5000]
)
def test_an_unknown_address_gets_the_same_answer(client, front_end, user, address):
    """CWE-204: nobody learns which addresses have an account."""
    wrong = front_end.log_in(user, "not the password")

    answer = client.post("/api/auth/login", json={"email": address, "password": "whatever"})

    assert (answer.status_code, answer.data) == (401, wrong.data)


@pytest.mark.parametrize("password", ["", "\ud800", "a\x00b", "x" * 20_000])
def test_whatever_is_sent_as_a_password_is_just_wrong(client, user, password):
    answer = client.post("/api/auth/login", json={"email": user.email, "password": password})

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")


def test_a_disabled_user_gets_the_same_answer(front_end, make_user, user):
    disabled = make_user(enabled=False)

    assert front_end.log_in(disabled).data == front_end.log_in(user, "not the password").data


@pytest.mark.parametrize("body", [{}, {"email": "a@b.example"}, {"email": 1, "password": []}])
def test_a_sign_in_needs_address_and_password(client, body):
    assert client.post("/api/auth/login", json=body).status_code == 400


def test_a_locked_account_says_how_long(make_app, user):
    """ASVS 5.0, 6.3.1."""
    app, _ = make_app(lockout_threshold=3)
    http = app.test_client()
    wrong = {"email": user.email, "password": "not the password"}
    for _ in range(4):
        http.post("/api/auth/login", json=wrong)

    answer = http.post("/api/auth/login", json=wrong | {"password": user.password})

    assert (answer.status_code, answer.json["code"]) == (429, "too_many_failures")
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_without_the_built_in_client_the_service_is_not_there(make_app, user, rows):
    """A database that nobody has bootstrapped is no reason for a 500."""
    app, _ = make_app()
    rows.sql("UPDATE clients SET client_id = 'moved' WHERE client_id = 'authserver'")
    try:
        answer = FirstParty(app.test_client()).log_in(user)
    finally:
        rows.sql("UPDATE clients SET client_id = 'authserver' WHERE client_id = 'moved'")

    assert (answer.status_code, answer.json["code"]) == (503, "temporarily_unavailable")


# Refreshing ---------------------------------------------------------------------------------------


def test_a_refresh_token_gets_new_tokens(front_end, tokens):
    answer = front_end.refresh(tokens["refreshToken"])

    assert answer.status_code == 200
    assert session_id_of(answer.json["accessToken"]) == session_id_of(tokens["accessToken"])
    assert answer.json["refreshToken"] != tokens["refreshToken"]


def test_a_refresh_token_that_was_replaced_ends_the_session(front_end, tokens, rows):
    """RFC 9700, section 4.14.2."""
    successor = front_end.refresh(tokens["refreshToken"]).json["refreshToken"]
    rows.age(session_id_of(successor), 11)

    answers = [front_end.refresh(tokens["refreshToken"]), front_end.refresh(successor)]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json["code"] == "invalid_grant"


def test_a_refresh_token_of_another_client_is_refused(front_end, relying_party, user):
    foreign = relying_party.password(user).json["refresh_token"]

    assert front_end.refresh(foreign).status_code == 401


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a\x00b", "x" * 20_000])
def test_garbage_is_refused(front_end, token):
    assert front_end.refresh(token).status_code == 401


def test_a_wrong_password_is_no_word_on_a_token(client, user, tokens):
    """RFC 6750, section 3.1: ``invalid_token`` would end a session that lives."""
    body = {"email": user.email, "password": "not the password"}
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}

    answer = client.post("/api/auth/login", json=body, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="authserver"'
