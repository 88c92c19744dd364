"""Beginning a sign-in at a client from elsewhere (OpenID Connect Core 1.0, section 4)."""

from urllib.parse import urlencode

from authserver.clients.metadata import Client


def third_party_login_url(client: Client, issuer: str) -> str | None:
    """The address at which the client begins a sign-in with this server; None if it has none."""
    uri = client.initiate_login_uri
    if uri is None:
        return None
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'iss': issuer})}"
