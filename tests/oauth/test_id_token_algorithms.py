"""All algorithms of an installation that has keys for all of them (RFC 7518; RFC 8037)."""

from dataclasses import replace

import jwt
import pytest
from joserfc import jwt as jose
from joserfc.jwk import KeySet

from authserver.app import create_app
from authserver.bootstrap import bootstrap
from authserver.setting_rules import SIGNING_ALGORITHMS
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.conftest import ISSUER
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.id_tokens import IdTokenVerifier, half_hash
from tests.support.relying_party import RelyingParty, bearer

SHA_512 = {"EdDSA", "Ed25519"}


@pytest.fixture(scope="module")
def installation(postgres, make_settings):
    """``installation(**metadata)``: a party at a server that signs by everything."""
    url = postgres.create_database("all_algorithms")
    migrate(url)
    settings = replace(
        make_settings(), database_url=url, redis_url="", signing_algorithms=SIGNING_ALGORITHMS
    )
    services = build(settings)
    bootstrap(services)
    http = create_app(settings, services).test_client()
    make_client = ClientFactory(services)
    user = UserFactory(services)()
    yield lambda **metadata: (RelyingParty(http, make_client(**metadata)), user)
    services.get(Database).close()


# PyJWT knows Ed25519 by its older name only; joserfc, further below, knows both.
@pytest.mark.parametrize("algorithm", sorted(set(SIGNING_ALGORITHMS) - {"Ed25519"}))
def test_another_library_believes_it(installation, algorithm):
    """OpenID Connect Registration 1.0, section 2: what was registered and nothing else."""
    party, user = installation(id_token_signed_response_alg=algorithm)
    verifier = IdTokenVerifier(party.http, ISSUER, party.credentials.client_id)

    token = party.password(user, scope="openid").json["id_token"]

    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert verifier.claims(token, algorithm)["sub"] == str(user.id)


@pytest.mark.parametrize("algorithm", SIGNING_ALGORITHMS)
def test_the_hash_of_the_access_token_goes_with_the_algorithm(installation, algorithm):
    """Section 3.1.3.6 of Core; EdDSA signs over SHA-512."""
    party, user = installation(id_token_signed_response_alg=algorithm)
    answer = party.password(user, scope="openid").json
    keys = KeySet.import_key_set(party.http.get("/.well-known/jwks.json").json)

    claims = jose.decode(answer["id_token"], keys, algorithms=[algorithm]).claims

    digest = "sha512" if algorithm in SHA_512 else "sha256"
    assert claims["at_hash"] == half_hash(answer["access_token"], digest)


@pytest.mark.parametrize("algorithm", SIGNING_ALGORITHMS)
def test_userinfo_is_signed_likewise(installation, algorithm):
    """Section 5.3.2 of Core."""
    party, user = installation(userinfo_signed_response_alg=algorithm)
    token = party.password(user, scope="openid").json["access_token"]
    keys = KeySet.import_key_set(party.http.get("/.well-known/jwks.json").json)

    answer = party.http.get("/oauth2/userinfo", headers=bearer(token))

    claims = jose.decode(answer.text, keys, algorithms=[algorithm]).claims
    assert claims == {"sub": str(user.id), "iss": ISSUER, "aud": party.credentials.client_id}
