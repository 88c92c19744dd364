"""Whom the development server makes at its first start: an administrator and a demo client."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from authserver.actor import SYSTEM
from authserver.cli.administrators import NewAdministrator, ensure_administrator
from authserver.errors import EmailTaken

if TYPE_CHECKING:
    from authserver.wiring import Services

ADMINISTRATOR = "admin@example.com"
DEMO_CLIENT = "demo"
_DEMO = {
    "client_name": "Demo",
    "grant_types": [
        "authorization_code",
        "password",
        "refresh_token",
        "client_credentials",
    ],
    # A program on this machine, at any port (RFC 8252, section 7.3).
    "redirect_uris": ["http://127.0.0.1/callback"],
    "token_endpoint_auth_method": "client_secret_basic",
    "scope": "openid profile email offline_access account manage",
}


@dataclass(frozen=True)
class Newcomers:
    """Who was made just now, with what is known of them now and never again."""

    administrator: NewAdministrator | None
    client_secret: str | None = field(repr=False)


def make_newcomers(services: "Services") -> Newcomers:
    """Make who is missing. Somebody who was disabled or demoted is left alone."""
    try:
        administrator = ensure_administrator(services, ADMINISTRATOR, None)
    except EmailTaken:
        administrator = None
    return Newcomers(administrator, _demo_secret(services))


def _demo_secret(services: "Services") -> str | None:
    from authserver.clients.service import ClientService

    clients = services.get(ClientService)
    if clients.find(DEMO_CLIENT) is not None:
        return None
    return clients.create(SYSTEM, _DEMO, DEMO_CLIENT).secret
