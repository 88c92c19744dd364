"""Whatever discovery advertises works, and what it does not is refused (RFC 8414)."""

import jwt
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.errors import InvalidClientMetadata
from authserver.oauth.metadata import DISCOVERY_PATHS, PATHS, server_metadata
from tests.factories.clients import TestClient
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.relying_party import RelyingParty

# The IANA registry "OAuth Parameters", and the grant types that are urns.
GRANT_TYPES = (
    *("authorization_code", "implicit", "password", "client_credentials", "refresh_token"),
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:openid:params:grant-type:ciba",
)
AUTH_METHODS = (
    *("none", "client_secret_basic", "client_secret_post", "client_secret_jwt"),
    *("private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"),
)
ISSUER = "https://id.example.com"


@pytest.fixture
def metadata(client):
    return client.get(DISCOVERY_PATHS[0]).json


@pytest.fixture
def redeem(relying_party, user, flow):
    """By grant type: a request that deserves a token."""
    party = relying_party
    return {
        "authorization_code": lambda: flow.redeem(flow.code()),
        "client_credentials": lambda: party.token(grant_type="client_credentials"),
        "password": lambda: party.password(user),
        "refresh_token": lambda: party.refresh(party.password(user).json["refresh_token"]),
    }


@pytest.fixture
def user(make_user):
    return make_user()


def test_both_documents_are_the_same_bytes(client):
    """protocol.md, Addresses: one source."""
    assert len({client.get(path).data for path in DISCOVERY_PATHS}) == 1


def test_nothing_is_null_or_empty_text(metadata):
    """RFC 8414, section 3.2: what has no value is left out."""
    assert not {name for name, value in metadata.items() if value in (None, "")}


def test_every_grant_type_that_is_advertised_gets_a_token(metadata, redeem):
    assert set(metadata["grant_types_supported"]) == set(redeem)
    for ask in redeem.values():
        assert ask().status_code == 200


@pytest.mark.parametrize("grant_type", GRANT_TYPES)
def test_every_other_grant_type_is_refused(metadata, relying_party, grant_type):
    answer = relying_party.token(grant_type=grant_type)

    supported = answer.json.get("error") != "unsupported_grant_type"
    assert supported is (grant_type in metadata["grant_types_supported"])


def test_every_method_that_is_advertised_authenticates_a_client(metadata, client, make_client):
    key = ClientKey()
    more = {"private_key_jwt": {"jwks": key_set(key)}}
    authenticate = {
        "client_secret_jwt": lambda it: post_assertion(
            client, secret_assertion(it), grant_type="password"
        ),
        "private_key_jwt": lambda it: post_assertion(
            client, key.sign(assertion_claims(it.client_id)), grant_type="password"
        ),
        "none": lambda it: RelyingParty(client, it).token(grant_type="password"),
        "client_secret_basic": lambda it: RelyingParty(client, it).token(grant_type="password"),
        "client_secret_post": lambda it: RelyingParty(client, TestClient(it.client_id, None)).token(
            grant_type="password", client_secret=it.secret
        ),
    }

    assert set(metadata["token_endpoint_auth_methods_supported"]) == set(authenticate)
    for method, ask in authenticate.items():
        made = make_client(
            token_endpoint_auth_method=method, grant_types=["password"], **more.get(method, {})
        )
        # The client is believed: what is missing is the person's name.
        assert ask(made).json["error"] == "invalid_request"


def secret_assertion(client: TestClient) -> str:
    return jwt.encode(assertion_claims(client.client_id), client.secret, algorithm="HS256")


@pytest.mark.parametrize("method", AUTH_METHODS)
def test_a_client_can_be_registered_for_what_is_advertised_only(services, metadata, method):
    create = services.get(ClientService).create
    wanted = {
        "client_name": "A",
        "grant_types": ["password"],
        "token_endpoint_auth_method": method,
    }
    if method == "private_key_jwt":
        wanted["jwks"] = key_set(ClientKey())

    if method in metadata["token_endpoint_auth_methods_supported"]:
        assert create(SYSTEM, wanted).client.token_endpoint_auth_method == method
    else:
        with pytest.raises(InvalidClientMetadata):
            create(SYSTEM, wanted)


def test_methods_for_introspection_leave_out_who_proves_nothing(metadata):
    """RFC 7662, section 2.1."""
    methods = set(metadata["token_endpoint_auth_methods_supported"])

    assert set(metadata["introspection_endpoint_auth_methods_supported"]) == methods - {"none"}
    assert set(metadata["revocation_endpoint_auth_methods_supported"]) == methods


def test_every_address_answers(client, metadata):
    """RFC 8414, section 2: under the issuer, without a query or fragment."""
    addresses = {
        name: value
        for name, value in metadata.items()
        if name.endswith("_endpoint") or name in ("jwks_uri", "check_session_iframe")
    }

    assert addresses.keys() >= PATHS.keys()
    for address in addresses.values():
        assert address.startswith(metadata["issuer"] + "/")
        path = address.removeprefix(metadata["issuer"])
        assert client.get(path).status_code != 404


def test_every_scope_that_is_advertised_can_be_granted(metadata, client, make_client, user):
    scopes = metadata["scopes_supported"]
    party = RelyingParty(client, make_client(scope=" ".join(scopes)))

    granted = party.password(user, scope=" ".join(scopes)).json["scope"]

    assert set(granted.split()) == set(scopes)


def test_what_userinfo_says_is_advertised(metadata, client, relying_party, user, bearer):
    token = relying_party.password(user).json["access_token"]

    said = client.get("/oauth2/userinfo", headers=bearer(token)).json

    assert said.keys() <= set(metadata["claims_supported"])


@pytest.mark.parametrize("kind", [AuthorizationServerMetadata, OpenIDProviderMetadata])
def test_another_implementation_finds_it_valid(make_settings, kind):
    """RFC 8414 and OpenID Connect Discovery 1.0, as Authlib reads them; it wants https."""
    document = kind(server_metadata(make_settings(issuer=ISSUER)))

    assert [key for key in document.REGISTRY_KEYS if not is_valid(document, key)] == []


def is_valid(document: AuthorizationServerMetadata, key: str) -> bool:
    try:
        getattr(document, f"validate_{key}")()
    except ValueError:
        return False
    return True
