"""npm's ``openid-client`` 6, which checks what it is answered: state, nonce, iss, signatures."""

import json
from pathlib import Path
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm

from tests.factories.clients import TestClient
from tests.factories.users import TestUser
from tests.interop.conftest import NodeApplication, Visit
from tests.support.browser import Browser
from tests.support.client_keys import ClientKey, key_set
from tests.support.provider import Provider

REDIRECT_URI = "http://127.0.0.1:4000/cb"
GOODBYE = "http://127.0.0.1:4000/goodbye"


@pytest.fixture
def user(provider: Provider) -> TestUser:
    return provider.make_user()


@pytest.fixture
def browser(provider: Provider) -> Browser:
    return provider.browser()


@pytest.fixture
def visit(browser: Browser, user: TestUser) -> Visit:
    return lambda address: browser.authorize(address, user).url


@pytest.fixture
def application(npm: Path) -> NodeApplication:
    return NodeApplication(npm, "openid_client.mjs")


def config(provider: Provider, client: TestClient | None = None, **more: Any) -> dict[str, Any]:
    """What the developer of the application knows."""
    known = {"client_id": client.client_id, "secret": client.secret} if client else {}
    basic = {"issuer": provider.issuer, "redirect_uri": REDIRECT_URI}
    return basic | {"method": "client_secret_basic"} | known | more


def private_jwk(key: ClientKey) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(ECAlgorithm.to_jwk(key.private))
    return made | {"kid": key.kid, "alg": key.alg}


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_openid_client_signs_in_with_a_secret(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser, method: str
) -> None:
    client = provider.make_client(REDIRECT_URI, token_endpoint_auth_method=method)

    told = application.run(visit, scenario="sign_in", **config(provider, client, method=method))

    assert told["claims"]["sub"] == str(user.id)
    assert told["person"]["email"] == user.email


def test_openid_client_signs_in_with_an_assertion_by_its_secret(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    method = "client_secret_jwt"
    client = provider.make_client(REDIRECT_URI, token_endpoint_auth_method=method)

    told = application.run(visit, scenario="sign_in", **config(provider, client, method=method))

    assert told["claims"]["sub"] == str(user.id)


def test_openid_client_signs_in_with_an_assertion_by_its_key(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    key = ClientKey("ES256")
    method = "private_key_jwt"
    client = provider.make_client(
        REDIRECT_URI, token_endpoint_auth_method=method, jwks=key_set(key)
    )
    known = config(provider, client, method=method, jwk=private_jwk(key))

    told = application.run(visit, scenario="sign_in", **known)

    assert told["claims"]["sub"] == str(user.id)


def test_openid_client_signs_in_without_a_secret(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    client = provider.make_client(REDIRECT_URI, token_endpoint_auth_method="none")

    told = application.run(visit, scenario="sign_in", **config(provider, client, method="none"))

    assert told["claims"]["sub"] == str(user.id)


def test_openid_client_refreshes(
    provider: Provider, application: NodeApplication, visit: Visit
) -> None:
    client = provider.make_client(REDIRECT_URI)

    told = application.run(visit, scenario="refresh", **config(provider, client))

    assert told["after"] == told["before"]


def test_openid_client_sees_a_revoked_token_inactive(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    client = provider.make_client(REDIRECT_URI)

    told = application.run(visit, scenario="introspect_and_revoke", **config(provider, client))

    assert told == {"before": True, "after": False, "sub": str(user.id)}


def test_openid_client_registers_itself_and_signs_in(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    told = application.run(visit, scenario="register", **config(provider))

    assert told["client"]["client_name"] == "Registered by openid-client"
    assert told["claims"]["sub"] == str(user.id)


def test_openid_client_signs_out(
    provider: Provider, application: NodeApplication, visit: Visit, browser: Browser
) -> None:
    client = provider.make_client(REDIRECT_URI, post_logout_redirect_uris=[GOODBYE])
    known = config(provider, client, post_logout_redirect_uri=GOODBYE)

    told = application.run(visit, scenario="end_session", **known)

    assert told["arrived"] == f"{GOODBYE}?state=signed+out"
    assert "login-submit" in browser.go(f"{provider.issuer}/sign-in").ids


def test_openid_client_signs_its_request(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    key = ClientKey("ES256")
    client = provider.make_client(
        REDIRECT_URI,
        jwks=key_set(key),
        request_object_signing_alg="ES256",
        require_signed_request_object=True,
    )
    known = config(provider, client, jwk=private_jwk(key))

    told = application.run(visit, scenario="request_object", **known)

    assert told["claims"]["sub"] == str(user.id)


def test_openid_client_takes_an_id_token_beside_the_code(
    provider: Provider, application: NodeApplication, visit: Visit, user: TestUser
) -> None:
    client = provider.make_client(
        REDIRECT_URI,
        grant_types=["authorization_code", "implicit", "refresh_token"],
        response_types=["code id_token"],
    )

    told = application.run(visit, scenario="hybrid", **config(provider, client))

    assert told["claims"]["sub"] == str(user.id)
