"""Standard claims that people keep about themselves, over the REST API."""

import pytest

from authserver.users.standard_claims import READERS

VERIFIED = {"phone_number": "+15555550123", "phone_number_verified": True}


@pytest.fixture
def una(make_user):
    return make_user(full_name="Una Example")


@pytest.fixture
def own(una, sign_in, bearer):
    """Those of the person herself."""
    return bearer(sign_in(una.email, una.password))


@pytest.fixture
def put(client, una):
    """``put(headers, profile)``: the answer to a change of Una's profile."""
    path = f"/api/users/{una.id}"
    return lambda headers, profile, **more: client.put(
        path, json={"profile": profile} | more, headers=headers
    )


@pytest.fixture
def shown(client, una, own):
    return lambda: client.get(f"/api/users/{una.id}", headers=own).json["profile"]


def test_at_first_nothing_is_known(shown):
    assert shown() == {}


def test_people_tell_what_they_like_about_themselves(put, own, shown):
    profile = {"given_name": "Una", "birthdate": "1990-02-28", "address": {"country": "FR"}}

    answer = put(own, profile)

    assert (answer.status_code, answer.json["profile"]) == (200, profile)
    assert shown() == profile


def test_what_is_not_sent_stays_and_null_takes_away(put, own, shown):
    """RFC 7396."""
    put(own, {"given_name": "Una", "locale": "fr"})

    put(own, {"locale": None, "gender": "female"})

    assert shown() == {"given_name": "Una", "gender": "female"}


def test_other_changes_leave_the_profile_alone(client, una, own, put, shown):
    put(own, {"locale": "fr"})

    client.put(f"/api/users/{una.id}", json={"full_name": "U."}, headers=own)

    assert shown() == {"locale": "fr"}


def test_a_change_moves_the_version(client, una, own, put):
    before = client.get(f"/api/users/{una.id}", headers=own).headers["ETag"]

    after = put(own, {"locale": "fr"}).headers["ETag"]
    again = put(own, {"locale": "fr"}).headers["ETag"]

    assert after != before
    assert again == after


def test_administrators_change_it_for_others(put, bearer, admin_token):
    assert put(bearer(admin_token), {"locale": "fr"}).json["profile"] == {"locale": "fr"}


def test_nobody_else_does(put, make_user, sign_in, bearer, shown):
    other = make_user()

    answer = put(bearer(sign_in(other.email, other.password)), {"locale": "fr"})

    assert answer.status_code == 403
    assert shown() == {}


# Verified numbers ---------------------------------------------------------------------------------


def test_nobody_verifies_their_own_number(put, own, shown):
    """What others rely on, they do not say of themselves (CVE-2026-15611)."""
    answer = put(own, VERIFIED)

    assert answer.status_code == 403
    assert shown() == {}


def test_not_even_by_saying_that_it_is_not(put, own):
    assert put(own, {"phone_number_verified": False}).status_code == 403


def test_administrators_say_that_a_number_is_verified(put, bearer, admin_token, shown):
    put(bearer(admin_token), VERIFIED)

    assert shown() == VERIFIED


def test_a_new_number_is_not_verified(put, own, bearer, admin_token, shown):
    put(bearer(admin_token), VERIFIED)

    put(own, {"phone_number": "+15555550124"})

    assert shown() == {"phone_number": "+15555550124", "phone_number_verified": False}


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "profile",
    [
        None,
        [],
        "x",
        {"picture": "javascript:alert(1)"},
        {"birthdate": "yesterday"},
        {"email_verified": True},
        {"sub": "admin"},
        {"given_name": 1},
        {"given_name": ""},
        {"address": {"city": "Paris"}},
        {"address": []},
        {"phone_number": "555"},
    ],
)
def test_what_is_no_standard_claim_is_refused(put, own, shown, profile):
    answer = put(own, profile)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
    assert "profile" in answer.json["errors"]
    assert shown() == {}


def test_it_is_said_what_was_wrong(put, own):
    answer = put(own, {"birthdate": "1990-02-30"})

    assert answer.json["errors"] == {"profile": ["birthdate: Expected a day of the calendar."]}


def test_a_bad_profile_changes_nothing_else(client, una, own, put):
    put(own, {"locale": "x"}, full_name="Changed")

    assert client.get(f"/api/users/{una.id}", headers=own).json["full_name"] == "Una Example"


def test_the_document_names_all_claims(client):
    """/api/openapi.json."""
    schemas = client.get("/api/openapi.json").json["components"]["schemas"]

    assert schemas["Profile"]["properties"].keys() == READERS.keys()
