"""npm's ``oauth4webapi``: the strictest reader of responses that there is."""

from pathlib import Path
from typing import Any

import pytest

from tests.factories.clients import AUDIENCE, TestClient
from tests.factories.users import TestUser
from tests.interop.conftest import NodeApplication, Visit
from tests.support.id_tokens import half_hash
from tests.support.provider import Provider

REDIRECT_URI = "http://127.0.0.1:4001/cb"


@pytest.fixture
def user(provider: Provider) -> TestUser:
    return provider.make_user()


@pytest.fixture
def visit(provider: Provider, user: TestUser) -> Visit:
    browser = provider.browser()
    return lambda address: browser.authorize(address, user).url


@pytest.fixture
def application(npm: Path) -> NodeApplication:
    return NodeApplication(npm, "oauth4webapi.mjs")


def config(provider: Provider, client: TestClient, **more: Any) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "redirect_uri": REDIRECT_URI,
        "client_id": client.client_id,
        "secret": client.secret,
        **more,
    }


@pytest.fixture(params=["client_secret_basic", "none"])
def known(provider: Provider, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A confidential client and a public one. Both insist on auth_time."""
    client = provider.make_client(
        REDIRECT_URI, token_endpoint_auth_method=request.param, require_auth_time=True
    )
    return config(provider, client)


def test_oauth4webapi_signs_in_with_pkce_and_a_nonce(
    application: NodeApplication, known: dict[str, Any], visit: Visit, user: TestUser
) -> None:
    told = application.run(visit, scenario="sign_in", **known)

    assert told["claims"]["sub"] == str(user.id)
    assert told["claims"]["at_hash"] == half_hash(told["access_token"])
    assert told["person"]["address"]["locality"] == "Berlin"


def test_oauth4webapi_finds_the_sign_in_young_enough(
    application: NodeApplication, known: dict[str, Any], visit: Visit
) -> None:
    told = application.run(visit, scenario="max_age", **known)

    assert isinstance(told["claims"]["auth_time"], int)


def test_oauth4webapi_accepts_the_id_token_of_a_refresh(
    application: NodeApplication, known: dict[str, Any], visit: Visit
) -> None:
    told = application.run(visit, scenario="refresh", **known)

    kept = ("iss", "sub", "aud", "auth_time")
    assert [told["after"][name] for name in kept] == [told["before"][name] for name in kept]


def test_oauth4webapi_cannot_refresh_after_revocation(
    application: NodeApplication, known: dict[str, Any], visit: Visit
) -> None:
    told = application.run(visit, scenario="revoke", **known)

    assert told == {"error": "invalid_grant"}


def test_oauth4webapi_reads_an_error_with_its_issuer(
    application: NodeApplication, known: dict[str, Any], visit: Visit
) -> None:
    told = application.run(visit, scenario="refused", **known)

    assert told == {"error": "login_required"}


def test_oauth4webapi_gets_a_token_for_itself(
    application: NodeApplication, provider: Provider
) -> None:
    client = provider.make_client(REDIRECT_URI, grant_types=["client_credentials"], scope="")

    told = application.run(scenario="client_credentials", **config(provider, client))

    assert told == {"token_type": "bearer"}


def test_oauth4webapi_as_a_resource_server_takes_the_access_token(
    application: NodeApplication, provider: Provider, visit: Visit, user: TestUser
) -> None:
    client = provider.make_client(REDIRECT_URI, require_auth_time=True)
    known = config(provider, client, audience=AUDIENCE)

    told = application.run(visit, scenario="access_token", **known)

    assert told["sub"] == str(user.id)
    assert told["client_id"] == client.client_id
