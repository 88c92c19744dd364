"""Other releases of the server: the one before, out of the history, and one that is to come."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

from authserver.settings import PREFIX
from authserver.storage.migrations import head_revision, known_revisions
from tests.factories.clients import TestClient
from tests.factories.users import TestUser
from tests.support.live_server import LiveServer
from tests.support.relying_party import RelyingParty

AUDIENCE = "https://api.example.com"
USER = TestUser(UUID(int=0), "una@example.com", "correct horse battery staple")
ROOT = Path(__file__).parents[2]
_VERSIONS = "migrations/versions"
_REVISION = re.compile(r"^(revision|down_revision)(?:: [^=]+)? = [\"']?(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it said on either stream."""

    code: int
    said: str


@dataclass(frozen=True)
class Release:
    """The code of a release in a folder of its own, run by the environment of today.

    ``tag`` is None for a state of before the first release.
    """

    folder: Path
    head: str = ""
    revisions: frozenset[str] = frozenset()
    tag: str | None = None

    def must_bear(self, schema: str, oldest_code: str) -> bool:
        """Whether it has to work with the schema of a later revision.

        A tagged one always has to. Another one has to when it knows that there is such a thing,
        and the schema says so.
        """
        if self.tag is not None or schema in self.revisions:
            return True
        code = (self.folder / "authserver" / "storage" / "migrations.py").read_text()
        return "oldest_code" in code and oldest_code in self.revisions

    def run(self, *arguments: str, stdin: str = "", **settings: Any) -> Ran:
        """A command of this release."""
        ours = {PREFIX + name.upper(): str(value) for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", "authserver", *arguments],
            input=stdin,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"]} | ours,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    def furnish(self, **settings: Any) -> TestClient:
        """Make an empty database ready, with USER in it; a client of it."""
        metadata = {
            "--client-id": "shop",
            "--client-name": "Shop",
            "--grant-types": "password refresh_token",
            "--scope": "profile",
            "--audience": AUDIENCE,
        }
        options = [word for pair in metadata.items() for word in pair]
        user = ("--email", USER.email, "--password-stdin")
        self._do("migrate", **settings)
        self._do("bootstrap", **settings)
        self._do("user", "create", *user, stdin=USER.password, **settings)
        said = self._do("client", "create", *options, "--output", "json", **settings)
        return TestClient("shop", json.loads(said)["client_secret"])

    def _do(self, *arguments: str, **settings: Any) -> str:
        done = self.run(*arguments, **settings)
        assert done.code == 0, done.said
        return done.said

    def server(self, folder: Path, **settings: Any) -> LiveServer:
        """Its server, on a port of its own; its log goes to ``folder``."""
        return _ServerOfRelease(self.folder, settings, folder)


class _ServerOfRelease(LiveServer):
    """``authserver serve`` by the words that every release knows."""

    def __init__(self, release: Path, settings: dict[str, Any], folder: Path) -> None:
        super().__init__(settings, folder, workers=1)
        self._release = release

    def _command(self) -> list[str]:
        in_its_folder = ["sh", "-c", 'cd "$0" && exec "$@"', str(self._release)]
        return [*in_its_folder, sys.executable, "-m", "authserver", "serve"]


def release_before(folder: Path, root: Path = ROOT) -> Release:
    """The newest tagged release but today's, unpacked into ``folder``.

    As long as there is none: the newest state of the code that had a schema older than today's.
    Raises AssertionError where there is no history to take it from.
    """
    tag = _git(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", "HEAD^")
    commit = tag or _older_state(root)
    if commit is None:
        raise AssertionError(
            f"The release before is not to be found in {root}: there is no tag v*, and no commit "
            "with an older schema. The clone is shallow or without tags. "
            "Do: git fetch --unshallow --tags (where it is shallow), else git fetch --tags."
        )
    archive = _git_bytes(root, "archive", "--format=tar", commit)
    with tarfile.open(fileobj=BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    revisions = _revisions_of(root, commit)
    return Release(folder, _head(revisions) or "", frozenset(revisions), tag)


def release_to_come(folder: Path, migration: str) -> Release:
    """Today's code, and one migration on top of it."""
    for name in ("authserver", "migrations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / _VERSIONS / "to_come.py").write_text(migration)
    return Release(folder)


def work_side_by_side(
    releases: tuple[Release, Release], client: TestClient, folder: Path, **settings: Any
) -> list[tuple[int, int]]:
    """What a session meets whose requests go to servers of two releases in turn.

    Each pair is the status of a refresh at one, and of the new token's introspection at the other.
    """
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(each.server(folder, **settings)) for each in releases]
        one, other = (RelyingParty(server.client(), client) for server in servers)
        tokens = one.password(USER, scope="profile").json
        met = []
        for first, second in ((one, other), (other, one), (one, other), (other, one)):
            refreshed = first.refresh(tokens["refresh_token"])
            tokens = refreshed.json
            seen = second.introspect(tokens.get("access_token", ""))
            met.append((refreshed.status_code, seen.status_code if seen.json["active"] else 0))
    return met


def _older_state(root: Path) -> str | None:
    changes = _git(root, "log", "--format=%H^", "--", _VERSIONS) or ""
    for commit in changes.split():
        # What a chain lacks was committed later: such a state has never run.
        if _head(_revisions_of(root, commit)) in known_revisions() - {head_revision()}:
            return commit
    return None


def _revisions_of(root: Path, commit: str) -> dict[str, str]:
    """Each revision of a commit, and the one before it; "None" before the first."""
    listed = _git(root, "ls-tree", "--name-only", commit, f"{_VERSIONS}/") or ""
    files = [name for name in listed.split() if name.endswith(".py")]
    texts = [_git(root, "show", f"{commit}:{name}") or "" for name in files]
    found = [dict(_REVISION.findall(text)) for text in texts]
    return {each["revision"]: each["down_revision"] for each in found}


def _head(revisions: dict[str, str]) -> str | None:
    """The end of the chain, or None where there is no whole one."""
    heads = set(revisions) - set(revisions.values())
    whole = set(revisions.values()) <= {*revisions, "None"}
    return heads.pop() if whole and len(heads) == 1 else None


def _git(root: Path, *arguments: str) -> str | None:
    """What git says, or None when it refuses."""
    with contextlib.suppress(subprocess.CalledProcessError):
        return _git_bytes(root, *arguments).decode().strip()
    return None


def _git_bytes(root: Path, *arguments: str) -> bytes:
    # A checkout often belongs to another user than the one who tests it.
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout
