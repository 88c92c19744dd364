"""``authserver doctor``: each fault of the settings and of servers is provoked, and it is named.

What the command says is read as a program reads it, and once as people do.
"""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from tests.cli.conftest import COMMAND
from tests.support.bad_network import bad_network_to
from tests.support.clinic import FINDINGS, Clinic, words
from tests.support.clock_of_processes import SteppedClock


def test_nothing_is_wrong_with_a_sound_installation(clinic: Clinic) -> None:
    answer = clinic.doctor()

    assert (answer.code, answer.out.splitlines()[-1]) == (0, "All is well.")


def test_a_person_reads_what_is_wrong_and_how_to_mend_it(clinic: Clinic) -> None:
    clinic.sql("DELETE FROM user_roles")

    answer = clinic.doctor()

    assert "There is none who can sign in." in answer.out
    assert "authserver bootstrap --admin-email" in answer.out
    assert answer.out.splitlines()[-1] == f"1 of {len(FINDINGS)} checks failed."


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AUTHSERVER_ISSUER": "https://id.example.com/"}, "no slash at the end"),
        ({"AUTHSERVER_ISSUER": "https://id.example.com/auth"}, "scheme, host and port only"),
        ({"AUTHSERVER_ISSUER": "http://id.example.com"}, "plain http is for localhost only"),
        ({"AUTHSERVER_LIFETIME": "3"}, "AUTHSERVER_LIFETIME: This setting does not exist"),
        ({"AUTHSERVER_ACCESS_TOKEN_TTL": "1e9"}, "AUTHSERVER_ACCESS_TOKEN_TTL"),
    ],
    ids=["slash", "path", "http", "misspelt", "no-number"],
)
def test_settings_that_are_no_settings(clinic, variables, sentence) -> None:
    said = words(clinic.finding("settings", **variables))

    assert said.startswith("WRONG: ")
    assert sentence in said
    assert "docs/reference/settings.md" in said


def test_plain_http_in_production(clinic: Clinic) -> None:
    said = words(clinic.finding("issuer", AUTHSERVER_ISSUER="http://localhost:8000"))

    assert said == (
        "WRONG: http://localhost:8000 is not https, and this is production. Set AUTHSERVER_ISSUER "
        "to the https address, or AUTHSERVER_ENVIRONMENT=development."
    )


def test_settings_that_weaken_the_server(clinic: Clinic) -> None:
    weak = {"AUTHSERVER_UNSIGNED_ID_TOKENS": "true", "AUTHSERVER_CLIENT_REGISTRATION": "open"}

    said = words(clinic.finding("unusual settings", **weak))

    assert said.startswith(
        "advice: Weaker than we advise: AUTHSERVER_UNSIGNED_ID_TOKENS, "
        "AUTHSERVER_CLIENT_REGISTRATION=open without AUTHSERVER_CLIENT_REGISTRATION_HOSTS."
    )


def test_too_few_open_files(clinic: Clinic) -> None:
    limited = ["prlimit", "--nofile=256:256", *COMMAND]

    answer = clinic.doctor("--output", "json", command=limited)

    found = next(one for one in json.loads(answer.out) if one["check"] == "open files")
    assert words(found).startswith("WRONG: A process may open 256 files")
    assert "LimitNOFILE=" in found["mend"]


def test_no_postgresql(clinic: Clinic) -> None:
    lost = "postgresql://somebody:the-password@127.0.0.1:1/nothing"

    found = clinic.findings(AUTHSERVER_DATABASE_URL=lost)

    assert "Connection refused" in found["postgresql"]["finding"]
    assert found["postgresql"]["mend"] == "Start it, or mend AUTHSERVER_DATABASE_URL."
    assert words(found["schema"]) == "WRONG: Not checked. Mend this first: postgresql."
    assert "the-password" not in str(found)


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        ("/patient", "/nowhere", "Create it with `createdb`"),
        ("//authserver@", "//stranger@", "Create this user"),
        ("host=%2F", "host=nowhere.invalid#", "Mend the host"),
    ],
    ids=["database", "role", "host"],
)
def test_a_database_url_that_leads_nowhere(clinic, old, new, mend) -> None:
    wrong = clinic.url.replace(old, new, 1).partition("#")[0]

    said = words(clinic.finding("postgresql", AUTHSERVER_DATABASE_URL=wrong))

    assert said.startswith("WRONG: It does not answer as it should: ")
    assert mend in said


