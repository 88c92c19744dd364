"""What a client may say of itself by OpenID Connect Registration 1.0, section 2."""

from types import MappingProxyType
from typing import Any

import pytest

from authserver.clients.members import Supported
from authserver.clients.metadata import validate_metadata
from authserver.errors import InvalidClientMetadata, InvalidRedirectUri
from tests.unit.clients.test_client import make_client

SUPPORTED = Supported(
    grant_types=("authorization_code", "refresh_token", "client_credentials", "implicit"),
    signing_algorithms=("ES256", "RS256"),
)
JWKS_URI = "https://app.example/jwks"


def validated(supported: Supported = SUPPORTED, **members: Any) -> dict[str, Any]:
    """All members of a web client with these changes, by name."""
    web = {"client_name": "Web", "redirect_uris": ["https://app.example/cb"]}
    found = validate_metadata(web | members, supported)
    return found | found["metadata"]


def complaints(supported: Supported = SUPPORTED, **members: Any) -> list[str]:
    """The members that the rules do not like."""
    try:
        validated(supported, **members)
    except (InvalidClientMetadata, InvalidRedirectUri) as error:
        return list(error.fields)
    return []


def test_what_was_not_said_has_the_specified_defaults():
    client = make_client(metadata=MappingProxyType({}))

    assert (client.application_type, client.subject_type) == ("web", "public")
    assert (client.id_token_signed_response_alg, client.pkce) == ("RS256", "required")
    assert (client.require_auth_time, client.default_max_age) == (False, None)
    assert (client.request_uris, client.post_logout_redirect_uris) == ((), ())


def test_what_was_said_counts():
    client = make_client(metadata=MappingProxyType({"default_max_age": 0, "pkce": "optional"}))

    assert (client.default_max_age, client.pkce) == (0, "optional")


@pytest.mark.parametrize(
    ("locale", "name"),
    [("de", "Laden"), ("de-AT", "Laden"), ("DE-ch", "Lädeli"), ("fr", "Web"), ("", "Web")],
)
def test_people_are_shown_the_name_in_their_language(locale, name):
    """RFC 7591, section 2.2; tags do not differ by case (RFC 5646, section 2.1.1)."""
    names = {"client_name#de": "Laden", "client_name#de-CH": "Lädeli", "client_name#zu": "Isitolo"}

    assert make_client(metadata=MappingProxyType(names)).name_in(locale) == name


@pytest.mark.parametrize("member", ["client_name#", "client_name#de_DE", "scope#de", "jwks#de"])
def test_what_is_no_member_in_a_language_is_left_out(member):
    assert member not in validated(**{member: "x"})


@pytest.mark.parametrize("value", ["", "a\nb", 1])
def test_names_in_languages_are_checked(value):
    assert complaints(**{"client_name#de": value}) == ["client_name#de"]


def test_pages_in_languages_are_https():
    assert complaints(**{"tos_uri#de": "javascript:alert(1)"}) == ["tos_uri#de"]


def test_there_are_not_endless_languages():
    names = {f"client_name#a{chr(97 + n // 26)}{chr(97 + n % 26)}": "x" for n in range(101)}

    assert complaints(**names) == ["client_name"]


@pytest.mark.parametrize(
    "members",
    [
        {"application_type": "mobile"},
        {"subject_type": "private"},
        {"id_token_signed_response_alg": "HS512"},
        {"id_token_signed_response_alg": "PS256"},
        {"id_token_signed_response_alg": "none"},
        {"id_token_encrypted_response_alg": "RSA1_5"},
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"id_token_encrypted_response_alg": "dir"},
        {"userinfo_signed_response_alg": "none"},
        {"request_object_signing_alg": "HS1"},
        {"require_auth_time": "true"},
        {"require_auth_time": 1},
        {"default_max_age": -1},
        {"default_max_age": True},
        {"default_max_age": "60"},
        {"default_max_age": 1.5},
        {"default_max_age": 10**12},
        {"default_acr_values": "1"},
        {"default_acr_values": ["a\nb"]},
        {"initiate_login_uri": "http://app.example/start"},
        {"initiate_login_uri": "javascript:alert(1)"},
        {"request_uris": "https://app.example/r"},
        {"request_uris": ["http://app.example/r"]},
        {"request_uris": ["file:///etc/passwd"]},
        {"request_uris": ["https://app.example/r#ü"]},
        {"jwks_uri": "http://app.example/jwks"},
        {"jwks_uri": ["https://app.example/jwks"]},
        {"sector_identifier_uri": "ftp://app.example/"},
        {"backchannel_logout_uri": "http://app.example/out"},
        {"backchannel_logout_uri": "https://app.example/out#x"},
        {"frontchannel_logout_uri": "http://app.example/out"},
        {"pkce": "plain"},
    ],
    ids=str,
)
def test_wrong_values_are_refused(members):
    assert complaints(**members) == list(members)


@pytest.mark.parametrize("kind", ["id_token", "userinfo"])
def test_encryption_needs_its_key_management(kind):
    """Section 2: when enc is included, alg MUST be."""
    member = f"{kind}_encrypted_response_enc"

    assert complaints(jwks_uri=JWKS_URI, **{member: "A256GCM"}) == [member]


@pytest.mark.parametrize("kind", ["id_token", "userinfo"])
def test_encryption_needs_a_key(kind):
    member = f"{kind}_encrypted_response_alg"

    assert complaints(**{member: "RSA-OAEP-256"}) == [member]


def test_keys_come_by_value_or_by_reference():
    """Section 2: jwks and jwks_uri MUST NOT be used together."""
    keys = {"keys": [{"kty": "unknown"}]}

    assert complaints(jwks=keys, jwks_uri=JWKS_URI) == ["jwks"]


