"""The secret that outlives every key: made once, read once, replaced only when it is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.audit.repository import AuditRepository
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.keys import SigningKeysError
from authserver.signing.keystores import AesGcmKeyStore, KeyStoreError
from authserver.signing.repository import InstallationSecretRepository
from authserver.storage.db import Database, open_database
from authserver.storage.migrations import FOLDER, _application, migrate

KEY, OTHER = b"\x00" * 32, b"\x01" * 32


@pytest.fixture
def process(database: Database) -> Callable[..., InstallationSecret]:
    """``process(*keys)``: the secret as a process sees it that was started with these keys."""
    audit = AuditService(database, AuditRepository(database.statements))
    return lambda *keys: InstallationSecret(
        database, InstallationSecretRepository(), audit, AesGcmKeyStore(*keys or (KEY,))
    )


def test_all_processes_have_the_same(process):
    process().ensure(SYSTEM)

    assert process().read() == process().read()
    assert len(process().read()) == 32


def test_of_processes_that_start_at_once_one_makes_it(process):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: process().ensure(SYSTEM), range(8)))

    found = {process().read() for _ in range(3)}
    events = process().audit.list(Search(), before=None, limit=9)

    assert len(found) == 1
    assert [each.event for each in events] == ["installation_secret.created"]


def test_it_is_not_made_anew(process):
    process().ensure(SYSTEM)
    before = process().read()

    process().ensure(SYSTEM)
    process(OTHER).ensure(SYSTEM)

    assert process().read() == before


def test_without_it_nothing_starts(process):
    with pytest.raises(SigningKeysError, match="run `authserver bootstrap`"):
        process().read()


def test_under_another_key_it_does_not_open(process):
    process().ensure(SYSTEM)

    with pytest.raises(KeyStoreError, match="AUTHSERVER_KEY_ENCRYPTION_KEY"):
        process(OTHER).read()


def test_it_is_read_once(process, database):
    """Whoever has begun goes on without PostgreSQL."""
    process().ensure(SYSTEM)
    running = process()
    first = running.derive(b"one")()
    with database.transaction() as tx:
        tx.execute(text("DELETE FROM installation_secrets"))

    assert running.derive(b"one")() == first


def test_each_purpose_has_bytes_of_its_own(process):
    """RFC 5869: neither tells anything of the other, nor of the secret."""
    secret = process()
    secret.ensure(SYSTEM)

    one, two = secret.derive(b"one")(), secret.derive(b"two")()

    assert len({one, two, secret.read()}) == 3
    assert len(one) == len(two) == 32


def test_nothing_is_read_before_it_is_needed(process):
    derived = process().derive(b"one")
    process().ensure(SYSTEM)

    assert derived() == process().derive(b"one")()


def test_one_that_opens_is_not_replaced(process):
    process().ensure(SYSTEM)
    before = process().read()

    assert not process(OTHER, KEY).replace_lost(SYSTEM)
    assert process().read() == before


def test_one_that_does_not_open_is_replaced(process):
    process().ensure(SYSTEM)
    before = process().read()

    assert process(OTHER).replace_lost(SYSTEM)
    assert process(OTHER).read() != before


def test_where_there_is_none_nothing_is_replaced(process):
    assert not process().replace_lost(SYSTEM)


def test_it_stays_the_same_under_another_key(process):
    process().ensure(SYSTEM)
    before = process().derive(b"one")()

    assert process(OTHER, KEY).reseal() == 1
    assert process(OTHER, KEY).reseal() == 0
    assert process(OTHER).derive(b"one")() == before
    with pytest.raises(KeyStoreError):
        process(KEY).read()


FORMER = "INSERT INTO installation_secrets VALUES (1, '')"


def test_an_installation_of_before_goes_on_with_what_it_had(process, database):
    """Until revision 0005 all was derived from the key-encryption key itself."""
    with database.transaction() as tx:
        tx.execute(text(FORMER))

    assert process().derive(b"one")() == AesGcmKeyStore(KEY).derive(b"one")
    process().ensure(SYSTEM)
    process(OTHER, KEY).reseal()
    assert process(OTHER).derive(b"one")() == AesGcmKeyStore(KEY).derive(b"one")


def test_an_installation_of_before_is_sealed_before_its_key_is_exchanged(process, database):
    """Of several keys nobody could tell which one it was."""
    with database.transaction() as tx:
        tx.execute(text(FORMER))

    several = process(KEY, OTHER)

    for attempt in (several.read, lambda: several.ensure(SYSTEM), several.reseal):
        with pytest.raises(KeyStoreError, match="with the former one alone"):
            attempt()
    assert not several.replace_lost(SYSTEM)


def test_a_copy_of_the_database_tells_nothing_of_it(process, database):
    process().ensure(SYSTEM)

    with database.transaction() as tx:
        [[sealed]] = tx.execute(text("SELECT sealed FROM installation_secrets"))

    assert process().read() not in bytes(sealed)


def test_there_can_be_only_one(process, database):
    process().ensure(SYSTEM)

    with pytest.raises(Exception, match="only_one"), database.transaction() as tx:
        tx.execute(
            text("INSERT INTO installation_secrets SELECT 2, sealed FROM installation_secrets")
        )


@pytest.mark.parametrize(("keys", "rows"), [(0, []), (1, [(1, b"")])])
def test_the_migration_knows_an_installation_of_before_by_its_keys(postgres, keys, rows):
    url = postgres.create_database(f"before_{keys}")
    with _application(url).app_context():
        upgrade(directory=str(FOLDER), revision="0004")
    with closing(open_database(url, pool_size=1)) as database:
        with database.transaction() as tx:
            tx.execute(
                text(
                    "INSERT INTO signing_keys (kid, purpose, algorithm, sealed, usable_from) "
                    "SELECT 'kid', 'token', 'ES256', 'x', now() FROM generate_series(1, :keys)"
                ),
                {"keys": keys},
            )
        migrate(url)

        with database.transaction() as tx:
            found = tx.execute(text("SELECT id, sealed FROM installation_secrets")).all()

    assert [(each.id, bytes(each.sealed)) for each in found] == rows
