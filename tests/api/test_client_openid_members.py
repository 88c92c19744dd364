"""REST: what OpenID Connect adds to a client (/api/clients)."""

import pytest

WEB = {"client_id": "web", "client_name": "Web", "redirect_uris": ["https://app.example/cb"]}
KEYS = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        }
    ]
}
MEMBERS = {
    "application_type": "web",
    "jwks": KEYS,
    "subject_type": "pairwise",
    "id_token_signed_response_alg": "ES256",
    "default_max_age": 3600,
    "require_auth_time": True,
    "default_acr_values": ["1"],
    "post_logout_redirect_uris": ["https://app.example/bye"],
    "backchannel_logout_uri": "https://app.example/back",
    "backchannel_logout_session_required": True,
    "pkce": "optional",
    "client_name#de": "Netz",
    "tos_uri#de": "https://app.example/agb",
}


@pytest.fixture
def headers(admin_token, bearer):
    return bearer(admin_token)


@pytest.fixture
def create(client, headers):
    def create(**members):
        return client.post("/api/clients", json=WEB | members, headers=headers)

    return create


@pytest.fixture
def change(client, headers):
    def change(**members):
        return client.patch("/api/clients/web", json=members, headers=headers)

    return change


def test_all_members_come_back(create):
    assert MEMBERS.items() <= create(**MEMBERS).json.items()


def test_all_members_are_shown_later(create, client, headers):
    create(**MEMBERS)

    assert MEMBERS.items() <= client.get("/api/clients/web", headers=headers).json.items()


def test_what_was_not_said_is_not_shown(create):
    assert MEMBERS.keys().isdisjoint(create().json)


def test_a_client_of_an_administrator_did_not_register_itself(create):
    assert create().json["self_registered"] is False


@pytest.mark.parametrize("member", sorted(MEMBERS.keys() - {"jwks"}))
def test_null_removes_a_member(create, change, member):
    create(**MEMBERS)

    assert member not in change(**{member: None}).json


def test_members_stay_when_others_are_changed(create, change):
    create(**MEMBERS)

    assert MEMBERS.items() <= change(client_name="Store").json.items()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("default_max_age", "60"),
        ("default_max_age", True),
        ("require_auth_time", 1),
        ("jwks", "keys"),
        ("default_acr_values", "1"),
        ("client_name#de", ["Netz"]),
        ("favourite_colour", "green"),
        ("scope#de", "openid"),
    ],
)
def test_wrong_types_and_unknown_members_are_refused(create, member, value):
    answer = create(**{member: value})

    assert (answer.status_code, list(answer.json["errors"])) == (400, [member])


def test_private_keys_are_refused(create):
    answer = create(jwks={"keys": [KEYS["keys"][0] | {"d": "AAAA"}]})

    assert (answer.status_code, list(answer.json["errors"])) == (400, ["jwks"])


def test_a_client_that_comes_to_need_a_readable_secret_is_shown_a_new_one(create, change):
    """docs/adr/0011."""
    before = create().json["client_secret"]

    answer = change(id_token_signed_response_alg="HS256")

    assert answer.json["client_secret"] != before
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_change_that_needs_no_secret_shows_none(create, change):
    create()

    assert "client_secret" not in change(client_name="Store").json
