"""What tests of the protocol share."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from authserver.storage.db import Database
from authserver.wiring import Services
from tests.conftest import ISSUER
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.jwks_verifier import JwksVerifier
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows


@pytest.fixture
def verifier(client: FlaskClient) -> JwksVerifier:
    return JwksVerifier(client, ISSUER)


@pytest.fixture
def rows(services: Services) -> SessionRows:
    return SessionRows(services.get(Database))


@pytest.fixture
def user(make_user: UserFactory) -> TestUser:
    return make_user()


@pytest.fixture
def tokens(relying_party: RelyingParty, user: TestUser) -> dict[str, Any]:
    """The answer to a sign-in of ``user`` at ``relying_party``."""
    answer: dict[str, Any] = relying_party.password(user).json
    return answer


@pytest.fixture
def another_party(client: FlaskClient, make_client: ClientFactory) -> RelyingParty:
    """Another client that may do the same."""
    return RelyingParty(client, make_client())


@pytest.fixture
def public_party(client: FlaskClient, make_client: ClientFactory) -> RelyingParty:
    """A client that cannot keep a secret."""
    grants = ["password", "refresh_token"]
    return RelyingParty(client, make_client(token_endpoint_auth_method="none", grant_types=grants))


@pytest.fixture
def party(client: FlaskClient, make_client: ClientFactory) -> Callable[..., RelyingParty]:
    """``party(scope="openid")``: a client with other metadata than the usual."""
    return lambda **metadata: RelyingParty(client, make_client(**metadata))


@pytest.fixture
def anonymous(client: FlaskClient) -> RelyingParty:
    """A party that sends a client_id which nobody has."""
    return RelyingParty(client, TestClient("nobody", None))
