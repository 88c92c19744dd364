"""Clients manage their own registration: RFC 7592."""

from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from tests.support.registrations import REDIRECT_URI, REGISTER


@pytest.fixture
def registered(registrar) -> dict[str, Any]:
    return registrar.registered(client_name="Shop", contacts=["ops@app.example"])


def assert_unknown(answer):
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_client_reads_what_it_registered(registrar, registered):
    """Section 2.1."""
    answer = registrar.read(registered)

    shown_once = {"client_secret", "client_secret_expires_at"}
    assert answer.status_code == 200
    assert answer.json == {
        name: value for name, value in registered.items() if name not in shown_once
    }


def test_an_update_replaces_all_members(registrar, registered):
    """Section 2.2: what is left out is gone."""
    answer = registrar.update(registered, client_name="Store")

    assert answer.status_code == 200
    assert answer.json["client_name"] == "Store"
    assert "contacts" not in answer.json


def test_an_update_keeps_the_secret(registrar, registered):
    answer = registrar.update(registered)

    assert "client_secret" not in answer.json
    assert registrar.party(registered).introspect("x").status_code == 200


def test_an_update_gives_a_new_registration_access_token(registrar, registered):
    """Section 5: a token that has been seen once too often does not live for ever."""
    updated = registrar.update(registered).json

    assert_unknown(registrar.read(registered))
    assert registrar.read(updated).status_code == 200


def test_an_update_must_name_the_client(registrar, registered):
    """Section 2.2."""
    answer = registrar.update(registered, client_id=None)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client_metadata")


def test_an_update_may_repeat_the_secret(registrar, registered):
    """Section 2.2."""
    answer = registrar.update(registered, client_secret=registered["client_secret"])

    assert answer.status_code == 200


def test_a_refused_update_changes_nothing(registrar, registered):
    registrar.update(registered, client_name="Store", redirect_uris=["http://app.example/cb"])

    assert registrar.read(registered).json["client_name"] == "Shop"


def test_a_client_that_becomes_public_loses_its_secret(registrar, registered):
    updated = registrar.update(registered, token_endpoint_auth_method="none").json

    assert "client_secret" not in updated
    assert registrar.party(registered).introspect("x").status_code == 401


def test_a_client_that_becomes_confidential_is_given_a_secret(registrar):
    public = registrar.registered(token_endpoint_auth_method="none")

    updated = registrar.update(public, token_endpoint_auth_method="client_secret_basic").json

    assert registrar.party(updated).introspect("x").status_code == 200


def test_a_client_that_wants_hs256_is_given_a_secret_that_we_can_read(
    registrar, registered, open_server
):
    """docs/adr/0011."""
    updated = registrar.update(registered, id_token_signed_response_alg="HS256").json

    clients = open_server[1].get(ClientService)
    client = clients.get(registered["client_id"])
    assert clients.plain_secrets(client) == (updated["client_secret"],)


def test_what_an_administrator_gave_stays(registrar, registered, open_server):
    clients = open_server[1].get(ClientService)
    given = {"audience": ["https://api.example.com"], "scope": "openid orders:read"}
    clients.update(SYSTEM, registered["client_id"], None, given)

    registrar.update(registered, scope="openid orders:read")

    client = clients.get(registered["client_id"])
    assert client.audience == ("https://api.example.com",)
    assert client.scope == {"openid", "orders:read"}


def test_a_removed_client_is_gone(registrar, registered):
    """Section 2.3."""
    answer = registrar.delete(registered)

    assert (answer.status_code, answer.data) == (204, b"")
    assert_unknown(registrar.read(registered))
    assert registrar.party(registered).introspect("x").status_code == 401


@pytest.mark.parametrize("token", ["", "wrong", "a" * 5000])
@pytest.mark.parametrize("method", ["read", "update", "delete"])
def test_another_token_is_refused(registrar, registered, method, token):
    """Section 2."""
    assert_unknown(getattr(registrar, method)(registered, token=token))


@pytest.mark.parametrize("path", ["", "/", "/nobody", "/authserver", "/a/b", "/%00"])
def test_a_client_that_does_not_exist_is_not_told_from_a_wrong_token(registrar, registered, path):
    """Section 2: 401 and not 404, so that nobody learns which clients there are."""
    answer = registrar.http.open(
        f"{REGISTER}{path}" if path else f"{REGISTER}/x",
        method="GET",
        headers={"Authorization": f"Bearer {registered['registration_access_token']}"},
    )

    assert answer.status_code in (401, 404)


def test_without_a_token_nothing_is_told(registrar, registered):
    path = f"{REGISTER}/{registered['client_id']}"

    answer = registrar.http.open(path, method="GET")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="authserver"'


def test_a_client_of_an_administrator_has_no_registration_access_token(registrar, open_server):
    made = (
        open_server[1]
        .get(ClientService)
        .create(SYSTEM, {"client_name": "Web", "redirect_uris": [REDIRECT_URI]})
    )
    address = f"http://localhost:8000{REGISTER}/{made.client.client_id}"
    client = {"registration_client_uri": address, "registration_access_token": made.secret}

    assert_unknown(registrar.read(client))


def test_a_disabled_client_manages_nothing(registrar, registered, open_server):
    """What an administrator ended, nobody brings back to life."""
    open_server[1].get(ClientService).disable(SYSTEM, registered["client_id"])

    for answer in (
        registrar.read(registered),
        registrar.update(registered),
        registrar.delete(registered),
    ):
        assert_unknown(answer)


def test_who_registered_before_it_was_closed_manages_itself(registrar, registered, client):
    """``client`` is at a server on the same database that is closed."""
    address = registered["registration_client_uri"].removeprefix("http://localhost:8000")
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}

    assert client.get(address, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_other_methods_are_not_allowed(registrar, registered, method):
    answer = registrar.http.open(f"{REGISTER}/{registered['client_id']}", method=method)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT, DELETE")
