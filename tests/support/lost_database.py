"""An installation whose PostgreSQL loses all its data, and has them back by ``deploy/backup``."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from authserver.actor import SYSTEM
from authserver.bootstrap import bootstrap
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.users.service import UserService
from authserver.wiring import Services, build
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.archiving_postgres import (
    ArchivingPostgres,
    BackupScripts,
    Ran,
    postgres_programs,
)
from tests.support.live_server import LiveServer
from tests.support.relying_party import RelyingParty

ADDRESS = "una.who.is.told.of.in.no.backup@example.com"
# Whoever makes backups of their own encrypts them with a tool that notices changes as well.
CIPHER = "openssl enc -aes-256-ctr -pbkdf2 -iter 1000 -pass file:{key}"


@dataclass(frozen=True)
class Held:
    """What its clients and people hold from before the loss.

    The first four are refresh tokens and access tokens as they were at the point in time.
    """

    untouched: dict[str, str]
    rotated_after: dict[str, str]
    spent: dict[str, str]
    revoked_after: dict[str, str]
    born_after: dict[str, str]
    newcomer: TestUser
    disabled_after: TestUser


@dataclass
class Installation:
    """A server on a PostgreSQL that archives, before the loss and after it."""

    folder: Path
    vault: Path
    postgres: ArchivingPostgres
    scripts: BackupScripts
    server: LiveServer
    services: Services
    user: TestUser
    party: RelyingParty

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def refresh(self, tokens: dict[str, str]) -> tuple[int, str | None]:
        """The status, and the error if there is one."""
        answer = self.party.refresh(tokens["refresh_token"])
        return answer.status_code, answer.json.get("error")

    def live_on(self) -> tuple[Held, datetime]:
        """Sign in, note the point in time, and do afterwards what will be lost."""
        untouched, rotated, spent, revoked = (self.sign_in() for _ in range(4))
        disabled = UserFactory(self.services)()
        point = self.postgres.ask("SELECT clock_timestamp()")
        self.party.refresh(spent["refresh_token"])
        self.party.revoke(revoked["refresh_token"])
        self.services.get(UserService).disable(SYSTEM, None, disabled.id)
        held = Held(
            untouched=untouched,
            rotated_after=self.party.refresh(rotated["refresh_token"]).json,
            spent=spent,
            revoked_after=revoked,
            born_after=self.sign_in(),
            newcomer=UserFactory(self.services)(),
            disabled_after=disabled,
        )
        self.postgres.archive_everything()
        return held, point

    def sign_in(self) -> dict[str, str]:
        tokens: dict[str, str] = self.party.password(self.user).json
        return tokens

    def lose_everything(self) -> None:
        """Power and disk at once. The server of ours stays up."""
        self.postgres.kill()
        shutil.rmtree(self.postgres.data)

    def restore_to(self, point: datetime) -> Ran:
        """Return when the restored database serves requests."""
        target = point.isoformat(" ")
        done = self.scripts.run_as_postgres(
            "restore-to.sh", self.folder, self.postgres.data, target
        )
        assert done.code == 0, done.said
        self.postgres.start()
        self.server.wait_until_ready()
        return done


@contextlib.contextmanager
def install(folder: Path) -> Iterator[Installation]:
    vault, conf = make_vault(folder)
    postgres = ArchivingPostgres(folder / "pg", conf)
    postgres.initialise()
    with contextlib.ExitStack() as stack:
        stack.callback(postgres.stop)
        postgres.start()
        valkey = stack.enter_context(EmbeddedValkey(folder))
        migrate(postgres.url)
        values = {"database_url": postgres.url, "redis_url": valkey.url}
        server = LiveServer(values | {"keys_dir": folder / "keys"}, folder)
        services = build(Settings(**server.settings_env))
        stack.callback(services.get(Database).close)
        bootstrap(services)
        yield Installation(
            folder=folder,
            vault=vault,
            postgres=postgres,
            scripts=BackupScripts(conf, postgres.variables, postgres_programs()),
            server=stack.enter_context(server),
            services=services,
            user=UserFactory(services)(email=ADDRESS),
            party=RelyingParty(server.client(), ClientFactory(services)()),
        )


def make_vault(folder: Path) -> tuple[Path, Path]:
    """The folder of the backups, and the settings of the scripts."""
    vault, conf, key = folder / "vault", folder / "backup.conf", folder / "backup.key"
    vault.mkdir()
    key.write_text("known to the tests alone")
    cipher = CIPHER.format(key=key)
    conf.write_text(
        f"BACKUP_DIR={vault}\nBACKUP_ENCRYPT='{cipher}'\nBACKUP_DECRYPT='{cipher} -d'\n"
    )
    return vault, conf
