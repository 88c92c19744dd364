"""A client that sends the server to an address by its ``jwks_uri``."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from authserver.clients.service import ClientService
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.internet import Internet


@pytest.fixture
def own_key() -> ClientKey:
    """The key by which the client below signs."""
    return ClientKey()


@pytest.fixture
def sent_to(
    internet: Internet,
    make_app: Callable[..., tuple[Flask, Services]],
    make_client: ClientFactory,
    own_key: ClientKey,
) -> Callable[..., Any]:
    """``sent_to(url)``: what becomes of the assertion of a client whose jwks_uri this is.

    The address is written into its row: what registration already refuses is tried all the same.
    """
    application, services = make_app()
    # Not a watched client: an answer may take as long as the deadline of an outbound call.
    http = application.test_client()
    client_id = make_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set(own_key)
    ).client_id

    def send(url: str, key: ClientKey = own_key) -> Any:
        _point_to(services, client_id, url)
        return post_assertion(http, key.sign(assertion_claims(client_id)))

    return send


def _point_to(services: Services, client_id: str, url: str) -> None:
    with services.get(Database).engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE clients SET metadata = jsonb_build_object('jwks_uri', CAST(:url AS text)) "
                "WHERE client_id = :client_id"
            ),
            {"url": url, "client_id": client_id},
        )
    services.get(ClientService).memory.forget(client_id)


def assert_refused(answer: Any) -> None:
    """The one answer of every failed authentication."""
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client"), answer.text
