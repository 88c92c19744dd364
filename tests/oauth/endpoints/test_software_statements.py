"""Software statements: RFC 7591, sections 2.3 and 3.1.1."""

import json
import time
from typing import Any

import pytest

from tests.support.client_keys import ClientKey
from tests.support.registrations import Registrar

PUBLISHER = "https://publisher.example"


@pytest.fixture(scope="module")
def key() -> ClientKey:
    return ClientKey()


@pytest.fixture
def registrar(make_app, tmp_path, key) -> Registrar:
    """At a server that trusts one key for one publisher."""
    path = tmp_path / "publishers.json"
    path.write_text(json.dumps({"keys": [key.public(iss=PUBLISHER)]}))
    app, _ = make_app(client_registration="open", software_statement_jwks=str(path))
    return Registrar(app.test_client())


def claims(**changes: Any) -> dict[str, Any]:
    said = {"iss": PUBLISHER, "software_id": "shop", "client_name": "The real shop"}
    return {name: value for name, value in (said | changes).items() if value is not None}


def test_what_a_publisher_says_wins(registrar, key):
    members = registrar.registered(
        software_statement=key.sign(claims()), client_name="Another", software_id="other"
    )

    assert (members["client_name"], members["software_id"]) == ("The real shop", "shop")


def test_the_statement_comes_back_as_it_was(registrar, key):
    """Section 3.2.1."""
    statement = key.sign(claims())

    assert registrar.registered(software_statement=statement)["software_statement"] == statement


def test_a_statement_gives_nothing_that_a_client_cannot_have(registrar, key):
    statement = key.sign(claims(first_party=True, grant_types=["client_credentials"]))

    assert registrar.register(software_statement=statement).status_code == 400


def test_the_statement_of_a_stranger_is_not_approved(registrar):
    answer = registrar.register(software_statement=ClientKey().sign(claims()))

    assert (answer.status_code, answer.json["error"]) == (400, "unapproved_software_statement")


def test_a_key_speaks_for_its_own_publisher_only(registrar, key):
    answer = registrar.register(software_statement=key.sign(claims(iss="https://other.example")))

    assert answer.json["error"] == "unapproved_software_statement"


@pytest.mark.parametrize(
    "statement",
    [
        "no JWT",
        "a.b.c",
        1,
        ["x"],
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL3B1Ymxpc2hlci5leGFtcGxlIn0.",
    ],
)
def test_what_is_no_signed_jwt_is_invalid(registrar, statement):
    """Section 3.2.2."""
    answer = registrar.register(software_statement=statement)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_software_statement")


@pytest.mark.parametrize(
    "changes",
    [{"iss": None}, {"exp": int(time.time()) - 1}, {"nbf": int(time.time()) + 3600}],
)
def test_a_statement_that_does_not_hold_now_is_invalid(registrar, key, changes):
    answer = registrar.register(software_statement=key.sign(claims(**changes)))

    assert answer.json["error"] == "invalid_software_statement"


def test_an_altered_statement_is_not_approved(registrar, key):
    header, _, signature = key.sign(claims()).split(".")
    _, payload, _ = ClientKey().sign(claims(client_name="Evil")).split(".")

    answer = registrar.register(software_statement=f"{header}.{payload}.{signature}")

    assert answer.json["error"] == "unapproved_software_statement"


def test_a_server_that_trusts_nobody_ignores_statements(make_app, key):
    """Section 3.1.1."""
    app, _ = make_app(client_registration="open")

    members = Registrar(app.test_client()).registered(software_statement=key.sign(claims()))

    assert members["client_name"] == "app.example"
    assert "software_statement" not in members
