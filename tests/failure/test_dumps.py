"""Logical backups: one database to a file by ``deploy/backup``, and into an empty one again."""

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from authserver.actor import SYSTEM
from authserver.app import create_app
from authserver.audit.chain import AuditChain
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.storage.db import Database
from authserver.wiring import Services, build
from tests.factories.clients import AUDIENCE, ClientFactory
from tests.factories.users import UserFactory
from tests.support.archiving_postgres import BackupScripts, Ran
from tests.support.jwks_verifier import JwksVerifier
from tests.support.relying_party import RelyingParty

EMPTY = "an_empty_database"


@dataclass(frozen=True)
class Vault:
    """A folder of backups of the application's database."""

    folder: Path
    scripts: BackupScripts
    settings: Path

    def dump(self) -> Path:
        """The newest logical backup, made now."""
        made = self.scripts.run("dump.sh")
        assert made.code == 0, made.said
        return max((self.folder / "dumps").glob("*.dump"))

    def restore(self, dump: Path, database: str) -> Ran:
        variables = self.scripts.variables | {"PGDATABASE": database}
        return replace(self.scripts, variables=variables).run("dump-restore.sh", dump)


@pytest.fixture
def vault(services: Services, tmp_path: Path) -> Vault:
    folder, conf = tmp_path / "vault", tmp_path / "backup.conf"
    folder.mkdir()
    conf.write_text(f"BACKUP_DIR={folder}\n")
    url = urlsplit(services.settings.database_url)
    variables = {
        "PGHOST": parse_qs(url.query)["host"][0],
        "PGUSER": url.username or "",
        "PGDATABASE": url.path.removeprefix("/"),
    }
    return Vault(folder, BackupScripts(conf, variables), conf)


@pytest.fixture(scope="module")
def empty(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database(EMPTY)


def test_a_restored_dump_serves_the_sessions_of_before(services, client, vault, empty):
    """Users, clients, sessions and keys: whoever was signed in stays so, by the same keys."""
    party = RelyingParty(client, ClientFactory(services)())
    tokens = party.password(UserFactory(services)()).json

    done = vault.restore(vault.dump(), EMPTY)

    assert done.code == 0, done.said
    settings = replace(services.settings, database_url=empty)
    others = build(settings)
    with contextlib.closing(others.get(Database)):
        other = create_app(settings, others).test_client()
        claims = JwksVerifier(other, settings.issuer).claims(tokens["access_token"], AUDIENCE)
        refreshed = RelyingParty(other, party.credentials).refresh(tokens["refresh_token"])
    assert claims["client_id"] == party.credentials.client_id
    assert refreshed.status_code == 200, refreshed.text


def test_a_restored_audit_record_is_whole_and_goes_on(services, vault, postgres):
    """With its triggers; seals of the same key follow on those of before."""
    services.get(AuditService).record_alone(Event.ROLE_CREATED, SYSTEM)
    before = services.get(AuditChain)
    before.seal(None)
    noted = before.verify([], print).newest
    restored = postgres.create_database("a_restored_record")

    done = vault.restore(vault.dump(), "a_restored_record")

    assert done.code == 0, done.said
    others = build(replace(services.settings, database_url=restored))
    with contextlib.closing(others.get(Database)):
        others.get(AuditService).record_alone(Event.ROLE_CREATED, SYSTEM)
        others.get(AuditChain).seal(None)
        found: list = []
        verified = others.get(AuditChain).verify([noted], found.append)
    assert (found, verified.newest.number) == ([], noted.number + 1)


def test_nothing_is_restored_over_what_is_there(vault):
    """A mistyped PGDATABASE must not mix two installations."""
    done = vault.restore(vault.dump(), vault.scripts.variables["PGDATABASE"])

    assert done.code == 1
    assert "tables, expected none" in done.said


def test_a_whole_dump_is_called_whole(vault):
    done = vault.scripts.run("dump-verify.sh", vault.dump())

    assert done.code == 0, done.said
    assert "is whole" in done.said


def test_a_changed_dump_is_called_damaged(vault):
    dump = vault.dump()
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)

    done = vault.scripts.run("dump-verify.sh", dump)

    assert (done.code, "is damaged" in done.said) == (1, True)


def test_a_dump_that_cannot_be_decrypted_says_which_setting_is_wrong(vault):
    dump = vault.dump()
    with vault.settings.open("a") as settings:
        settings.write("BACKUP_DECRYPT='tr a b'\n")

    done = vault.scripts.run("dump-verify.sh", dump)

    assert (done.code, "BACKUP_DECRYPT" in done.said) == (1, True)


def test_a_dump_of_something_else_is_no_backup_of_authserver(vault, postgres):
    postgres.create_database("somebody_elses")
    variables = vault.scripts.variables | {"PGDATABASE": "somebody_elses"}
    dump = replace(vault, scripts=replace(vault.scripts, variables=variables)).dump()

    done = vault.scripts.run("dump-verify.sh", dump)

    assert (done.code, "not of a database of Authserver" in done.said) == (1, True)


@pytest.mark.parametrize(
    ("setting", "value"), [("PGDATABASE", "not_there"), ("BACKUP_ENCRYPT", "false")]
)
def test_a_dump_that_failed_leaves_nothing(vault, setting, value):
    """Half a backup is worse than none: somebody would rely on it."""
    with vault.settings.open("a") as settings:
        settings.write(f"export {setting}={value}\n")

    done = vault.scripts.run("dump.sh")

    assert (done.code, "Nothing was kept" in done.said) == (1, True)
    assert list((vault.folder / "dumps").iterdir()) == []
