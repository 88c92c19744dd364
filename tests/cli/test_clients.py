"""``authserver client``, ``key``, ``session`` and ``token``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from authserver.wiring import Services
from tests.cli.conftest import Cli
from tests.factories.clients import TestClient
from tests.support.registrations import Registrar
from tests.support.relying_party import RelyingParty

MakeApp = Callable[..., tuple[Flask, Services]]


def test_a_client_is_registered_and_gets_tokens(cli: Cli, client: FlaskClient) -> None:
    made = cli(
        *("client", "create", "--client-id", "shop", "--client-name", "Shop"),
        *("--grant-types", "password client_credentials", "--scope", "openid read"),
        *("--token-endpoint-auth-method", "client_secret_basic"),
        *("--audience", "https://api.example.com", "--output", "json"),
    ).json

    party = RelyingParty(client, TestClient(made["client_id"], made["client_secret"]))
    answer = party.token(grant_type="client_credentials")
    assert answer.json["scope"] == "read"


def test_every_mistake_in_the_metadata_is_named(cli: Cli) -> None:
    answer = cli(
        *("client", "create", "--client-name", "Shop", "--grant-types", "password bogus"),
        *("--token-endpoint-auth-method", "magic", "--output", "json"),
    )

    assert answer.code == 1
    assert set(answer.refusal["errors"]) == {"grant_types", "token_endpoint_auth_method"}


def test_a_client_is_registered_from_a_file(cli: Cli, tmp_path: Path) -> None:
    members = {"client_name": "Shop", "redirect_uris": ["https://shop.example/cb"]}
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(members | {"default_max_age": 60, "client_name#de": "Laden"}))

    made = cli(
        *("client", "create", "--metadata", str(file), "--set", "default_max_age=3600"),
        *("--set", "initiate_login_uri=https://shop.example/start", "--output", "json"),
    ).json

    assert (made["client_name#de"], made["default_max_age"]) == ("Laden", 3600)
    assert made["initiate_login_uri"] == "https://shop.example/start"


def test_a_client_is_changed_by_command(cli: Cli, relying_party: RelyingParty) -> None:
    client_id = relying_party.credentials.client_id

    changed = cli(
        *("client", "update", client_id, "--set", "client_name=Store"),
        *("--set", "id_token_signed_response_alg=HS256", "--output", "json"),
    ).json

    assert changed["client_name"] == "Store"
    assert changed["client_secret"]


@pytest.mark.parametrize("member", ["client_name", "=x", "client_nmae=Shop"])
def test_members_in_another_form_are_refused(
    cli: Cli, relying_party: RelyingParty, member: str
) -> None:
    client_id = relying_party.credentials.client_id

    answer = cli("client", "update", client_id, "--set", member, "--output", "json")

    assert (answer.code, answer.refusal["code"]) == (1, "invalid_metadata")


def test_a_registration_token_is_issued_by_command(cli: Cli, make_app: MakeApp) -> None:
    issued = cli("client", "registration-token", "--uses", "2", "--output", "json").json

    app, _ = make_app(client_registration="token")
    assert Registrar(app.test_client()).register(issued["token"]).status_code == 201


def test_a_client_that_was_disabled_by_command_is_refused_at_once(
    cli: Cli, relying_party: RelyingParty
) -> None:
    """The command publishes the change to every process (protocol: obeyed within 1 s)."""
    assert relying_party.token(grant_type="client_credentials").status_code == 200

    cli("client", "disable", relying_party.credentials.client_id, "--yes")

    assert relying_party.token(grant_type="client_credentials").status_code == 401


def test_a_rotated_secret_leaves_no_former_one_when_there_is_no_overlap(
    cli: Cli, relying_party: RelyingParty
) -> None:
    client_id = relying_party.credentials.client_id

    cli("client", "rotate-secret", client_id, "--overlap", "0")

    assert relying_party.token(grant_type="client_credentials").status_code == 401


def test_keys_are_rotated_for_every_algorithm(cli: Cli) -> None:
    outcomes = cli("key", "rotate", "--output", "json").json

    assert {outcome["algorithm"] for outcome in outcomes} == {"ES256", "RS256", "HS256"}


def test_a_token_is_introspected_from_stdin(cli: Cli, relying_party: RelyingParty) -> None:
    token = relying_party.token(grant_type="client_credentials").json["access_token"]

    answer = cli("token", "introspect", "--output", "json", stdin=token).json

    assert (answer["active"], answer["client_id"]) == (True, relying_party.credentials.client_id)


def test_what_is_no_token_is_inactive(cli: Cli) -> None:
    assert cli("token", "introspect", "--output", "json", stdin="abc").json == {"active": False}


def test_tokens_are_not_minted_in_production(cli: Cli, relying_party: RelyingParty) -> None:
    answer = cli(
        *("token", "mint", "--client-id", relying_party.credentials.client_id),
        *("--output", "json"),
    )

    assert answer.refusal["code"] == "not_in_development"
