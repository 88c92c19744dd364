"""The key-encryption key is exchanged, step by step, and nobody who uses the server notices.

The steps are those of docs/operations/key-encryption-key.md. What one key has sealed, none but that
one opens; so each thing that rests sealed is looked at at every step.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from authserver.app import create_app
from authserver.audit.chain import AuditChain
from authserver.bootstrap import bootstrap
from authserver.clients.service import ClientService
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.ids import new_secret
from authserver.settings import Settings
from authserver.signing.keys import SigningKeysError
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.tokens.service import TokenService
from authserver.wiring import Services, build
from tests.cli.conftest import Answer, Cli
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.live_server import free_port
from tests.support.relying_party import RelyingParty

OLD, NEW = new_secret(), new_secret()
WITH_SECRET = {"token_endpoint_auth_method": "client_secret_jwt"}
PAIRWISE = {"subject_type": "pairwise", "redirect_uris": ["https://app.example/cb"]}


@dataclass
class Installation:
    """One with a database of its own, and what it had from its first key-encryption key."""

    url: str
    settings: Callable[..., Settings]
    cli: Cli

    @contextlib.contextmanager
    def running(self, keys: str) -> Iterator[tuple[Flask, Services]]:
        """A server with these keys. Raises what it says when it refuses to start."""
        services = build(self.settings(database_url=self.url, key_encryption_key=keys))
        with contextlib.closing(services.get(Database)):
            yield create_app(services.settings, services), services

    def run(self, keys: str, *command: str) -> Answer:
        return self.cli(
            *(*command, "--output", "json"),
            AUTHSERVER_DATABASE_URL=self.url,
            AUTHSERVER_KEY_ENCRYPTION_KEY=keys,
        )

    def reseal(self, keys: str) -> Answer:
        return self.run(keys, "key", "reseal")


@dataclass
class Memory:
    """What somebody outside remembers: each must be the same after every step."""

    party: Any
    signer: Any
    pairwise: Any
    user: TestUser
    tokens: Any
    subject: str

    @classmethod
    def of(cls, app: Flask, services: Services) -> "Memory":
        make_client = ClientFactory(services)
        party, signer, pairwise = (
            make_client(),
            make_client(**WITH_SECRET),
            make_client(**PAIRWISE),
        )
        user = UserFactory(services)()
        tokens = RelyingParty(app.test_client(), party).password(
            user, scope="openid offline_access"
        )
        services.get(AuditChain).seal()
        return cls(
            *(party, signer, pairwise, user, tokens.json),
            subject=_subject(services, pairwise, user),
        )

    def check(self, app: Flask, services: Services) -> None:
        """Everything still holds; the refresh token moves on."""
        party = RelyingParty(app.test_client(), self.party)
        assert party.introspect(self.tokens["access_token"]).json["active"] is True
        refreshed = party.refresh(self.tokens["refresh_token"])
        assert refreshed.status_code == 200
        self.tokens = refreshed.json
        clients = services.get(ClientService)
        assert clients.plain_secrets(clients.get(self.signer.client_id)) == (self.signer.secret,)
        assert _subject(services, self.pairwise, self.user) == self.subject
        faults: list[Any] = []
        services.get(AuditChain).seal()
        services.get(AuditChain).verify((), faults.append)
        assert faults == []


def _subject(services: Services, client: Any, user: TestUser) -> str:
    subjects = services.get(TokenService).subjects
    return subjects.of(services.get(ClientService).get(client.client_id), user.id)


@pytest.fixture
def installation(
    postgres: EmbeddedPostgres, make_settings: Callable[..., Settings], cli: Cli
) -> Installation:
    url = postgres.create_database(f"exchange_{new_secret()[:8]}")
    migrate(url)
    made = Installation(url, make_settings, cli)
    services = build(make_settings(database_url=url, key_encryption_key=OLD))
    with contextlib.closing(services.get(Database)):
        bootstrap(services)
    return made


@pytest.fixture
def memory(installation: Installation) -> Memory:
    with installation.running(OLD) as (app, services):
        return Memory.of(app, services)


def test_nobody_notices_the_exchange(installation: Installation, memory: Memory) -> None:
    for keys in (f"{OLD} {NEW}", f"{NEW} {OLD}"):
        with installation.running(keys) as running:
            memory.check(*running)

    resealed = installation.reseal(f"{NEW} {OLD}").json

    assert resealed["installation_secrets"] == 1
    assert resealed["signing_keys"] == 6
    assert resealed["client_secrets"] == 1
    for keys in (f"{NEW} {OLD}", NEW):
        with installation.running(keys) as running:
            memory.check(*running)


def test_the_former_key_opens_nothing_afterwards(
    installation: Installation, memory: Memory
) -> None:
    """NIST SP 800-57 part 1, section 5.3: a key-wrapping key has an end."""
    installation.reseal(f"{NEW} {OLD}")

    with pytest.raises(SigningKeysError, match="does not open"), installation.running(OLD):
        pass


def test_while_it_is_exchanged_servers_of_both_orders_serve_together(
    installation: Installation, memory: Memory
) -> None:
    """A roll-out takes its time: what one of them seals anew, the others open."""
    with (
        installation.running(f"{OLD} {NEW}") as before,
        installation.running(f"{NEW} {OLD}") as after,
    ):
        memory.signer = ClientFactory(after[1])(**WITH_SECRET)
        memory.check(*before)
        memory.signer = ClientFactory(before[1])(**WITH_SECRET)
        memory.check(*after)
        assert installation.reseal(f"{NEW} {OLD}").json["client_secrets"] == 2
        memory.check(*before)
        memory.check(*after)


def test_to_reseal_twice_changes_nothing(installation: Installation) -> None:
    installation.reseal(f"{NEW} {OLD}")

    again = installation.reseal(f"{NEW} {OLD}").json

    assert {name: again[name] for name in again if name != "unreadable_clients"} == {
        "installation_secrets": 0,
        "signing_keys": 0,
        "client_secrets": 0,
    }


def test_without_the_former_key_nothing_is_resealed(installation: Installation) -> None:
    answer = installation.reseal(NEW)

    assert answer.refusal["code"] == "unusable_keys"
    assert "does not open" in answer.refusal["message"]
    with installation.running(OLD):
        pass


def test_a_damaged_secret_of_a_client_stops_nothing_and_is_named(
    installation: Installation, memory: Memory
) -> None:
    with installation.running(OLD) as (_, services), services.get(Database).transaction() as tx:
        tx.connection().exec_driver_sql(
            "UPDATE client_secrets SET sealed = '\\x01' WHERE sealed IS NOT NULL"
        )

    resealed = installation.reseal(f"{NEW} {OLD}").json

    assert resealed["unreadable_clients"] == [memory.signer.client_id]
    assert resealed["signing_keys"] == 6


def test_the_exchange_is_recorded(installation: Installation) -> None:
    installation.reseal(f"{NEW} {OLD}")
    installation.reseal(f"{NEW} {OLD}")

    with installation.running(NEW) as (_, services), services.get(Database).transaction() as tx:
        recorded = tx.connection().exec_driver_sql(
            "SELECT actor_kind, detail FROM audit_events "
            "WHERE event = 'key_encryption_key.exchanged'"
        )
        [(actor, detail)] = recorded.all()

    assert actor == "operator"
    assert detail["signing_keys"] == 6


def test_a_lost_key_costs_what_it_sealed_and_no_more(installation: Installation) -> None:
    """docs/operations/incidents.md: ``key revoke`` makes what another key can begin with."""
    revoked = installation.run(NEW, "key", "revoke", "--key-lost", "--yes").json

    assert len(revoked["revoked"]) == 6
    assert revoked["installation_secret_replaced"] is True
    with installation.running(NEW) as (app, services):
        Memory.of(app, services)


@pytest.mark.parametrize(
    "command",
    [
        ("key", "revoke", "--yes"),
        ("key", "rotate"),
        ("bootstrap",),
        ("worker", "--once"),
        ("serve",),
    ],
)
def test_under_a_wrong_key_nothing_is_made_and_nothing_starts(
    installation: Installation, memory: Memory, command: tuple[str, ...]
) -> None:
    """An operator's shell with another key must not cost what the right one opens."""
    refused = run_refused(installation, command)

    assert "does not open" in refused.err
    with installation.running(OLD) as running:
        memory.check(*running)


