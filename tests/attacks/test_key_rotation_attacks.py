"""Keys that come and go: no token fails too early, none is believed too long, no key is lost.

``tests/integration/signing`` tries the steps of a rotation one by one; here it is seen from
outside, and ended by the kernel.
"""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.app import create_app
from authserver.settings import PREFIX
from authserver.signing.keys import SigningKeysError
from authserver.storage.db import Database
from authserver.wiring import build
from tests.attacks.forgery import Pen, claims_of, header_of
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

PUBLICATION, RETENTION = 300 + 60, 8 * 86_400 + 60
KILLED_IN = """
import os, signal, sys
from authserver.actor import SYSTEM
from authserver.settings import load_settings
from authserver.signing.repository import SigningKeyRepository
from authserver.signing.rings import RingCache
from authserver.signing.service import SigningService
from authserver.wiring import build

owner = RingCache if sys.argv[1] == "expire_rings" else SigningKeyRepository
step = sys.argv[1].removesuffix("_rings")
original = getattr(owner, step)

def die(*args, **kwargs):
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

services = build(load_settings())
setattr(owner, step, die)
services.get(SigningService).rotate(SYSTEM)
"""


@pytest.fixture
def sql(database):
    def run(statement: str, **values: object) -> None:
        with database.transaction() as tx:
            tx.execute(text(statement), values)

    return run


def token_of(party, user) -> str:
    return str(party.password(user).json["access_token"])


def kid_of(token: str) -> str:
    return str(header_of(token)["kid"])


def verify(token: str, jwks: dict) -> dict:
    """As a resource server would that holds a copy of the JWKS."""
    key = jwt.PyJWK(jwks[kid_of(token)])
    unimportant = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key, options=unimportant)


@attack("KT-01")
def test_after_a_rotation_old_and_new_tokens_verify(install):
    """OIDC Core, section 10.1.1."""
    server = install()
    party, user = server.party(), server.user()
    old = token_of(party, user)

    server.signing.rotate(SYSTEM)

    new = token_of(party, user)
    assert kid_of(new) != kid_of(old)
    for token in (old, new):
        assert verify(token, server.jwks())["sub"] == str(user.id)
        assert party.introspect(token).json["active"] is True


