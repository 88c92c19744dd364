"""A release that is to come has migrated; today's is still running (docs/adr/0022-upgrades.md)."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from authserver.storage.migrations import head_revision, migrate
from tests.factories.clients import TestClient
from tests.support.releases import Release, release_to_come, work_side_by_side

NEXT = "next"
_MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
{words}


def upgrade() -> None:
    {step}


def downgrade() -> None:
    pass
"""


@dataclass(frozen=True)
class Upgraded:
    """Settings of an installation, and a client of it."""

    installation: dict[str, object]
    client: TestClient


def migration(words: str, step: str) -> str:
    return _MIGRATION.format(revision=NEXT, before=head_revision(), words=words, step=step)


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("to-come")


@pytest.fixture(scope="module")
def expanding(releases: Path) -> Release:
    """It adds a column that today's code does not know."""
    words = f'oldest_code = "{head_revision()}"'
    column = 'sa.Column("nickname", sa.Text(), server_default="", nullable=False)'
    step = f'op.add_column("users", {column})'
    return release_to_come(releases / "expanding", migration(words, step))


@pytest.fixture(scope="module")
def contracting(releases: Path) -> Release:
    """It takes a column away that today's code reads."""
    words = f'oldest_code = "{NEXT}"\ncontracts = "nobody looks at it any more"'
    step = 'op.drop_column("sessions", "user_agent")'
    return release_to_come(releases / "contracting", migration(words, step))


@pytest.fixture(scope="module")
def expanded(expanding, new_installation, furnish_today) -> Upgraded:
    """An installation of today's that the release to come has migrated."""
    installation = new_installation()
    client = furnish_today(installation)
    assert expanding.run("migrate", **installation).code == 0
    return Upgraded(installation, client)


@pytest.fixture(scope="module")
def contracted(contracting, new_installation, furnish_today) -> Upgraded:
    installation = new_installation()
    client = furnish_today(installation)
    assert contracting.run("migrate", **installation).code == 0
    return Upgraded(installation, client)


def test_servers_of_two_releases_share_sessions(today, expanding, expanded, tmp_path):
    """The new one migrates first; then each server is replaced in its turn."""
    met = work_side_by_side((today, expanding), expanded.client, tmp_path, **expanded.installation)

    assert met == [(200, 200)] * 4


def test_today_leaves_a_newer_schema_as_it_is(today, expanded):
    """A server of today's that is started anew meanwhile runs its `authserver migrate` again."""
    done = today.run("migrate", **expanded.installation)

    assert (done.code, done.said) == (0, f"The database is at revision {NEXT}.\n")


def test_the_doctor_says_that_a_newer_schema_suits(today, expanded):
    said = today.run("doctor", "--output", "json", **expanded.installation).said

    assert f"At revision {NEXT}, which is newer than this release ({today.head})" in said


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_what_takes_away_shuts_today_out_and_says_so(today, contracted, command):
    """Both versions, and what to do."""
    refused = today.run(command, **contracted.installation)

    assert refused.code == 1
    assert refused.said == (
        f"The database is too new: it is at revision {NEXT}, which needs a release of revision "
        f"{NEXT} or newer, and this one is of {today.head}. "
        "Start a newer release, or restore an older database.\n"
    )


def test_the_release_to_come_refuses_todays_schema_and_says_so(today, expanding, installation):
    migrate(installation["database_url"])

    refused = expanding.run("serve", **installation)

    assert refused.code == 1
    assert refused.said == (
        f"The database is too old: it is at revision {today.head}, and this release needs {NEXT}. "
        "Run `authserver migrate` of this release and start again.\n"
    )
