"""What an empty database needs before the server is of use: roles, first client, secret, keys."""

from authserver.actor import SYSTEM
from authserver.authn.first_party import CLIENT_ID
from authserver.clients.service import ClientService
from authserver.http.principal import SCOPE_ACCOUNT, SCOPE_MANAGE
from authserver.roles.service import RoleService
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.wiring import Services

_FIRST_PARTY = {
    "client_name": "Authserver",
    "first_party": True,
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["password", "refresh_token"],
    "scope": f"openid profile email offline_access {SCOPE_ACCOUNT} {SCOPE_MANAGE}",
}


def bootstrap(services: Services) -> None:
    """Make what is missing; does nothing the second time, and may run in two places at once.

    Raises :class:`KeyStoreError` when there are keys already, under another key-encryption key.
    """
    services.get(RoleService).ensure_built_in()
    services.get(ClientService).ensure_built_in(CLIENT_ID, _FIRST_PARTY)
    # Before the secret: this proves that the key-encryption key is the one of before.
    services.get(SigningService).ensure_keys(SYSTEM)
    services.get(InstallationSecret).ensure(SYSTEM)
