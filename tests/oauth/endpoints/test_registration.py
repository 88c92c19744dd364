"""Dynamic registration: RFC 7591, section 3; OpenID Connect Registration 1.0, section 3."""

import time

import pytest

from authserver.clients.service import ClientService
from tests.conftest import ISSUER
from tests.support.registrations import REDIRECT_URI, REGISTER


def test_a_client_that_names_a_redirect_uri_is_registered(registrar):
    """Section 3.1: no other member is required."""
    answer = registrar.register()

    assert answer.status_code == 201
    assert answer.json["redirect_uris"] == [REDIRECT_URI]


def test_the_answer_is_not_stored(registrar):
    """Section 3.2.1."""
    answer = registrar.register()

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "application/json"


def test_the_answer_tells_the_defaults(registrar):
    """Section 3.2.1: all that was registered; section 2 and OpenID Connect Registration 1.0, 2."""
    members = registrar.registered()

    assert {
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "application_type": "web",
        "subject_type": "public",
        "id_token_signed_response_alg": "RS256",
        "require_auth_time": False,
        "client_secret_expires_at": 0,
    }.items() <= members.items()


def test_the_answer_tells_when_the_client_was_registered(registrar):
    assert abs(registrar.registered()["client_id_issued_at"] - time.time()) < 60


def test_nothing_in_the_answer_is_null(registrar):
    """protocol.md: no nulls."""
    assert None not in registrar.registered().values()


def test_the_address_of_the_registration_is_under_the_issuer(registrar):
    """RFC 7592, section 3."""
    members = registrar.registered()

    assert members["registration_client_uri"] == f"{ISSUER}{REGISTER}/{members['client_id']}"


def test_the_new_client_can_authenticate(registrar):
    answer = registrar.party(registrar.registered()).introspect("some-token")

    assert (answer.status_code, answer.json) == (200, {"active": False})


def test_a_client_without_a_name_is_called_by_its_host(registrar):
    """RFC 7591, section 2: a server may choose one."""
    assert registrar.registered()["client_name"] == "app.example"


def test_a_client_may_say_its_name_in_languages(registrar):
    """Section 2.2."""
    names = {"client_name": "Shop", "client_name#de": "Laden", "tos_uri#de": "https://a.example/de"}

    assert names.items() <= registrar.registered(**names).items()


def test_all_metadata_of_openid_connect_come_back(registrar):
    """OpenID Connect Registration 1.0, section 2, and the specifications of logout."""
    members = {
        "application_type": "web",
        "jwks_uri": "https://app.example/jwks",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "id_token_encrypted_response_alg": "ECDH-ES",
        "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_signed_response_alg": "RS256",
        "userinfo_encrypted_response_alg": "RSA-OAEP-256",
        "request_object_signing_alg": "ES256",
        "default_max_age": 3600,
        "require_auth_time": True,
        "default_acr_values": ["1"],
        "initiate_login_uri": "https://app.example/start",
        "request_uris": ["https://app.example/request.jwt#abc"],
        "post_logout_redirect_uris": ["https://app.example/bye"],
        "backchannel_logout_uri": "https://app.example/back",
        "backchannel_logout_session_required": True,
        "frontchannel_logout_uri": "https://app.example/front",
        "frontchannel_logout_session_required": True,
        "contacts": ["ops@app.example"],
        "logo_uri": "https://app.example/logo.png",
    }

    assert members.items() <= registrar.registered(**members).items()


def test_encryption_of_which_only_the_key_is_said_has_the_default(registrar):
    """OpenID Connect Registration 1.0, section 2."""
    members = registrar.registered(
        jwks_uri="https://app.example/jwks", id_token_encrypted_response_alg="RSA-OAEP-256"
    )

    assert members["id_token_encrypted_response_enc"] == "A128CBC-HS256"


def test_a_member_that_nobody_knows_is_ignored(registrar):
    """Section 2."""
    assert "favourite_colour" not in registrar.registered(favourite_colour="green")


def test_surplus_that_does_no_harm_is_ignored(registrar):
    """Some libraries send this member whatever their method is."""
    members = registrar.registered(
        token_endpoint_auth_method="client_secret_basic", token_endpoint_auth_signing_alg="RS256"
    )

    assert "token_endpoint_auth_signing_alg" not in members


def test_a_client_by_key_has_no_secret(registrar):
    members = registrar.registered(
        token_endpoint_auth_method="private_key_jwt", jwks_uri="https://app.example/jwks"
    )

    assert "client_secret" not in members


def test_a_client_by_key_that_wants_hs256_has_a_secret(registrar):
    """OpenID Connect Registration 1.0, section 3.2: it could not verify its ID tokens."""
    members = registrar.registered(
        token_endpoint_auth_method="private_key_jwt",
        jwks_uri="https://app.example/jwks",
        id_token_signed_response_alg="HS256",
    )

    assert members["client_secret"]


def test_a_client_with_a_secret_need_not_use_pkce(registrar):
    """OpenID Connect Core 1.0 knows no PKCE, nor do the tests of certification."""
    assert registrar.registered()["pkce"] == "optional"


def test_a_public_client_must_use_pkce(registrar):
    """RFC 9700, section 2.1.1."""
    assert registrar.registered(token_endpoint_auth_method="none")["pkce"] == "required"


def test_a_refusal_says_which_member_is_wrong_and_why(registrar):
    """Section 3.2.2."""
    answer = registrar.register(redirect_uris=["http://app.example/cb"])

    assert answer.status_code == 400
    assert answer.json == {
        "error": "invalid_redirect_uri",
        "error_description": "A redirect URI is invalid. redirect_uris: Number 1: Expected https, "
        "or http for localhost, 127.0.0.1 or [::1].",
    }


def test_a_refusal_never_repeats_what_was_sent(registrar):
    answer = registrar.register(scope="<evil>", grant_types=["<evil>"], jwks={"<evil>": 1})

    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"redirect_uris=x", "application/x-www-form-urlencoded"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"client_name": "a", "client_name": "b"}', "application/json"),
        (b'{"client_name": "\xff"}', "application/json"),
        (b"", "application/json"),
    ],
)
def test_what_is_no_json_object_is_refused(registrar, body, content_type):
    """Section 3.1; RFC 8259, section 4."""
    answer = registrar.http.open(REGISTER, method="POST", data=body, content_type=content_type)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_registers(registrar, method):
    answer = registrar.http.open(REGISTER, method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_scripts_of_strangers_may_not_register(registrar):
    """protocol.md: CORS by registered origins."""
    answer = registrar.http.open(
        REGISTER, method="POST", json={}, headers={"Origin": "https://evil.example"}
    )

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_administrators_see_that_a_client_registered_itself(registrar, open_server):
    client_id = registrar.registered()["client_id"]

    assert open_server[1].get(ClientService).get(client_id).self_registered is True


def test_discovery_tells_where_clients_register(registrar):
    """OpenID Connect Discovery 1.0, section 3."""
    document = registrar.http.open("/.well-known/openid-configuration", method="GET").json

    assert document["registration_endpoint"] == f"{ISSUER}{REGISTER}"
