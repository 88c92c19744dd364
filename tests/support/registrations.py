"""Clients that register themselves (RFC 7591) and manage their registration (RFC 7592)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from authserver.wiring import Services
from tests.factories.clients import TestClient
from tests.support.relying_party import Http, RelyingParty, bearer

REGISTER = "/oauth2/register"
REDIRECT_URI = "https://app.example/cb"


@dataclass(frozen=True)
class Registrar:
    """Whoever registers clients; a member of None is left out."""

    http: Http

    def register(self, token: str | None = None, **members: Any) -> Any:
        """POST; the answer."""
        sent = {"redirect_uris": [REDIRECT_URI]} | members
        return self.http.open(
            REGISTER,
            method="POST",
            json={name: value for name, value in sent.items() if value is not None},
            headers=bearer(token) if token is not None else {},
        )

    def registered(self, token: str | None = None, **members: Any) -> dict[str, Any]:
        """What a client is told that has been registered."""
        answer = self.register(token, **members)
        assert answer.status_code == 201, answer.text
        return dict(answer.json)

    def read(self, client: dict[str, Any], token: str | None = None) -> Any:
        return self._manage("GET", client, token)

    def update(self, client: dict[str, Any], token: str | None = None, **members: Any) -> Any:
        """PUT; what is not said here is not sent."""
        sent = {"client_id": client["client_id"], "redirect_uris": [REDIRECT_URI]} | members
        kept = {name: value for name, value in sent.items() if value is not None}
        return self._manage("PUT", client, token, json=kept)

    def delete(self, client: dict[str, Any], token: str | None = None) -> Any:
        return self._manage("DELETE", client, token)

    def party(self, client: dict[str, Any]) -> RelyingParty:
        """The client itself."""
        return RelyingParty(self.http, TestClient(client["client_id"], client.get("client_secret")))

    def _manage(
        self, method: str, client: dict[str, Any], token: str | None, **options: Any
    ) -> Any:
        presented = client["registration_access_token"] if token is None else token
        path = urlsplit(client["registration_client_uri"]).path
        return self.http.open(path, method=method, headers=bearer(presented), **options)


@pytest.fixture
def open_server(
    make_app: Callable[..., tuple[Flask, Services]],
) -> tuple[Flask, Services]:
    """A server at which anybody may register a client."""
    return make_app(client_registration="open")


@pytest.fixture
def registrar(open_server: tuple[Flask, Services]) -> Registrar:
    """Somebody at that server."""
    return Registrar(open_server[0].test_client())