def test_a_client_by_key_needs_a_key():
    problems = complaints(token_endpoint_auth_method="private_key_jwt")

    assert problems == ["token_endpoint_auth_method"]


@pytest.mark.parametrize(
    ("method", "algorithm"),
    [("private_key_jwt", "HS256"), ("client_secret_jwt", "RS256"), ("private_key_jwt", "none")],
)
def test_assertions_are_signed_as_their_method_wants(method, algorithm):
    members = {"token_endpoint_auth_method": method, "jwks_uri": JWKS_URI}

    problems = complaints(token_endpoint_auth_signing_alg=algorithm, **members)

    assert problems == ["token_endpoint_auth_signing_alg"]


@pytest.mark.parametrize(
    "member",
    ["id_token_signed_response_alg", "userinfo_signed_response_alg", "request_object_signing_alg"],
)
def test_a_public_client_has_no_secret_to_sign_with(member):
    assert complaints(token_endpoint_auth_method="none", **{member: "HS256"}) == [member]


def test_a_public_client_cannot_do_without_pkce():
    """RFC 9700, section 2.1.1."""
    assert complaints(token_endpoint_auth_method="none", pkce="optional") == ["pkce"]


def test_an_operator_may_allow_unsigned_id_tokens():
    """OI-09; OpenID Connect Registration 1.0, section 2."""
    allowing = Supported(SUPPORTED.grant_types, SUPPORTED.signing_algorithms, True)

    assert complaints(allowing, id_token_signed_response_alg="none") == []


def test_unsigned_id_tokens_never_come_through_the_browser():
    """OI-09; section 2: only where no ID token is returned from the authorization endpoint."""
    allowing = Supported(SUPPORTED.grant_types, SUPPORTED.signing_algorithms, True)

    problems = complaints(
        allowing,
        id_token_signed_response_alg="none",
        grant_types=["authorization_code", "implicit"],
        response_types=["code", "code id_token"],
    )

    assert problems == ["id_token_signed_response_alg"]


def test_without_rs256_another_algorithm_is_registered():
    supported = Supported(SUPPORTED.grant_types, ("ES256",))

    assert validated(supported)["id_token_signed_response_alg"] == "ES256"


# Addresses ----------------------------------------------------------------------------------------


def test_the_page_of_front_channel_logout_has_the_origin_of_a_redirect_uri():
    """Front-Channel Logout 1.0, section 2."""
    problems = complaints(frontchannel_logout_uri="https://other.example/out")

    assert problems == ["frontchannel_logout_uri"]


def test_back_channel_logout_may_be_anywhere():
    assert complaints(backchannel_logout_uri="https://other.example/out") == []


@pytest.mark.parametrize(
    ("uri", "members", "accepted"),
    [
        ("com.example.app:/cb", {"token_endpoint_auth_method": "none"}, True),
        ("com.example.app:/cb", {"application_type": "native"}, True),
        ("com.example.app:/cb", {}, False),
        (
            "com.example.app:/cb",
            {"application_type": "web", "token_endpoint_auth_method": "none"},
            False,
        ),
        ("http://127.0.0.1/cb", {"application_type": "native"}, True),
        ("https://app.example/cb", {"application_type": "native"}, True),
        ("http://app.example/cb", {"application_type": "native"}, False),
    ],
)
@pytest.mark.parametrize("member", ["redirect_uris", "post_logout_redirect_uris"])
def test_only_applications_on_devices_have_schemes_of_their_own(member, uri, members, accepted):
    """RFC 8252, section 7."""
    assert complaints(**members | {member: [uri]}) == ([] if accepted else [member])


@pytest.mark.parametrize(
    ("uris", "problems"),
    [
        (["https://a.example/1", "https://a.example:8443/2"], []),
        (["https://a.example/1", "https://b.example/2"], ["sector_identifier_uri"]),
        (["com.example.app:/cb"], ["sector_identifier_uri"]),
    ],
)
def test_pairwise_subjects_need_one_sector(uris, problems):
    """OpenID Connect Core 1.0, section 8.1."""
    members = {"subject_type": "pairwise", "application_type": "native", "redirect_uris": uris}

    assert complaints(**members) == problems


# Response types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response_type", "grant_types"),
    [
        ("code", ["authorization_code"]),
        ("id_token", ["implicit"]),
        ("id_token token", ["implicit"]),
        ("code id_token", ["authorization_code", "implicit"]),
        ("code token", ["authorization_code", "implicit"]),
        ("code id_token token", ["authorization_code", "implicit"]),
    ],
)
def test_grant_types_follow_from_response_types(response_type, grant_types):
    """RFC 7591, section 2.1."""
    assert validated(response_types=[response_type])["grant_types"] == grant_types


def test_the_order_of_the_words_does_not_matter():
    """OAuth 2.0 Multiple Response Type Encoding Practices, section 1."""
    members = validated(response_types=["token id_token code"])

    assert members["response_types"] == ["code id_token token"]


@pytest.mark.parametrize("kind", ["token", "code code", "id_token  token", "", "code,id_token"])
def test_other_response_types_are_refused(kind):
    assert complaints(response_types=[kind]) == ["response_types"]


@pytest.mark.parametrize(
    ("grant_types", "response_types"),
    [
        (["authorization_code"], ["code id_token"]),
        (["implicit"], ["code id_token"]),
        (["implicit"], ["code"]),
        (["authorization_code"], ["id_token"]),
    ],
)
def test_a_response_type_needs_all_of_its_grant_types(grant_types, response_types):
    """RFC 7591, section 2.1."""
    problems = complaints(grant_types=grant_types, response_types=response_types)

    assert problems == ["response_types"]
