"""What discovery says of ID tokens, claims and subjects is so (OpenID Connect Discovery 1.0, 3)."""

import json

import jwt
import pytest
from joserfc.jwk import ECKey, RSAKey

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.errors import InvalidClientMetadata
from authserver.oauth.metadata import DISCOVERY_PATHS, server_metadata
from authserver.users.service import UserService
from authserver.web.languages import LANGUAGES
from tests.conftest import ISSUER
from tests.support.id_tokens import IdTokenVerifier, decrypt
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import RelyingParty, bearer

# The IANA registry "JSON Web Signature and Encryption Algorithms", in part.
SIGNING = (
    *("none", "HS256", "HS384", "HS512", "RS256", "RS384", "PS256", "PS384", "ES256", "ES384"),
    *("ES512", "ES256K", "EdDSA", "Ed25519", "ML-DSA-44"),
)
MANAGEMENT = (
    *("RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "ECDH-ES", "ECDH-ES+A128KW"),
    *("ECDH-ES+A192KW", "ECDH-ES+A256KW", "dir", "A128KW", "A256GCMKW", "PBES2-HS256+A128KW"),
)
ENCRYPTION = (
    *("A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM"),
)
RSA = RSAKey.generate_key(2048, {"use": "enc"}, private=True)
EC = ECKey.generate_key("P-256", {"use": "enc"}, private=True)
KEYS = {"keys": [RSA.as_dict(private=False), EC.as_dict(private=False)]}
IN_A_SECTOR = {
    "redirect_uris": ["https://app.example/cb"],
    "grant_types": ["authorization_code", "password"],
}
SCOPES = "openid profile email address phone"
PROFILE = {
    **dict.fromkeys(["given_name", "family_name", "middle_name", "nickname"], "U"),
    **dict.fromkeys(["profile", "picture", "website"], "https://una.example/"),
    "preferred_username": "una",
    "gender": "female",
    "birthdate": "1990",
    "zoneinfo": "UTC",
    "locale": "en",
    "address": {"country": "FR"},
    "phone_number": "+33123456789",
}


@pytest.fixture
def metadata(client):
    return client.get(DISCOVERY_PATHS[0]).json


@pytest.fixture
def user(make_user, services):
    una = make_user()
    services.get(UserService).update(SYSTEM, None, una.id, None, {"profile": PROFILE})
    return una


@pytest.fixture
def register(services):
    """Whether a client may be registered with one more member."""

    def register(**members):
        wanted = {"client_name": "A", "grant_types": ["password"], "jwks": KEYS}
        try:
            services.get(ClientService).create(SYSTEM, wanted | members)
        except InvalidClientMetadata:
            return False
        return True

    return register


@pytest.fixture
def told(client, make_client, user):
    """``told(member=...)``: the ID token and the userinfo response of a client, as they come."""

    def told(**metadata):
        party = RelyingParty(client, make_client(scope=SCOPES, **metadata))
        answer = party.password(user).json
        userinfo = client.get("/oauth2/userinfo", headers=bearer(answer["access_token"]))
        return party.credentials, answer["id_token"], userinfo.text

    return told


# Algorithms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["id_token", "userinfo"])
@pytest.mark.parametrize("algorithm", SIGNING)
def test_what_is_advertised_may_be_registered_and_nothing_else(metadata, register, what, algorithm):
    advertised = metadata[f"{what}_signing_alg_values_supported"]

    possible = register(**{f"{what}_signed_response_alg": algorithm})

    assert possible is (algorithm in advertised)


@pytest.mark.parametrize("what", ["id_token", "userinfo"])
@pytest.mark.parametrize(
    ("part", "value"),
    [*(("alg", name) for name in MANAGEMENT), *(("enc", name) for name in ENCRYPTION)],
)
def test_so_it_is_with_encryption(metadata, register, what, part, value):
    advertised = metadata[f"{what}_encryption_{part}_values_supported"]
    members = {f"{what}_encrypted_response_alg": "ECDH-ES"}

    possible = register(**(members | {f"{what}_encrypted_response_{part}": value}))

    assert possible is (value in advertised)


def test_every_signature_that_is_advertised_verifies(metadata, client, told):
    for algorithm in metadata["id_token_signing_alg_values_supported"]:
        registered = {
            "id_token_signed_response_alg": algorithm,
            "userinfo_signed_response_alg": algorithm,
        }
        credentials, id_token, userinfo = told(**registered)
        verifier = IdTokenVerifier(client, ISSUER, credentials.client_id, credentials.secret)

        assert verifier.claims(id_token, algorithm)["aud"] == credentials.client_id
        assert verifier.claims(userinfo, algorithm)["aud"] == credentials.client_id


def test_every_encryption_that_is_advertised_opens(metadata, told):
    for algorithm in metadata["id_token_encryption_alg_values_supported"]:
        for encoding in metadata["id_token_encryption_enc_values_supported"]:
            _, *tokens = told(
                jwks=KEYS,
                id_token_encrypted_response_alg=algorithm,
                id_token_encrypted_response_enc=encoding,
                userinfo_encrypted_response_alg=algorithm,
                userinfo_encrypted_response_enc=encoding,
            )

            key = RSA if algorithm.startswith("RSA") else EC
            for token in tokens:
                assert decrypt(token, key, algorithm, encoding)


def test_every_algorithm_but_that_by_secret_has_a_key(client, metadata):
    """RSA with SHA-256 must be among them (Discovery 1.0, section 3)."""
    keys = client.get("/.well-known/jwks.json").json["keys"]

    algorithms = set(metadata["id_token_signing_alg_values_supported"])
    assert algorithms - {"HS256"} == {key["alg"] for key in keys}
    assert "RS256" in algorithms


def test_algorithms_that_are_configured_are_advertised(make_settings):
    """AUTHSERVER_SIGNING_ALGORITHMS, AUTHSERVER_UNSIGNED_ID_TOKENS."""
    settings = make_settings(signing_algorithms=["ES256", "PS256"], unsigned_id_tokens=True)

    document = server_metadata(settings)

    lists = (document[f"{what}_signing_alg_values_supported"] for what in ("id_token", "userinfo"))
    assert list(lists) == [["ES256", "PS256", "HS256", "none"], ["ES256", "PS256", "HS256"]]


# Claims -------------------------------------------------------------------------------------------


def test_all_that_is_told_is_advertised_and_all_that_is_advertised_is_told(
    metadata, authorizations, user, client
):
    one = authorizations(user=user, scope=SCOPES)
    answer = one.tokens(scope=SCOPES)
    userinfo = client.get("/oauth2/userinfo", headers=bearer(answer["access_token"])).json

    told = payload_of(answer["id_token"]).keys() | userinfo.keys()

    # Bindings to what comes along are no claims that anybody would ask for.
    assert told - {"at_hash", "c_hash"} == set(metadata["claims_supported"])


def test_single_claims_may_be_asked_for(metadata, authorizations, user, client):
    """Core, section 5.5: claims_parameter_supported."""
    asked = {"userinfo": {"nickname": None}, "id_token": {"locale": {"essential": True}}}

    answer = authorizations(user=user).tokens(claims=json.dumps(asked))

    userinfo = client.get("/oauth2/userinfo", headers=bearer(answer["access_token"])).json
    assert metadata["claims_parameter_supported"] is True
    assert userinfo.keys() == {"sub", "nickname"}
    assert payload_of(answer["id_token"])["locale"] == "en"


def test_claims_are_values_and_not_references(metadata):
    """Core, section 5.6."""
    assert metadata["claim_types_supported"] == ["normal"]


def test_how_strong_a_sign_in_is_comes_from_the_list(metadata, flow):
    acr = payload_of(flow.tokens()["id_token"])["acr"]

    assert metadata["acr_values_supported"] == [acr]


# Subjects and languages ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["public", "pairwise", "ephemeral"])
def test_every_type_of_subject_may_be_registered_and_no_other(metadata, register, kind):
    possible = register(subject_type=kind, **IN_A_SECTOR)

    assert possible is (kind in metadata["subject_types_supported"])


def test_every_type_of_subject_is_what_it_says(metadata, told, user):
    subjects = {
        kind: jwt.decode(
            told(subject_type=kind, **IN_A_SECTOR)[1], options={"verify_signature": False}
        )["sub"]
        for kind in metadata["subject_types_supported"]
    }

    assert subjects.keys() == {"public", "pairwise"}
    assert subjects["public"] == str(user.id)
    assert subjects["pairwise"] != str(user.id)


def test_the_languages_are_those_of_the_pages(metadata):
    assert metadata["ui_locales_supported"] == list(LANGUAGES)
    # Claims have one form in all languages (Core, section 5.2).
    assert "claims_locales_supported" not in metadata
