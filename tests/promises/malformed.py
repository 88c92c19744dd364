"""R4: malformed requests, by our own description of the API and by damage to whole requests.

No answer is a 5xx, none takes longer than it may, and the server needs no more memory after them.
"""

import time
from pathlib import Path
from typing import Any

import schemathesis

from tests.promises.malformed_api import DOCUMENT, fuzz_api
from tests.promises.malformed_knowledge import Knowledge
from tests.promises.malformed_protocol import fuzz_protocol
from tests.promises.target import Findings, Target
from tests.support.live_server import LiveServer
from tests.support.mortal import Installation

# Nobody may be refused for asking too often: that answer would be the same for all.
SETTINGS: dict[str, Any] = {
    "password_hash_memory": 7168,
    "password_hash_iterations": 1,
    "sessions_per_user": 10_000,
    "client_registration": "open",
    "front_channel_response_types": True,
    "client_registration_limit": "1000000/hour",
    "registration_limit": "1000000/minute",
    "login_limit": "1000000/minute",
    "token_limit": "1000000/minute",
    "account_limit": "1000000/minute",
    "lockout_threshold": 1000,
    "trusted_proxies": "127.0.0.0/8",
}
_PARTS = 5
_TOLD = 5


def fuzz(installation: Installation, count: int, number: int = 0) -> Findings:
    """About ``count`` requests in five parts, a fifth of each by the description of the API."""
    target = Target.of(installation)
    operations = sum(1 for _ in schemathesis.openapi.from_path(DOCUMENT).get_all_operations())
    each = max(1, count // 5 // operations // 2 // _PARTS)
    workers = target.server.worker_pids
    knowledge = Knowledge(target)
    started = time.monotonic()
    for part in range(_PARTS):
        fuzz_api(target, knowledge, each, number + part)
        fuzz_protocol(target, knowledge, count * 4 // 5 // _PARTS, number + part)
        target.findings.memory.append(_largest(target.server))
    target.findings.seconds = time.monotonic() - started
    if target.server.worker_pids != workers:
        target.findings.faults.append("a worker process has ended")
    target.findings.faults.extend(_crashes(target.server.log()))
    return target.findings


def _crashes(log: str) -> list[str]:
    """What the server says of its mistakes: their ids are in the answers, and here is why."""
    return [line[:3000] for line in log.splitlines() if '"request.crashed"' in line][:_TOLD]


def _largest(server: LiveServer) -> float:
    """The resident set size (MiB) of the largest worker.

    Not the proportional one, which grows when a collection of garbage writes to pages that were
    shared with the parent until then.
    """
    return max(map(_resident, server.worker_pids)) / 1024


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Rss:"))
