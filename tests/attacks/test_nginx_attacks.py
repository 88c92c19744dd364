"""HTTP by hand again, through the proxy that we give to operators (deploy/nginx)."""

import socket
import ssl
from collections.abc import Iterator

import pytest
import requests

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from tests.attacks.raw_http import FORWARDED, SMUGGLING, statuses
from tests.attacks.rows import attack
from tests.support.live_server import LiveServer, running_server
from tests.support.nginx import Nginx, nginx_for

Proxied = tuple[Nginx, LiveServer]


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def proxied(
    request, folder, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory
) -> Iterator[Proxied]:
    settings = {"program": request.param, "trusted_proxies": ["127.0.0.1/32"]}
    with running_server(folder, postgres, valkey, **settings) as (server, _):
        nginx = nginx_for(server, tmp_path_factory.mktemp("nginx"))
        with nginx.running():
            yield nginx, server


def talk(nginx: Nginx, request: bytes, patience: float = 0.5, caller: str = "127.0.0.1") -> bytes:
    """Send it through TLS, and read until nginx closes or has nothing more to say."""
    context = ssl._create_unverified_context()  # noqa: S323 - our own certificate
    answer = b""
    with (
        socket.create_connection(
            ("127.0.0.1", nginx.https), timeout=5, source_address=(caller, 0)
        ) as connection,
        context.wrap_socket(connection) as secure,
    ):
        secure.sendall(request)
        try:
            while chunk := secure.recv(65536):
                answer += chunk
                secure.settimeout(patience)
        except OSError:
            pass
    return answer


@attack("IN-11")
@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "Forwarded", "X-Real-IP"])
def test_through_nginx_nobody_chooses_an_address(proxied: Proxied, name: str) -> None:
    """The proxy is trusted, and must not pass on what a stranger says."""
    nginx, server = proxied
    address = "203.0.113.66"

    requests.get(
        f"{nginx.base}/.well-known/jwks.json",
        headers={name: f"for={address}" if name == "Forwarded" else address},
        timeout=5,
        verify=False,  # noqa: S501 - our own certificate
    )

    assert address not in server.log()


@attack("IN-06")
def test_nothing_is_smuggled_through_nginx(proxied: Proxied) -> None:
    """CVE-2019-20372 and its like. What nginx itself puts right before it passes it on, such as a
    length behind a coding, is one request then; nothing behind it is taken for another."""
    nginx, _ = proxied

    found = {name: statuses(talk(nginx, request)) for name, request in SMUGGLING.items()}

    smuggled = {name: codes for name, codes in found.items() if 200 in codes}
    assert smuggled == {}


@attack("IN-07", "IN-08")
def test_through_nginx_nobody_tells_us_who_we_are(proxied: Proxied) -> None:
    nginx, server = proxied
    head = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: evil.com\r\n"

    answer = talk(nginx, head + FORWARDED)

    assert statuses(answer) == [200]
    assert b"evil.com" not in answer
    assert server.base.encode() in answer


def test_nginx_tells_the_true_address(proxied: Proxied) -> None:
    """Else all callers would be one for the throttles."""
    nginx, server = proxied

    talk(nginx, b"GET /oauth2/x HTTP/1.1\r\nHost: x\r\n\r\n", caller="127.0.0.66")

    assert '"127.0.0.66"' in server.log()
