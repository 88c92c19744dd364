"""The release before and today's, one after the other and side by side on one database.

Until the first tag ``v*`` the release before is the newest state of the code whose schema is older
than today's (``tests/support/releases.py``).
"""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from authserver.storage.migrations import oldest_code
from tests.attacks.rows import attack
from tests.support.jwks_verifier import JwksVerifier
from tests.support.releases import (
    AUDIENCE,
    ROOT,
    USER,
    release_before,
    work_side_by_side,
)
from tests.support.relying_party import RelyingParty


@pytest.fixture(scope="module")
def before() -> Iterator:
    with tempfile.TemporaryDirectory(prefix="authserver-before-") as folder:
        yield release_before(Path(folder))


@pytest.fixture
def clone(tmp_path: Path):
    """``clone("--depth=1")``: this repository without its files."""

    def clone(*options: str) -> Path:
        git = ["git", "-c", "safe.directory=*", "clone", "--quiet", "--no-checkout"]
        subprocess.run([*git, *options, f"file://{ROOT}", tmp_path / "clone"], check=True)
        return tmp_path / "clone"

    return clone


@attack("FT-23")
def test_sessions_and_tokens_survive_the_upgrade(before, today, installation, tmp_path):
    """What was begun with the release before goes on after `authserver migrate`."""
    client = before.furnish(**installation)
    with before.server(tmp_path, **installation) as server:
        tokens = RelyingParty(server.client(), client).password(USER, scope="profile").json

    assert today.run("migrate", **installation).code == 0

    with today.server(tmp_path, **installation) as server:
        party = RelyingParty(server.client(), client)
        claims = JwksVerifier(party.http, installation["issuer"]).claims(
            tokens["access_token"], AUDIENCE
        )
        refreshed = party.refresh(tokens["refresh_token"])
    assert claims["client_id"] == client.client_id
    assert refreshed.status_code == 200, refreshed.text


def test_the_release_before_bears_todays_schema(
    before, today, installation, furnish_today, tmp_path
):
    """docs/adr/0022-upgrades.md: every tagged one does, so that no upgrade needs a pause.

    What was never released may be of before that rule; then it must say what is wrong.
    """
    client = furnish_today(installation)

    if before.must_bear(today.head, oldest_code(today.head)):
        met = work_side_by_side((before, today), client, tmp_path, **installation)

        assert met == [(200, 200)] * 4
    else:
        refused = before.run("serve", **installation)

        assert refused.code == 1, refused.said
        assert all(revision in refused.said for revision in (before.head, today.head))


# The history that this rests on -----------------------------------------------------------------


def test_a_clone_without_history_says_how_to_get_it(clone, tmp_path):
    """A test that is skipped where there is no history would never run."""
    with pytest.raises(AssertionError, match="git fetch --unshallow --tags"):
        release_before(tmp_path / "nothing", clone("--depth=1"))


def test_from_the_first_tag_on_the_release_before_is_tagged(clone, tmp_path):
    repository = clone("--no-tags")
    for tag, commit in (("v0.1.0", "HEAD~3"), ("v0.2.0", "HEAD~2"), ("v0.3.0", "HEAD")):
        subprocess.run(["git", "-C", repository, "tag", tag, commit], check=True)

    found = release_before(tmp_path / "found", repository)

    assert found.tag == "v0.2.0"
    assert (found.folder / "authserver" / "app.py").is_file()
