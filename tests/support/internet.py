"""A small Internet on the loopback interface: names, public addresses, and servers with TLS.

The resolver and the wires lie outside of the server; everything between them is the real thing.
A public address leads to a server of ours here, and every other one is refused as it would be.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from authserver.clock import SystemClock
from authserver.http.public_addresses import is_public

_PEM = serialization.Encoding.PEM
Answer = Callable[[BaseHTTPRequestHandler], None]


def answer_with(content: bytes, status: int = 200, **headers: str) -> Answer:
    """``answer_with(b"...", Location="...")``: an answer that is always the same."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


class _Handler(BaseHTTPRequestHandler):
    def _serve(self) -> None:
        self.server.site.requests.append(self.path)  # type: ignore[attr-defined]
        # Whoever is cut off in the middle of an answer is what some tests are about.
        with contextlib.suppress(OSError):
            self.server.site.answer(self)  # type: ignore[attr-defined]

    do_GET = do_POST = _serve  # noqa: N815 - the standard library's names

    def log_message(self, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """A caller that hangs up is no news."""


@dataclass
class Site:
    """One server. ``answer`` may be set anew at any time; ``requests`` are the paths asked for."""

    name: str
    answer: Answer
    server: _Server
    requests: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def url(self, path: str = "/") -> str:
        return f"https://{self.name}{path}"


@dataclass
class Canary:
    """A port on which nobody must ever be heard."""

    port: int
    connections: int = 0


@dataclass
class Internet:
    """``site(name)`` puts a server there; ``names`` says what the resolver answers, by call."""

    folder: Path
    closing: contextlib.ExitStack
    names: dict[str, list[str] | Callable[[], list[str]]] = field(default_factory=dict)
    routes: dict[str, int] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._ca = _certificate("An authority of tests", self._key, self._key, None)
        self.roots = self.folder / "roots.pem"
        self.roots.write_bytes(self._ca.public_bytes(_PEM))

    def site(self, name: str, answer: Answer, certificate_of: str | None = None) -> Site:
        """A server with TLS under a name and a public address of its own."""
        server = self._serve(answer, name)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._chain(certificate_of or name))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        address = f"93.184.215.{len(self.routes) + 1}"
        self.names.setdefault(name, [address])
        self.routes[address] = int(server.server_address[1])
        return server.site  # type: ignore[attr-defined, no-any-return]

    def plain_site(self, answer: Answer) -> Site:
        """A server without TLS, on the loopback interface, which has no name."""
        return self._serve(answer, "127.0.0.1").site  # type: ignore[attr-defined, no-any-return]

    def canary(self, address: str = "127.0.0.1") -> Canary:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = self.closing.enter_context(socket.create_server((address, 0), family=family))
        canary = Canary(listener.getsockname()[1])

        def count() -> None:
            with contextlib.suppress(OSError):
                while True:
                    listener.accept()[0].close()
                    canary.connections += 1

        threading.Thread(target=count, daemon=True).start()
        return canary

    def _serve(self, answer: Answer, name: str) -> _Server:
        server = _Server(("127.0.0.1", 0), _Handler)
        server.site = Site(name, answer, server)  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.closing.callback(server.server_close)
        self.closing.callback(server.shutdown)
        return server

    def _chain(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{name}.pem"
        no_password = serialization.NoEncryption()
        path.write_bytes(
            key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, no_password)
            + _certificate(name, key, self._key, self._ca).public_bytes(_PEM)
        )
        return path


def _certificate(name: str, key: Any, ca_key: Any, ca: x509.Certificate | None) -> Any:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.subject if ca else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca is None, path_length=None), critical=True)
    )
    if ca is not None:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(ca_key, hashes.SHA256())


@pytest.fixture
def internet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Internet]:
    """No call of this process leaves the machine as long as a test has it."""
    with contextlib.ExitStack() as closing:
        net = Internet(tmp_path, closing)
        # Whoever verifies certificates from now on knows the authority of these servers.
        monkeypatch.setenv("SSL_CERT_FILE", str(net.roots))
        resolve, connect = socket.getaddrinfo, socket.socket.connect

        def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            net.looked_up.append(host)
            if host not in net.names:
                return resolve(host, port, *args, **options)
            found = net.names[host]
            addresses = found() if callable(found) else found
            return [answer for address in addresses for answer in resolve(address, port, *args)]

        def connect_here(sock: socket.socket, address: Any) -> None:
            if isinstance(address, tuple):
                net.called.append(address[0])
                if address[0] in net.routes:
                    return connect(sock, ("127.0.0.1", net.routes[address[0]]))
                if is_public(address[0]):
                    raise ConnectionRefusedError
            return connect(sock, address)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket.socket, "connect", connect_here)
        yield net
