"""Debian's nginx with the configuration that we give to operators, in front of a live server."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from authserver.clock import SystemClock
from tests.support.live_server import ROOT, LiveServer, free_port

OURS = ROOT / "deploy" / "nginx" / "authserver.conf"
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
# What the operator's nginx.conf says around ours; many connections, and no file outside of here.
_MAIN = """
user root;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/authserver.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """``https`` and ``http`` are its ports on this machine."""

    program: str
    folder: Path
    https: int
    http: int

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.https}"

    def test(self) -> str:
        """What ``nginx -t`` says. Raises CalledProcessError when it refuses the configuration."""
        command = [*self._command(), "-t"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
        return done.stderr

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(
            self._command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=_die_with_the_tests,
        )
        try:
            self._wait()
            yield
        finally:
            process.terminate()
            process.wait(15)

    def _command(self) -> list[str]:
        main = str(self.folder / "nginx.conf")
        return [self.program, "-p", str(self.folder), "-c", main, "-e", f"{self.folder}/error.log"]

    def _wait(self) -> None:
        deadline = time.monotonic() + 15
        while True:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(self.base, timeout=5, verify=False)  # noqa: S501 - our own certificate
                return
            assert time.monotonic() < deadline, (self.folder / "error.log").read_text()
            time.sleep(0.05)


def nginx_for(server: LiveServer, folder: Path) -> Nginx:
    """Our configuration, with ports and files of the test's own."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        _missing("nginx is missing: install it (Debian: apt-get install nginx-light).")
    made = Nginx(program, folder, free_port(), free_port())
    replaced = {
        "listen 443 ssl": f"listen 127.0.0.1:{made.https} ssl",
        "listen 80": f"listen 127.0.0.1:{made.http}",
        "server 127.0.0.1:8000": f"server {urlsplit(server.base).netloc}",
        "/etc/nginx/": f"{folder}/",
    }
    text = OURS.read_text()
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "authserver.conf").write_text(text)
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder))
    _write_certificate(folder / "id.example.com")
    return made


def _missing(what: str) -> None:
    """Where everything must hold, nothing is skipped."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


def _write_certificate(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "id.example.com")])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    pkcs8 = serialization.PrivateFormat.PKCS8
    path.with_suffix(".com.crt").write_bytes(certificate.public_bytes(pem))
    path.with_suffix(".com.key").write_bytes(
        key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    )


def _die_with_the_tests() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))