@pytest.fixture
def asking_for_passwords(postgres: EmbeddedPostgres, clinic: Clinic) -> Iterator[Clinic]:
    """The server wants a password of whoever comes to this database."""
    name = clinic.url.partition("@/")[2].partition("?")[0]
    clinic.sql("SET password_encryption = 'scram-sha-256'; ALTER ROLE authserver PASSWORD 'right'")
    path = postgres._data / "pg_hba.conf"
    before = path.read_text()
    path.write_text(f"local {name} all scram-sha-256\n{before}")
    other = replace(clinic, url=postgres.url)
    other.sql("SELECT pg_reload_conf()")
    yield clinic
    path.write_text(before)
    other.sql("SELECT pg_reload_conf()")


def test_a_wrong_password(asking_for_passwords: Clinic) -> None:
    url = asking_for_passwords.url.replace("//authserver@", "//authserver:wrong-one@")

    said = words(asking_for_passwords.finding("postgresql", AUTHSERVER_DATABASE_URL=url))

    assert "password authentication failed" in said
    assert said.endswith("Give AUTHSERVER_DATABASE_URL the password of this user.")
    assert "wrong-one" not in said


def test_an_old_postgresql(clinic: Clinic) -> None:
    """There is one release of it here: its answer is changed on the way."""
    with bad_network_to(clinic.url) as (url, network):
        network.rewrite = lambda piece: with_number(piece, b"130014")

        said = words(clinic.finding("postgresql", AUTHSERVER_DATABASE_URL=url))

    assert "is too old. Upgrade the server to PostgreSQL 14 or newer." in said


def with_number(piece: bytes, number: bytes) -> bytes:
    """As if ``server_version_num`` were this one: six digits in a column of their own."""
    before, length, rest = piece.partition(b"\x00\x00\x00\x06")
    is_number = rest[:6].isdigit()
    return before + length + number + rest[6:] if is_number else piece


def test_too_few_connections(clinic: Clinic) -> None:
    said = words(clinic.finding("postgresql", AUTHSERVER_WORKERS="64"))

    assert said == (
        "WRONG: 64 workers may open 640 connections, and the server takes 97. Lower "
        "AUTHSERVER_WORKERS or AUTHSERVER_DATABASE_POOL_SIZE, or raise max_connections."
    )


def test_no_tls_to_another_machine(clinic: Clinic) -> None:
    everywhere = "0.0.0.0"  # noqa: S104 - an address that is no loopback's, and leads here
    with bad_network_to(clinic.url, everywhere) as (url, _):
        said = words(clinic.finding("encryption", AUTHSERVER_DATABASE_URL=url))

    assert said.startswith("advice: The connection to PostgreSQL at 0.0.0.0 is not encrypted")
    assert "sslmode=verify-full" in said


def test_a_database_that_only_reads(clinic: Clinic) -> None:
    name = clinic.url.partition("@/")[2].partition("?")[0]
    clinic.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    said = words(clinic.finding("writing"))

    assert said.startswith("WRONG: This user or this database may only read")
    assert "RESET default_transaction_read_only" in said


def test_clocks_that_differ(clinic: Clinic) -> None:
    clock = SteppedClock(clinic.folder / "clock")
    clock.step(90)

    answer = clinic.doctor("--output", "json", command=clock.command())

    found = next(one for one in json.loads(answer.out) if one["check"] == "clock")
    assert found["finding"].startswith("This machine and the database differ by 90.")
    assert "NTP" in found["mend"]


def test_no_redis(clinic: Clinic) -> None:
    said = words(clinic.finding("redis", AUTHSERVER_REDIS_URL="redis://127.0.0.1:1/0"))

    assert said == (
        "WRONG: It does not answer (ConnectionError). Start it, or mend AUTHSERVER_REDIS_URL. "
        "Until then the server works without."
    )


def test_an_old_redis(clinic: Clinic, valkey: EmbeddedValkey) -> None:
    with bad_network_to(valkey.url) as (url, network):
        network.rewrite = lambda piece: piece.replace(b"redis_version:7.", b"redis_version:5.")

        said = words(clinic.finding("redis", AUTHSERVER_REDIS_URL=url))

    assert said.startswith("WRONG: Redis 5.")
    assert said.endswith("is too old. Upgrade it to Redis 6.2 or newer, or to Valkey.")


def test_a_redis_that_wants_a_password(clinic: Clinic, valkey: EmbeddedValkey) -> None:
    with_wrong_one = valkey.url.replace("unix://", "unix://stranger:wrong-one@")

    said = words(clinic.finding("redis", AUTHSERVER_REDIS_URL=with_wrong_one))

    assert said.startswith(
        "WRONG: It refuses the password, or wants one. Mend AUTHSERVER_REDIS_URL"
    )
    assert "wrong-one" not in said
