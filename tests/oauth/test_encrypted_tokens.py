"""ID tokens and userinfo for one reader only (RFC 7516; OpenID Connect Core 1.0, section 10.2)."""

import json

import jwt
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from tests.conftest import ISSUER
from tests.support.id_tokens import IdTokenVerifier, decrypt
from tests.support.relying_party import bearer

USERINFO = "/oauth2/userinfo"
RSA = RSAKey.generate_key(2048, {"use": "enc", "kid": "rsa"}, private=True)
EC = ECKey.generate_key("P-256", {"use": "enc", "kid": "ec"}, private=True)
P521 = ECKey.generate_key("P-521", {"use": "enc", "kid": "large"}, private=True)
X25519 = OKPKey.generate_key("X25519", {"use": "enc", "kid": "okp"}, private=True)
ENCODINGS = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
KINDS = [
    (RSA, "RSA-OAEP-256"),
    (EC, "ECDH-ES"),
    (EC, "ECDH-ES+A128KW"),
    (EC, "ECDH-ES+A256KW"),
    (P521, "ECDH-ES"),
    (X25519, "ECDH-ES+A256KW"),
]


def public(*keys):
    return {"keys": [key.as_dict(private=False) for key in keys]}


def for_id_token(key, algorithm, encoding=None, **more):
    metadata = {"jwks": public(key), "id_token_encrypted_response_alg": algorithm}
    return metadata | ({"id_token_encrypted_response_enc": encoding} if encoding else {}) | more


def for_userinfo(key, algorithm, encoding=None, **more):
    metadata = {"jwks": public(key), "userinfo_encrypted_response_alg": algorithm}
    return metadata | ({"userinfo_encrypted_response_enc": encoding} if encoding else {}) | more


# ID tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "algorithm"), KINDS)
def test_the_client_alone_reads_its_id_token(client, party, user, key, algorithm):
    own = party(**for_id_token(key, algorithm, "A256GCM"))

    token = own.password(user, scope="openid").json["id_token"]

    header, nested = decrypt(token, key, algorithm, "A256GCM")
    verifier = IdTokenVerifier(client, ISSUER, own.credentials.client_id)
    assert verifier.claims(nested)["sub"] == str(user.id)
    assert (header["cty"], header["kid"]) == ("JWT", key.kid)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_encoding_opens(party, user, encoding):
    own = party(**for_id_token(EC, "ECDH-ES", encoding))

    token = own.password(user, scope="openid").json["id_token"]

    header, _ = decrypt(token, EC, "ECDH-ES", encoding)
    assert header["enc"] == encoding


def test_who_names_no_encoding_gets_the_one_of_the_specification(party, user):
    """OpenID Connect Registration 1.0, section 2: A128CBC-HS256."""
    token = party(**for_id_token(RSA, "RSA-OAEP-256")).password(user, scope="openid").json

    header, _ = decrypt(token["id_token"], RSA, "RSA-OAEP-256", "A128CBC-HS256")

    assert header["enc"] == "A128CBC-HS256"


def test_what_is_encrypted_is_signed_by_the_registered_algorithm(client, party, user):
    own = party(**for_id_token(EC, "ECDH-ES", id_token_signed_response_alg="HS256"))
    credentials = own.credentials
    token = own.password(user, scope="openid").json["id_token"]

    _, nested = decrypt(token, EC, "ECDH-ES", "A128CBC-HS256")

    verifier = IdTokenVerifier(client, ISSUER, credentials.client_id, credentials.secret)
    assert verifier.claims(nested, "HS256")["sub"] == str(user.id)


def test_a_refresh_brings_an_encrypted_one_as_well(party, user):
    own = party(**for_id_token(EC, "ECDH-ES"))
    first = own.password(user, scope="openid").json

    second = own.refresh(first["refresh_token"]).json

    assert decrypt(second["id_token"], EC, "ECDH-ES", "A128CBC-HS256")


def test_the_right_one_of_several_keys_is_used(party, user):
    """RFC 7517, sections 4.2 and 4.4."""
    signing = ECKey.generate_key("P-256", {"use": "sig", "kid": "sig"}, private=True)
    own = party(
        jwks=public(signing, RSA, EC),
        id_token_encrypted_response_alg="ECDH-ES",
    )

    token = own.password(user, scope="openid").json["id_token"]

    assert decrypt(token, EC, "ECDH-ES", "A128CBC-HS256")


# Userinfo -----------------------------------------------------------------------------------------


def test_userinfo_may_be_encrypted_without_a_signature(client, party, user):
    """Core, section 5.3.2: then its content is JSON."""
    own = party(**for_userinfo(EC, "ECDH-ES", "A128GCM"))
    token = own.password(user, scope="openid").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    header, content = decrypt(answer.text, EC, "ECDH-ES", "A128GCM")
    assert json.loads(content) == {"sub": str(user.id)}
    assert "cty" not in header


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_may_be_signed_and_then_encrypted(client, party, user, method):
    own = party(**for_userinfo(RSA, "RSA-OAEP-256", userinfo_signed_response_alg="ES256"))
    token = own.password(user, scope="openid").json["access_token"]

    answer = client.open(USERINFO, method=method, headers=bearer(token))

    assert answer.content_type == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    header, nested = decrypt(answer.text, RSA, "RSA-OAEP-256", "A128CBC-HS256")
    assert header["cty"] == "JWT"
    assert jwt.get_unverified_header(nested)["alg"] == "ES256"


def test_userinfo_under_the_secret(client, party, user):
    own = party(userinfo_signed_response_alg="HS256")
    token = own.password(user, scope="openid").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    claims = jwt.decode(
        answer.text,
        own.credentials.secret,
        algorithms=["HS256"],
        audience=own.credentials.client_id,
        issuer=ISSUER,
    )
    assert claims["sub"] == str(user.id)


def test_an_error_of_userinfo_is_json_all_the_same(client, party):
    party(**for_userinfo(EC, "ECDH-ES"))

    answer = client.get(USERINFO, headers=bearer("x"))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


# What cannot be done ------------------------------------------------------------------------------


# The name is reserved: nobody will ever be there (RFC 6761).
NOWHERE = "https://nowhere.invalid/jwks.json"


def test_without_a_key_there_is_no_id_token_in_clear(party, user):
    """Never a silent step down: what was to be secret is not told at all."""
    keyless = party(jwks_uri=NOWHERE, id_token_encrypted_response_alg="ECDH-ES")

    answer = keyless.password(user, scope="openid")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert "no key" in answer.json["error_description"]


def test_without_a_key_userinfo_says_nothing(client, party, user):
    keyless = party(jwks_uri=NOWHERE, userinfo_encrypted_response_alg="ECDH-ES")
    token = keyless.password(user, scope="openid email").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_refresh_that_cannot_be_answered_uses_nothing_up(party, user, services, rows):
    """RFC 9700, section 4.14.2: the token works as soon as the keys are back."""
    own = party(scope="openid profile", jwks=public(EC))
    first = own.password(user).json["refresh_token"]
    change(services, own, {"id_token_encrypted_response_alg": "RSA-OAEP-256"})
    refused = own.refresh(first)
    change(services, own, {"id_token_encrypted_response_alg": "ECDH-ES"})

    answer = own.refresh(first)

    assert refused.status_code == 400
    assert answer.status_code == 200
    assert decrypt(answer.json["id_token"], EC, "ECDH-ES", "A128CBC-HS256")
    assert rows.events("session.reuse_detected") == []


def change(services, party, members):
    services.get(ClientService).update(SYSTEM, party.credentials.client_id, None, members)
