"""Attacks by what a client registers: as what it passes itself off, and where it sends people."""

from typing import Any

import pytest

from tests.attacks.rows import attack
from tests.support.registrations import REDIRECT_URI, Registrar
from tests.support.relying_party import bearer


@pytest.fixture
def registrar(open_server, new_client) -> Registrar:
    """Somebody at a server that is open, watched."""
    return Registrar(new_client(open_server[0]))


@pytest.fixture
def alice(registrar) -> dict[str, Any]:
    return registrar.registered(client_name="Alice")


def assert_refused(answer, code="invalid_client_metadata"):
    assert (answer.status_code, answer.json["error"]) == (400, code)


# As what it passes itself off --------------------------------------------------------------------


@attack("DC-06")
def test_a_public_client_gets_no_secret(registrar):
    """CVE-2026-44476."""
    members = registrar.registered(token_endpoint_auth_method="none")

    assert {"client_secret", "client_secret_expires_at"}.isdisjoint(members)


@attack("DC-06")
@pytest.mark.parametrize("secret", ["", "anything"])
def test_a_public_client_cannot_use_a_secret(registrar, secret):
    client = registrar.registered(token_endpoint_auth_method="none")

    answer = registrar.party(client | {"client_secret": secret}).introspect("x")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("DC-11")
@pytest.mark.parametrize("client_id", ["web", "authserver", "'; DROP TABLE clients; --", 7])
def test_a_client_does_not_choose_its_id(registrar, client_id):
    """RFC 7591, section 3.2.1."""
    assert registrar.registered(client_id=client_id)["client_id"] not in ("web", "authserver", 7)


@attack("DC-11")
def test_a_client_does_not_choose_its_secret(registrar):
    client = registrar.registered(client_secret="chosen")

    assert client["client_secret"] != "chosen"
    assert registrar.party(client | {"client_secret": "chosen"}).introspect("x").status_code == 401


@attack("DC-11")
def test_a_client_does_not_choose_its_registration_access_token(registrar):
    client = registrar.registered(registration_access_token="chosen")

    assert registrar.read(client, token="chosen").status_code == 401


# Where it sends people ----------------------------------------------------------------------------


@attack("RU-26")
@pytest.mark.parametrize("uris", [["https://*.example/cb"], ["*"], [REDIRECT_URI, "https://*"]])
def test_a_wildcard_cannot_be_registered(registrar, uris):
    """RFC 9700, section 4.1.1; CVE-2026-7504."""
    assert_refused(registrar.register(redirect_uris=uris), "invalid_redirect_uri")


@attack("RU-26")
@pytest.mark.parametrize("uris", [["https://*.example/cb"], ["*"]])
def test_a_wildcard_cannot_be_put_in_later(registrar, alice, uris):
    assert_refused(registrar.update(alice, redirect_uris=uris), "invalid_redirect_uri")


@attack("OI-09")
def test_unsigned_id_tokens_cannot_be_registered(registrar):
    """RFC 8725, section 3.2; oidcc-idtoken-unsigned is skipped then."""
    assert_refused(registrar.register(id_token_signed_response_alg="none"))


@attack("OI-09")
def test_not_even_an_administrator_registers_unsigned_id_tokens(client, admin_token):
    members = {
        "client_name": "Web",
        "redirect_uris": [REDIRECT_URI],
        "id_token_signed_response_alg": "none",
    }

    answer = client.post("/api/clients", json=members, headers=bearer(admin_token))

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")


@attack("LO-08")
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "http://app.example/bye",
        "//evil.example",
        "https://app.example/bye#x",
        "https://user@app.example/",
    ],
)
def test_nobody_is_sent_to_a_script_after_signing_out(registrar, client, admin_token, uri):
    """CVE-2026-9086; CVE-2026-29192."""
    members = {"redirect_uris": [REDIRECT_URI], "post_logout_redirect_uris": [uri]}

    by_itself = registrar.register(**members)
    by_an_administrator = client.post(
        "/api/clients", json=members | {"client_name": "Web"}, headers=bearer(admin_token)
    )

    assert_refused(by_itself)
    assert by_an_administrator.status_code == 400
