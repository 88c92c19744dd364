"""``authserver audit``: reading, exporting, sealing and checking the record."""

import json
import os
import pwd
import socket
import subprocess

import pytest
from sqlalchemy import text

from authserver.actor import Actor
from authserver.audit.chain import AuditChain
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.storage.db import Database
from tests.cli.conftest import COMMAND

ACTOR = Actor("user", "ada", "192.0.2.1", "r-1", "A browser")


@pytest.fixture
def record(services):
    return services.get(AuditService).record_alone


@pytest.fixture
def chain(services) -> AuditChain:
    return services.get(AuditChain)


@pytest.fixture
def tamper(services):
    def tamper(statement: str) -> None:
        with services.get(Database).engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(text(statement))

    return tamper


def lines(answer) -> list[dict]:
    assert answer.code == 0, answer.err
    return [json.loads(line) for line in answer.out.splitlines()]


# Reading ------------------------------------------------------------------------------------------


def test_the_list_shows_who_did_what(cli, record):
    record(Event.ROLE_DELETED, ACTOR, detail={"name": "auditor"})

    answer = cli("audit", "list", "--event", "role.deleted")

    assert "role.deleted" in answer.out
    assert "user ada" in answer.out
    assert "192.0.2.1" in answer.out


def test_the_list_may_be_narrowed_down(cli, record, make_user):
    user = make_user()
    record(Event.USER_DISABLED, ACTOR, user_id=user.id)
    record(Event.USER_DELETED, ACTOR, user_id=None, client_id="web")

    by_user = cli("audit", "list", "--user", user.email, "--actor", "ada", "--output", "json")
    by_client = cli("audit", "list", "--client", "web", "--output", "json")
    later = cli("audit", "list", "--since", "2999-01-01", "--output", "json")

    assert [each["event"] for each in by_user.json] == ["user.disabled"]
    assert [each["event"] for each in by_client.json] == ["user.deleted"]
    assert later.json == []


def test_events_of_somebody_who_is_gone_are_found_by_the_id(cli, make_user):
    user = make_user()
    cli("user", "delete", user.email, "--yes")

    answer = cli("audit", "list", "--user", str(user.id), "--event", "user.deleted")

    assert "user.deleted" in answer.out


def test_whoever_uses_the_command_line_is_named_with_the_machine(cli):
    cli("role", "create", "auditor", SUDO_USER="")

    [event] = cli("audit", "list", "--event", "role.created", "--output", "json").json

    name = pwd.getpwuid(os.getuid()).pw_name
    assert (event["actor_kind"], event["actor_id"]) == ("operator", name)
    assert event["user_agent"].endswith(f" at {socket.gethostname()}")


def test_whoever_became_root_is_named_and_not_root(cli):
    """For anybody else it is a word that they may say themselves."""
    cli("role", "create", "auditor", SUDO_USER="ada")

    [event] = cli("audit", "list", "--event", "role.created", "--output", "json").json

    name = pwd.getpwuid(os.getuid()).pw_name
    assert event["actor_id"] == ("ada" if os.getuid() == 0 else name)


