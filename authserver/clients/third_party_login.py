"""Beginning a sign-in at a client from elsewhere (OpenID Connect Core 1.0, section 4)."""

from urllib.parse import urlencode

from authserver.clients.metadata import Client


def third_party_login_url(
    client: Client,
    issuer: str,
    *,
    login_hint: str | None = None,
    target_link_uri: str | None = None,
) -> str | None:
    """The address at which the client begins a sign-in with this server; None if it has none.

    The client itself checks ``target_link_uri``: whoever passes one on decides where the person
    ends up.
    """
    uri = client.initiate_login_uri
    if uri is None:
        return None
    parameters = {"iss": issuer, "login_hint": login_hint, "target_link_uri": target_link_uri}
    present = {name: value for name, value in parameters.items() if value is not None}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(present)}"
