"""What tests of attacks share: a client that watches each answer, and a log that is searched."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from authserver.observability.access_log import write_lines_to
from authserver.observability.logs import configure_logs
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.bearers import accepted, genuine, introspector, pen, refused
from tests.attacks.installations import install
from tests.attacks.sent_elsewhere import own_key, sent_to
from tests.attacks.watch import WatchedClient, assert_hidden
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows

__all__ = [
    "accepted",
    "genuine",
    "install",
    "introspector",
    "own_key",
    "pen",
    "refused",
    "sent_to",
]


@pytest.fixture
def secrets_used() -> set[str]:
    """What must not be seen in the log; the watched client adds to it, and a test may."""
    return set()


@pytest.fixture
def log_text(
    secrets_used: set[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """All that was logged so far, in the form of production and down to DEBUG.

    At the end none of ``secrets_used`` may stand in it.
    """
    root = logging.getLogger()
    others = root.handlers
    configure_logs("DEBUG", "json")
    ours = root.handlers[0]
    # Those of pytest itself stay, so that it can take them away again.
    root.handlers = [*others, ours]
    stream = (tmp_path_factory.mktemp("log") / "log").open("w+")
    ours.setStream(stream)  # type: ignore[attr-defined]
    write_lines_to(stream.fileno())

    def text() -> str:
        return Path(stream.name).read_text()

    yield text

    root.removeHandler(ours)
    assert_hidden(secrets_used, text())
    stream.close()


@pytest.fixture
def new_client(
    app: Flask, log_text: Callable[[], str], secrets_used: set[str]
) -> Callable[..., WatchedClient]:
    """``new_client()``: one more watched client, for a thread; ``new_client(other_app)``."""

    def make(application: Flask = app) -> WatchedClient:
        client = WatchedClient(application, application.response_class)
        client.secrets = secrets_used
        return client

    return make


@pytest.fixture
def client(new_client: Callable[..., WatchedClient]) -> WatchedClient:
    """Flask's test client, watched (``watch``): what holds for every row is checked at each call.

    A test that takes something away from the server says ``client.may_fail = True``.
    """
    return new_client()


@pytest.fixture
def rows(services: Services) -> SessionRows:
    """The database, for what only time or an accident does."""
    return SessionRows(services.get(Database))


@pytest.fixture
def user(make_user: UserFactory) -> TestUser:
    return make_user()


@pytest.fixture
def party(client: WatchedClient, make_client: ClientFactory) -> Callable[..., RelyingParty]:
    """``party(scope="openid")``: a client with other metadata than the usual."""
    return lambda *client_id, **metadata: RelyingParty(client, make_client(*client_id, **metadata))


@pytest.fixture
def public_party(party: Callable[..., RelyingParty]) -> RelyingParty:
    """A client that cannot keep a secret."""
    grants = ["password", "refresh_token"]
    return party(token_endpoint_auth_method="none", grant_types=grants)
