"""R8: keys are rotated while three libraries verify tokens, each with a JWKS that it keeps."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import requests
from joserfc import jwt as joserfc_jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.signing.schedule import MARGIN
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from tests.factories.clients import AUDIENCE, ClientFactory, TestClient
from tests.support.mortal import Installation

# What stays of the margin for clocks: processes read the keys again every two seconds.
_KEPT = timedelta(seconds=4)
_NODE = """
import { createLocalJWKSet, jwtVerify } from "jose";
import { createInterface } from "node:readline";
let keys;
for await (const line of createInterface({ input: process.stdin })) {
  const { jwks, token, issuer, audience } = JSON.parse(line);
  if (jwks) keys = createLocalJWKSet(jwks);
  try { await jwtVerify(token, keys, { issuer, audience }); console.log("ok"); }
  catch (error) { console.log(String(error)); }
}
"""
# Raises, or answers what is wrong, if a token cannot be verified by these keys.
Verify = Callable[[dict[str, Any], str], str]


@dataclass
class Verifications:
    """By library: how often it verified, and what it said when it could not."""

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    kids: set[str] = field(default_factory=set)


def rotate_under_load(
    installation: Installation, node: Path | None, rotations: int, max_age: int
) -> Verifications:
    """``node`` is a folder in which npm has installed ``jose``; without it two libraries verify."""
    client = ClientFactory(installation.services)()
    base, found, stop = installation.server.base, Verifications(), threading.Event()
    libraries: dict[str, Verify] = {"PyJWT": _by_pyjwt(base), "joserfc": _by_joserfc}
    if node is not None:
        libraries["jose"] = _NodeVerifier(node, base).verify
    threads = [
        threading.Thread(target=_verify, args=(base, client, name, verify, max_age, found, stop))
        for name, verify in libraries.items()
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in range(rotations):
            _pass_the_margin(installation)
            installation.services.get(SigningService).rotate(SYSTEM, "ES256")
            time.sleep(max_age + _KEPT.total_seconds() + 1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return found


def _verify(
    base: str,
    client: TestClient,
    name: str,
    verify: Verify,
    max_age: int,
    found: Verifications,
    stop: threading.Event,
) -> None:
    """It keeps the JWKS for their max-age and asks no sooner, whatever kid it meets."""
    keys: dict[str, Any] = {}
    fetched_at = -float("inf")
    found.counts[name] = 0
    with requests.Session() as http:
        while not stop.wait(0.02):
            if time.monotonic() - fetched_at > max_age:
                keys = http.get(f"{base}/.well-known/jwks.json", timeout=5).json()
                fetched_at = time.monotonic()
            answer = http.post(
                f"{base}/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(client.client_id, client.secret or ""),
                timeout=10,
            )
            token = answer.json()["access_token"]
            found.kids.add(jwt.get_unverified_header(token)["kid"])
            problem = verify(keys, token)
            found.counts[name] += 1
            if problem:
                found.failures.append(f"{name}: {problem}")


def _by_pyjwt(issuer: str) -> Verify:
    def verify(keys: dict[str, Any], token: str) -> str:
        by_kid = {key.key_id: key for key in jwt.PyJWKSet.from_dict(keys).keys}
        try:
            key = by_kid[jwt.get_unverified_header(token)["kid"]]
            jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=issuer)
        except (KeyError, jwt.PyJWTError) as error:
            return repr(error)
        return ""

    return verify


def _by_joserfc(keys: dict[str, Any], token: str) -> str:
    try:
        joserfc_jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
    except (JoseError, ValueError) as error:
        return repr(error)
    return ""


class _NodeVerifier:
    """One process for all tokens."""

    def __init__(self, folder: Path, issuer: str) -> None:
        script = folder / "verify_many.mjs"
        script.write_text(_NODE)
        self._issuer = issuer
        self._process = subprocess.Popen(
            ["node", script],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def verify(self, keys: dict[str, Any], token: str) -> str:
        asked = {"jwks": keys, "token": token, "issuer": self._issuer, "audience": AUDIENCE}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        return "" if said == "ok" else said or "it has ended"


def _pass_the_margin(installation: Installation) -> None:
    """The max-age passes in real time; most of the margin for clocks on top is taken away."""
    with installation.services.get(Database).engine.begin() as connection:
        connection.execute(
            text("UPDATE signing_keys SET usable_from = usable_from - :margin"),
            {"margin": MARGIN - _KEPT},
        )
