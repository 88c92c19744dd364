"""Clients in PostgreSQL: many at once, and PostgreSQL away."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.clients.repository import ClientRepository
from authserver.clients.service import ClientService
from authserver.errors import ClientIdTaken, Unavailable
from authserver.storage.notices import LocalNotices
from authserver.storage.prepared_connection import PreparedConnection
from authserver.storage.short_memory import ShortMemory
from authserver.storage.statements import Statements

WEB = {"client_name": "Web", "redirect_uris": ["https://app.example/cb"], "scope": "openid"}
INNER = {"client_name": "Inner", "grant_types": ["password", "refresh_token"], "scope": "openid"}


def another_process(service: ClientService, **fields) -> ClientService:
    """The same service with a memory of its own, which hears no notices."""
    members = {
        name: getattr(service, name)
        for name in (
            *("database", "clients", "audit", "supported"),
            *("api_permissions", "secrets", "sectors"),
        )
    }
    return ClientService(**members | {"notices": LocalNotices()} | fields)


def valid_secrets(clients: ClientService, secrets: list[str]) -> list[str]:
    found, now = clients.get("web"), clients.secrets.clock.now()
    return [secret for secret in secrets if found.check_client_secret(secret, now)]


def test_the_hot_path_finds_what_the_transaction_wrote(clients):
    clients.create(SYSTEM, WEB | {"contacts": ["ops@app.example"]}, "web")
    clients.rotate_secret(SYSTEM, "web")

    found = clients.find("web")

    assert found == clients.get("web")
    assert len(found.secrets) == 2


def test_only_the_digest_of_a_secret_is_stored(clients):
    secret = clients.create(SYSTEM, WEB, "web").secret

    with clients.database.transaction() as tx:
        dump = str(tx.execute(text("SELECT * FROM client_secrets")).all())

    assert secret not in dump


def test_a_change_is_obeyed_by_a_process_that_missed_the_notice(clients):
    """protocol.md: within 1 s, with and without Redis."""
    clients.create(SYSTEM, WEB, "web")
    watch = [0.0]
    other = another_process(clients, memory=ShortMemory("clients", monotonic=lambda: watch[0]))
    other.find("web")
    clients.disable(SYSTEM, "web")

    watch[0] = 0.95

    assert other.find("web").enabled is False


def test_a_client_that_was_unknown_is_found_once_registered(clients):
    clients.find("web")

    clients.create(SYSTEM, WEB, "web")

    assert clients.find("web") is not None


def test_an_id_that_no_client_can_have_costs_no_query(clients):
    def refuse() -> PreparedConnection:
        pytest.fail("PostgreSQL was asked")

    other = another_process(clients, clients=ClientRepository(Statements(refuse, 1)))

    assert other.find("no\x00body") is None


def test_a_remembered_client_is_refused_after_its_time_when_postgresql_is_away(clients):
    """Fail closed: nobody knows whether it was disabled meanwhile."""
    clients.create(SYSTEM, WEB, "web")
    watch = [0.0]
    memory = ShortMemory("clients", monotonic=lambda: watch[0])
    another_process(clients, memory=memory).find("web")

    def fail() -> PreparedConnection:
        raise psycopg.OperationalError

    away = another_process(clients, memory=memory, clients=ClientRepository(Statements(fail, 1)))
    watch[0] = 0.95

    with pytest.raises(Unavailable):
        away.find("web")


def test_of_many_rotations_at_once_two_secrets_stay_valid(clients):
    """CA-29."""
    clients.create(SYSTEM, WEB, "web")

    with ThreadPoolExecutor(4) as pool:
        rotated = list(pool.map(lambda _: clients.rotate_secret(SYSTEM, "web"), range(8)))

    assert len(valid_secrets(clients, [each.secret for each in rotated])) == 2


def test_the_old_secret_ends_with_the_overlap(clients, clock):
    """CA-29."""
    old = clients.create(SYSTEM, WEB, "web").secret
    new = clients.rotate_secret(SYSTEM, "web", overlap=60).secret

    clock.advance(60)

    assert valid_secrets(clients, [old, new]) == [new]


def test_of_many_registrations_of_one_id_one_succeeds(clients):
    def register(_: int) -> bool:
        try:
            clients.create(SYSTEM, WEB, "web")
        except ClientIdTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(register, range(8)))

    assert outcomes.count(True) == 1


def test_many_processes_make_the_built_in_client_once(clients):
    def ensure(_: int) -> None:
        clients.ensure_built_in("inner", INNER)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ensure, range(8)))

    built_in = clients.get("inner")
    assert (built_in.built_in, built_in.version) == (True, 1)


def test_nobody_can_authenticate_as_the_built_in_client(clients):
    clients.ensure_built_in("inner", INNER)

    built_in = clients.get("inner")

    assert built_in.secrets == ()
    assert not built_in.is_public


def test_a_new_release_brings_the_built_in_client_up_to_date(clients):
    clients.ensure_built_in("inner", INNER)

    clients.ensure_built_in("inner", INNER | {"scope": "openid account"})

    assert clients.find("inner").scope == {"openid", "account"}


def test_a_registered_client_is_never_taken_for_the_built_in_one(clients):
    """Its secret would let its holder in as the server itself."""
    clients.create(SYSTEM, WEB, "web")

    with pytest.raises(ClientIdTaken):
        clients.ensure_built_in("web", INNER)
