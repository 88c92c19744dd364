"""Beginning a sign-in at a client from elsewhere (OpenID Connect Core 1.0, section 4)."""

from types import SimpleNamespace
from typing import cast

from authserver.clients.metadata import Client
from authserver.clients.third_party_login import third_party_login_url

ISSUER = "https://id.example"


def client(uri: str | None) -> Client:
    """No more of a client than its address."""
    return cast(Client, SimpleNamespace(initiate_login_uri=uri))


def url(uri: str | None) -> str | None:
    return third_party_login_url(client(uri), ISSUER)


def test_the_client_is_told_who_asks():
    assert url("https://app.example/in") == "https://app.example/in?iss=https%3A%2F%2Fid.example"


def test_parameters_come_after_those_of_the_address():
    assert str(url("https://app.example/in?a=b")).startswith("https://app.example/in?a=b&iss=")


def test_a_client_without_such_an_address_has_none():
    assert url(None) is None
