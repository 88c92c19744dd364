"""``make audit``: what is known of the packages that an installation is made of.

The tests answer in the place of OSV, by its protocol; what is known in truth is asked for each week
(.github/workflows/security.yml).
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.rows import attack
from tests.support.http_sink import HttpSink, Posted

ROOT = Path(__file__).parents[2]
FLAW = {
    "id": "PYSEC-2026-1",
    "summary": "It gives tokens to anybody.",
    "affected": [
        {
            "package": {"name": "authlib", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        }
    ],
}


def audit(answer: Callable[[Posted], Any]) -> tuple[subprocess.CompletedProcess[str], set[str]]:
    """What became of it, and the packages that were asked for."""
    with HttpSink(answer=lambda posted: json.dumps(answer(posted)).encode()) as osv:
        service = f"--vulnerability-service osv --osv-url http://{osv.address}/v1/query"
        command = ["make", "--silent", "audit", f"ARGS={service}"]
        ended = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
        )
    return ended, {json.loads(posted.body)["package"]["name"] for posted in osv.posted}


@pytest.fixture(scope="module")
def locked() -> set[str]:
    """The packages of the lock that are installed on this kind of machine."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return {line.partition("==")[0] for line in lines if "==" in line and "; " not in line}


@attack("OP-01")
def test_each_package_of_the_lock_is_asked_for(locked):
    """OWASP ASVS 5.0, 15.2.1."""
    ended, asked = audit(lambda _: {})

    assert ended.returncode == 0, ended.stderr
    assert asked >= locked
    assert "authlib" in asked


@attack("OP-01")
def test_a_known_vulnerability_is_an_error():
    ended, _ = audit(lambda posted: {"vulns": [FLAW]} if b"authlib" in posted.body else {})

    assert ended.returncode != 0
    assert "PYSEC-2026-1" in ended.stdout


@attack("OP-01")
def test_who_cannot_be_asked_is_not_taken_for_safe():
    ended, _ = audit(lambda _: "no answer to that")

    assert ended.returncode != 0