def test_a_minted_token_is_recorded(cli, relying_party, make_user):
    """Whoever mints a token for somebody acts in their name."""
    user, client_id = make_user(), relying_party.credentials.client_id
    token = cli(
        *("token", "mint", "--client-id", client_id, "--user", user.email, "--output", "json"),
        AUTHSERVER_ENVIRONMENT="development",
    ).json["access_token"]

    [event] = cli("audit", "list", "--event", "token.minted", "--output", "json").json

    assert (event["actor_kind"], event["user_id"], event["client_id"]) == (
        "operator",
        str(user.id),
        client_id,
    )
    assert event["detail"].keys() == {"scope", "audience"}
    assert token not in str(event)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--event", "role.invented", "docs/operations/audit.md"),
        ("--event", "role.asigned", "role.assigned"),
        ("--since", "yesterday", "2026-11-22T13:14:15Z"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(cli, option, value, told):
    answer = cli("audit", "list", option, value)

    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


# Exporting ----------------------------------------------------------------------------------------


def test_an_export_is_one_object_a_line_the_oldest_first(cli, record):
    record(Event.ROLE_CREATED, ACTOR, detail={"name": "märz"})
    record(Event.ROLE_DELETED, ACTOR)

    created, deleted = lines(cli("audit", "export", "--actor", "ada"))

    assert (created["event"], deleted["event"]) == ("role.created", "role.deleted")
    assert created["detail"] == {"name": "märz"}
    assert created.keys() == {
        *("id", "occurred_at", "event", "actor_kind", "actor_id", "user_id", "client_id"),
        *("address", "request_id", "user_agent", "detail", "seal"),
    }


def test_an_export_of_many_is_whole_and_in_order(cli, record):
    """More than one batch, sealed and not yet sealed."""
    for number in range(2050):
        record(Event.ROLE_CREATED, ACTOR, detail={"number": number})

    found = lines(cli("audit", "export", "--event", "role.created"))

    assert [each["detail"]["number"] for each in found] == list(range(2050))


def test_an_export_follows_the_chain(cli, record, chain):
    for number in range(3):
        record(Event.ROLE_CREATED, ACTOR, detail={"number": number})
        chain.seal()
    record(Event.ROLE_CREATED, ACTOR, detail={"number": "not sealed"})

    found = lines(cli("audit", "export", "--after-seal", "1"))

    assert [(each["seal"], each["detail"]["number"]) for each in found] == [(2, 1), (3, 2)]


def test_who_has_seen_enough_may_close_the_pipe(environment, record, tmp_path):
    for _ in range(2000):
        record(Event.ROLE_CREATED, ACTOR)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = subprocess.Popen(
        [*COMMAND, "audit", "export"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=inherited | environment,
        cwd=tmp_path,
    )

    command.stdout.readline()
    command.stdout.close()

    assert (command.wait(60), command.stderr.read()) == (0, b"")
    command.stderr.close()


# Sealing and checking -----------------------------------------------------------------------------


def test_what_is_not_sealed_is_sealed_when_asked_for(cli, record, chain):
    record(Event.ROLE_CREATED, ACTOR)

    assert cli("audit", "seal", "--output", "json").json == {"sealed": 1}
    assert cli("audit", "seal").out == "Sealed: 0 events.\n"


def test_a_whole_record_is_told_with_its_newest_seal(cli, record, chain):
    for _ in range(2):
        chain.seal()
        record(Event.ROLE_CREATED, ACTOR)

    answer = cli("audit", "verify", "--output", "json").json

    assert answer["whole"]
    assert (answer["faults"], answer["unsealed"]) == ([], 1)
    assert answer["newest"] == str(chain.verify([], print).newest)
    assert (answer["removed_up_to"], answer["removed_at"]) == (None, None)


def test_people_read_that_the_record_is_whole(cli, record, chain):
    record(Event.ROLE_CREATED, ACTOR)
    chain.seal()

    answer = cli("audit", "verify")

    assert answer.code == 0
    assert "The record is whole: " in answer.out
    assert f"kept elsewhere: {chain.verify([], print).newest}" in answer.out


def test_a_changed_event_is_named_and_the_exit_code_is_1(cli, record, chain, tamper):
    record(Event.ROLE_CREATED, ACTOR)
    chain.seal()
    tamper("UPDATE audit_events SET actor_id = 'eve' WHERE actor_id = 'ada'")

    answer = cli("audit", "verify")

    assert (answer.code, answer.err) == (1, "")
    assert "was changed." in answer.out
    assert "The record is NOT whole" in answer.out
    assert "When it is not whole" in answer.out
    assert "to be kept elsewhere" not in answer.out


def test_very_many_faults_are_counted(cli, record, chain, tamper):
    for _ in range(130):
        record(Event.ROLE_CREATED, ACTOR)
    chain.seal()
    tamper("DELETE FROM audit_events WHERE actor_id = 'ada'")

    answer = cli("audit", "verify")

    assert answer.code == 1
    assert answer.out.count("is missing.") == 100
    assert "There are 30 more faults." in answer.out


def test_an_expected_seal_that_is_missing_is_told(cli, record, chain, tamper):
    record(Event.ROLE_CREATED, ACTOR)
    chain.seal()
    noted = str(chain.verify([], print).newest)
    whole = cli("audit", "verify", "--expect", noted)
    tamper("DELETE FROM audit_events WHERE actor_id = 'ada'")
    tamper("DELETE FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals)")

    cut = cli("audit", "verify", "--expect", noted)

    assert (whole.code, cut.code) == (0, 1)
    assert "its end is missing" in cut.out


@pytest.mark.parametrize("noted", ["1", "1:abc", f"0:{'0' * 64}", f"-1:{'0' * 64}", ""])
def test_what_is_no_seal_cannot_be_expected(cli, noted):
    answer = cli("audit", "verify", "--expect", noted)

    assert (answer.code, answer.out) == (2, "")
    assert "64 hexadecimal digits" in answer.err


def test_what_is_not_whole_may_be_given_up(cli, record, chain, tamper):
    record(Event.ROLE_CREATED, ACTOR)
    chain.seal()
    tamper("DELETE FROM audit_events WHERE actor_id = 'ada'")

    unsure = cli("audit", "cut", "1", "--output", "json")
    done = cli("audit", "cut", "1", "--yes")

    checked = cli("audit", "verify")
    assert unsure.refusal["code"] == "not_confirmed"
    assert done.code == 0, done.err
    assert checked.code == 0
    assert "All up to seal 1 is gone: retention or `authserver audit cut` removed it" in checked.out
    assert cli("audit", "verify", "--output", "json").json["removed_up_to"] == 1


def test_what_does_not_exist_cannot_be_given_up(cli, chain):
    answer = cli("audit", "cut", "99", "--yes", "--output", "json")

    assert (answer.code, answer.refusal["code"]) == (1, "seal_not_found")
