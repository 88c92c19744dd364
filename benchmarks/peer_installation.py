"""A peer on the same machine: npm's oidc-provider on PostgreSQL, asked the same things."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import make_url

from benchmarks.installation import CLIENT, REDIRECT_URI, WEB_CLIENT, WEB_CLIENT_RS256
from benchmarks.machine import Machine
from benchmarks.peer_workloads import PeerClient, PeerWorkloads
from benchmarks.seeds import OPENID_SCOPE
from benchmarks.server import ServerProcess, free_host
from benchmarks.workload import Target
from benchmarks.wrk import BenchError

PEER = "oidc-provider"
_SOURCE = Path(__file__).parent / "peer"
_INSTALL = ("ci", "--no-audit", "--no-fund", "--silent", "--prefer-offline")
_SECRET = "a-secret-of-a-client-that-lives-for-minutes"  # noqa: S105
_SIGNATURES = {CLIENT: "ES256", WEB_CLIENT: "ES256", WEB_CLIENT_RS256: "RS256"}


@contextmanager
def running_peer(machine: Machine) -> Iterator[Target]:
    """Install it, and serve it from the core of the servers, as production does."""
    folder = machine.folder / "peer"
    shutil.copytree(_SOURCE, folder, ignore=shutil.ignore_patterns("node_modules"))
    npm, node = _program("npm"), _program("node")
    subprocess.run([npm, *_INSTALL], cwd=folder, check=True, timeout=180)  # noqa: S603 - ours.
    host = free_host()
    config = {
        "issuer": f"http://{host}",
        "port": int(host.rpartition(":")[2]),
        "database": _database(machine.postgres.create_database("peer")),
        "clients": [_client(name, alg) for name, alg in _SIGNATURES.items()],
    }
    process = ServerProcess(
        [node, str(folder / "server.mjs"), json.dumps(config)],
        {**os.environ, "NODE_ENV": "production"},
        host=host,
        ready_path="/.well-known/openid-configuration",
        log=folder / "server.log",
        core=machine.cores.servers,
    )
    with process:
        workloads = PeerWorkloads(PeerClient(host, _SECRET))
        families = machine.families(process.pid)
        yield Target(PEER, f"http://{host}", families, workloads.table())


def _client(client_id: str, alg: str) -> dict[str, object]:
    return {
        "client_id": client_id,
        "client_secret": _SECRET,
        "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
        "response_types": ["code"],
        "redirect_uris": [REDIRECT_URI],
        "scope": OPENID_SCOPE,
        "id_token_signed_response_alg": alg,
    }


def _database(url: str) -> dict[str, str]:
    """The URL in the words of npm's pg."""
    target = make_url(url)
    host = target.query["host"]
    return {
        "host": unquote(host if isinstance(host, str) else host[0]),
        "user": target.username or "",
        "database": target.database or "",
    }


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise BenchError(f"{name} is missing, for the peer. Install: apt-get install -y nodejs npm")
    return found
