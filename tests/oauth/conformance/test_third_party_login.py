"""The plan 3rd-party-initiated login."""

from tests.oauth.conformance.registrations import Registrar
from tests.support.provider import Provider
from tests.support.relying_party import bearer

LOGIN = "https://suite.example.com/test/login"


def test_where_a_sign_in_begins_is_registered_and_read_again(
    registrar: Registrar, provider: Provider
):
    """oidcc-3rd_party-init-login"""
    registered = registrar.post(initiate_login_uri=LOGIN).json
    address = registered["registration_client_uri"].removeprefix(provider.issuer)
    token = bearer(registered["registration_access_token"])

    again = provider.server.client().get(address, headers=token)

    assert registered["initiate_login_uri"] == LOGIN
    assert (again.status_code, again.json["initiate_login_uri"]) == (200, LOGIN)


def test_where_a_sign_in_begins_must_be_https(registrar: Registrar):
    """oidcc-3rd_party-init-login-nohttps"""
    refused = registrar.post(initiate_login_uri=LOGIN.replace("https:", "http:"))

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")
