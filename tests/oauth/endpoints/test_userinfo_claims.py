"""What userinfo says of a person (OpenID Connect Core 1.0, sections 5.1 to 5.5)."""

import json

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.support.relying_party import bearer
from tests.support.session_rows import session_id_of

USERINFO = "/oauth2/userinfo"
SCOPE = "openid profile email address phone"
PROFILE = {
    "given_name": "Una",
    "family_name": "Example",
    "middle_name": "M.",
    "nickname": "U",
    "preferred_username": "una",
    "profile": "https://una.example/",
    "picture": "https://una.example/me.png",
    "website": "https://una.example/",
    "gender": "female",
    "birthdate": "1990-02-28",
    "zoneinfo": "Europe/Paris",
    "locale": "fr-FR",
    "address": {"street_address": "1 Main St\nFlat 2", "country": "FR"},
    "phone_number": "+33123456789",
}


@pytest.fixture
def una(user, services):
    services.get(UserService).update(SYSTEM, None, user.id, None, {"profile": PROFILE})
    return user


@pytest.fixture
def told(client, party, una):
    """``told(scope)``: what userinfo says to a client that has it."""

    def told(scope):
        token = party(scope=SCOPE).password(una, scope=scope).json["access_token"]
        return client.get(USERINFO, headers=bearer(token)).json

    return told


@pytest.fixture
def remember(rows):
    """Let the session of a token have a request for claims, as an authorization request has."""

    def remember(token, **claims):
        rows.sql(
            "UPDATE sessions SET claims = CAST(:claims AS jsonb) WHERE id = :id",
            claims=json.dumps(claims),
            id=session_id_of(token),
        )

    return remember


@pytest.fixture
def told_by_request(client, party, una, remember):
    def told(claims):
        token = party(scope=SCOPE).password(una, scope="openid").json["access_token"]
        remember(token, userinfo=claims)
        return client.get(USERINFO, headers=bearer(token)).json

    return told


def test_all_scopes_show_all_claims(told, una):
    """Section 5.4; conformance suite, oidcc-scope-all."""
    found = told(SCOPE)

    assert isinstance(found.pop("updated_at"), int)
    assert found == PROFILE | {
        "sub": str(una.id),
        "name": "Una Example",
        "email": una.email,
        "email_verified": False,
        "phone_number_verified": False,
    }


@pytest.mark.parametrize(
    ("scope", "claims"),
    [("address", {"address"}), ("phone", {"phone_number", "phone_number_verified"})],
)
def test_a_scope_shows_its_claims(told, scope, claims):
    """Conformance suite: oidcc-scope-address, oidcc-scope-phone."""
    assert told(f"openid {scope}").keys() == {"sub"} | claims


def test_a_change_is_seen_at_once(client, party, una, services):
    """Nothing that is told to others comes from a cache."""
    token = party(scope=SCOPE).password(una, scope="openid profile").json["access_token"]
    client.get(USERINFO, headers=bearer(token))
    changes = {"profile": {"nickname": "Uno", "gender": None}}
    services.get(UserService).update(SYSTEM, None, una.id, None, changes)

    found = client.get(USERINFO, headers=bearer(token)).json

    assert found["nickname"] == "Uno"
    assert "gender" not in found


# The claims request -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [None, {"essential": True}])
def test_a_claim_that_was_asked_for_is_told_beside_the_scope(told_by_request, how):
    """Section 5.5; conformance suite, oidcc-claims-essential."""
    found = told_by_request({"nickname": how, "phone_number": how})

    assert found.keys() == {"sub", "nickname", "phone_number"}


def test_a_claim_with_another_value_than_asked_for_is_not_told(told_by_request):
    """Section 5.5.1."""
    asked = {"locale": {"value": "de"}, "zoneinfo": {"values": ["UTC", "Europe/Paris"]}}

    assert told_by_request(asked).keys() == {"sub", "zoneinfo"}


def test_nobody_changes_the_subject_by_asking(told_by_request, una):
    found = told_by_request({"sub": {"value": "x"}, "iss": None, "roles": None})

    assert found == {"sub": str(una.id)}


def test_what_was_asked_for_the_id_token_is_not_told_here(client, party, una, remember):
    token = party(scope=SCOPE).password(una, scope="openid").json["access_token"]
    remember(token, id_token={"nickname": None})

    assert client.get(USERINFO, headers=bearer(token)).json == {"sub": str(una.id)}


# How it is written --------------------------------------------------------------------------------


def test_json_unless_registered_otherwise(client, party, una):
    """Section 5.3.2; neither iss nor aud is in it."""
    token = party(scope=SCOPE).password(una, scope="openid").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    assert answer.content_type == "application/json"
    assert answer.json == {"sub": str(una.id)}