def test_no_key_is_made_beside_those_that_do_not_open(
    installation: Installation, memory: Memory
) -> None:
    """Servers with the right key would refuse to start because of it."""
    run_refused(installation, ("bootstrap",), AUTHSERVER_SIGNING_ALGORITHMS="ES256,PS256")

    with installation.running(OLD) as running:
        memory.check(*running)


def run_refused(installation: Installation, command: tuple[str, ...], **variables: str) -> Answer:
    answer = installation.cli(
        *command,
        AUTHSERVER_DATABASE_URL=installation.url,
        AUTHSERVER_KEY_ENCRYPTION_KEY=NEW,
        AUTHSERVER_BIND=f"127.0.0.1:{free_port()}",
        **variables,
    )
    assert answer.code == 1
    return answer


def test_one_connection_is_enough_to_seal_and_to_verify(
    installation: Installation, memory: Memory
) -> None:
    """The secret is read while the chain is locked, and must not wait for that connection."""
    answer = installation.cli(
        *("audit", "verify", "--output", "json"),
        AUTHSERVER_DATABASE_URL=installation.url,
        AUTHSERVER_KEY_ENCRYPTION_KEY=OLD,
        AUTHSERVER_DATABASE_POOL_SIZE="1",
    )

    assert answer.json["faults"] == []