@attack("KT-01")
def test_a_new_key_signs_only_when_every_cached_jwks_has_it(install):
    """OIDC Core, section 10.1.1: published first, for as long as others may cache, then used."""
    server = install()
    party, user = server.party(), server.user()
    server.signing.rotate(SYSTEM)
    cached = server.jwks()
    server.signing.rotate(SYSTEM)

    kids = set()
    for _ in range(PUBLICATION // 30):
        server.clock.advance(30)
        kids.add(kid_of(token_of(party, user)))

    assert len(kids) == 2
    assert kids <= cached.keys()


@attack("KT-01")
def test_a_retired_key_is_published_until_its_last_token_has_expired(install):
    """OIDC Core, section 10.1.1."""
    server = install()
    retired = server.signing.signing_key("ES256").kid
    server.signing.rotate(SYSTEM)

    server.clock.advance(RETENTION - 1)
    assert retired in server.jwks()
    server.clock.advance(2)
    assert retired not in server.jwks()


@attack("JW-34")
def test_a_token_of_a_retired_key_is_refused_after_the_overlap(install):
    """OIDC Core, section 10.1.1: even one that says that it has not expired."""
    server = install()
    party, user = server.party(), server.user()
    pen = Pen.of(server.signing.signing_key("ES256"))
    claims = claims_of(token_of(party, user))
    long_lived = pen.sign(claims | {"exp": claims["exp"] + 10**6})
    server.signing.rotate(SYSTEM)

    def ask() -> int:
        return server.http.get("/oauth2/userinfo", headers=bearer(long_lived)).status_code

    server.clock.advance(RETENTION - 1)
    before = ask()
    server.clock.advance(2)
    after = ask()

    assert (before, after) == (200, 401)
    assert party.introspect(long_lived).json == {"active": False}


@attack("KT-03")
@pytest.mark.parametrize("step", ["lock", "activate", "expire", "add", "expire_rings"])
def test_a_process_killed_in_a_rotation_leaves_one_key_that_signs(install, step):
    """The kernel ends it after each step, and after the commit: nothing is half done, nothing is
    lost, and the next rotation succeeds."""
    server = install()
    party, user = server.party(), server.user()
    old, before = token_of(party, user), _keys(server)

    ended = subprocess.run(
        [sys.executable, "-c", KILLED_IN, step],
        env=_environment(server),
        capture_output=True,
        check=False,
    )

    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    again = install()
    assert before.keys() <= _keys(again).keys()
    assert _active(again) == 1
    assert (_keys(again) == before) == (step != "expire_rings")
    assert again.as_party(party.credentials).introspect(old).json["active"] is True
    again.clock.advance(PUBLICATION)
    assert {outcome.result for outcome in again.signing.rotate(SYSTEM)} == {"rotated"}
    assert _active(again) == 1


@attack("KT-04")
def test_two_rotations_at_once_are_one(install):
    """An advisory lock; CWE-362: of two processes that see the same key, one replaces it."""
    processes = [install(), install()]
    for _ in range(5):
        before = _keys(processes[0])
        gate = threading.Barrier(2)

        def rotate(process, gate=gate):
            gate.wait(10)
            return process.signing.rotate(SYSTEM, "ES256")

        with ThreadPoolExecutor(2) as pool:
            outcomes = [outcome for found in pool.map(rotate, processes) for outcome in found]

        replaced = [outcome.previous_kid for outcome in outcomes if outcome.result == "rotated"]
        assert replaced
        assert len(set(replaced)) == len(replaced)
        assert len(_keys(processes[0]).keys() - before.keys()) == len(replaced)
        assert _active(processes[0]) == 1
        for process in processes:
            process.clock.advance(PUBLICATION + 1)


@attack("KT-07")
@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE signing_keys SET sealed = substring(sealed FROM 1 FOR 20)",
        "UPDATE signing_keys SET sealed = ''",
        "UPDATE signing_keys SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)",
        (
            "UPDATE signing_keys SET public_jwk = jsonb_set(public_jwk::jsonb, '{x}', '\"AAAA\"') "
            "WHERE algorithm = 'ES256'"
        ),
        "DELETE FROM signing_keys",
    ],
    ids=["truncated", "empty", "one bit", "public is not private", "none"],
)
def test_a_server_with_damaged_keys_does_not_start(install, sql, damage):
    """ASVS 16.5.3: it says what is wrong and how to mend it, and nothing of the key."""
    server = install()
    sql(damage)
    services = build(server.services.settings)

    with pytest.raises(SigningKeysError) as refusal:
        create_app(services.settings, services)

    services.get(Database).close()
    assert "signing" in str(refusal.value)
    assert "estore" in str(refusal.value) or "Run `authserver" in str(refusal.value)
    assert "BEGIN" not in str(refusal.value)


@attack("KT-07")
def test_a_running_server_keeps_its_last_good_keys(install, sql):
    """Security.md, under failure: damage does not stop who has the keys in memory."""
    server = install()
    party, user = server.party(), server.user()
    sql("UPDATE signing_keys SET sealed = ''")
    server.signing.rings.expire()

    assert verify(token_of(party, user), server.jwks())


def _keys(server) -> dict[str, object]:
    return {key.kid: key.activated_at for key in server.signing.list_keys()}


def _active(server) -> int:
    """How many ES256 keys sign."""
    keys = server.signing.list_keys()
    return sum(key.state == "active" and key.algorithm == "ES256" for key in keys)


def _environment(server) -> dict[str, str]:
    settings = server.services.settings
    names = ("issuer", "database_url", "keys_dir")
    ours = {PREFIX + name.upper(): str(getattr(settings, name)) for name in names}
    return dict(os.environ) | ours
