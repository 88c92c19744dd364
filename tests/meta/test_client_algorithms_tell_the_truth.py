"""Each algorithm that discovery advertises for what clients sign works; others are refused."""

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.errors import InvalidClientMetadata
from authserver.oauth.metadata import DISCOVERY_PATHS
from tests.attacks.forgery import compact, encode, with_hmac
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion

# The IANA registry "JSON Web Signature and Encryption Algorithms".
ALGORITHMS = (
    *("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "none"),
)
OURS = ("HS256", "RS256", "PS256", "ES256", "EdDSA", "Ed25519")
of_each = pytest.mark.parametrize("alg", ALGORITHMS)
of_ours = pytest.mark.parametrize("alg", OURS)


@pytest.fixture
def metadata(client):
    return client.get(DISCOVERY_PATHS[0]).json


@pytest.fixture
def key(alg):
    """A key for the algorithm, or for none if a secret signs."""
    return ClientKey({"HS256": "ES256", "Ed25519": "EdDSA"}.get(alg, alg))


def signed(alg, key, claims, secret):
    if alg == "HS256":
        return with_hmac({"alg": alg}, claims, secret.encode())
    if alg == "Ed25519":
        # The newer name (RFC 9864), which not every library writes.
        text = f"{encode({'alg': alg, 'kid': key.kid})}.{encode(claims)}"
        return f"{text}.{encode(key.private.sign(text.encode()))}"
    return key.sign(claims)


@of_ours
def test_an_advertised_algorithm_authenticates_a_client(metadata, client, make_client, alg, key):
    method = "client_secret_jwt" if alg == "HS256" else "private_key_jwt"
    more = {} if alg == "HS256" else {"jwks": key_set(key)}
    made = make_client(
        token_endpoint_auth_method=method, token_endpoint_auth_signing_alg=alg, **more
    )

    for name in ("token", "revocation", "introspection"):
        path = metadata[f"{name}_endpoint"].removeprefix(metadata["issuer"])
        assertion = signed(alg, key, assertion_claims(made.client_id), made.secret)
        assert alg in metadata[f"{name}_endpoint_auth_signing_alg_values_supported"]
        assert post_assertion(client, assertion, path).status_code == 200


@of_ours
def test_an_advertised_algorithm_signs_request_objects(metadata, authorizations, alg, key):
    flow = authorizations(
        request_object_signing_alg=alg,
        # A secret that can be read again, for the one algorithm that needs it.
        **({} if alg == "HS256" else {"jwks": key_set(key)}),
    )
    request = signed(alg, key, {"state": "inner"}, flow.party.credentials.secret)

    assert alg in metadata["request_object_signing_alg_values_supported"]
    assert flow.authorize(request=request).params["state"] == "inner"


def test_unsigned_request_objects_are_for_who_asked_and_not_advertised(metadata, authorizations):
    """OpenID Connect Registration 1.0, section 2: what is listed is for who registered nothing."""
    request = compact({"alg": "none"}, {"state": "i"})
    free = authorizations(request_object_signing_alg="none")

    assert "none" not in metadata["request_object_signing_alg_values_supported"]
    assert free.authorize(request=request).params["state"] == "i"


@of_ours
def test_an_advertised_algorithm_needs_no_registration(metadata, authorizations, alg, key):
    """OpenID Connect Registration 1.0, section 2: without a choice any that is listed will do."""
    keys = {"userinfo_signed_response_alg": "HS256"} if alg == "HS256" else {"jwks": key_set(key)}
    flow = authorizations(**keys)
    request = signed(alg, key, {"state": "inner"}, flow.party.credentials.secret)

    assert alg in metadata["request_object_signing_alg_values_supported"]
    assert flow.authorize(request=request).params["state"] == "inner"


@of_each
def test_only_what_is_advertised_can_be_registered(services, metadata, alg):
    wanted = {
        "client_name": "A",
        "redirect_uris": ["https://app.example/cb"],
        "jwks": key_set(ClientKey()),
        "request_object_signing_alg": alg,
    }
    create = services.get(ClientService).create

    if alg in ("none", *metadata["request_object_signing_alg_values_supported"]):
        assert create(SYSTEM, wanted).client.request_object_signing_alg == alg
    else:
        with pytest.raises(InvalidClientMetadata):
            create(SYSTEM, wanted)


def test_how_requests_may_be_sent_is_advertised(metadata):
    """OpenID Connect Discovery 1.0, section 3; tried in ``test_authorization_request_objects``."""
    assert metadata["request_parameter_supported"] is True
    assert metadata["request_uri_parameter_supported"] is True
    assert metadata["require_request_uri_registration"] is True
