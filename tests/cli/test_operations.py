"""The commands of who runs the server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from authserver.cli.config import HIDDEN
from authserver.devservices.postgres import EmbeddedPostgres
from tests.cli.conftest import Cli
from tests.factories.users import UserFactory

# Nobody listens at port 1.
LOST = "postgresql://somebody:the-password@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def empty_url(postgres: EmbeddedPostgres) -> str:
    """A database without a table."""
    return postgres.create_database("without_tables")


def test_bootstrap_makes_an_administrator_when_there_is_none(
    cli: Cli, sign_in: Callable[[str, str], str]
) -> None:
    arguments = ("bootstrap", "--admin-email", "root@example.com", "--output", "json")

    made = cli(*arguments).json

    assert sign_in("root@example.com", made["password"])


def test_bootstrap_makes_no_second_administrator(cli: Cli, make_user: UserFactory) -> None:
    make_user(roles=["admin"])

    made = cli("bootstrap", "--admin-email", "root@example.com", "--output", "json").json

    assert made == {"ready": True, "administrator": None, "password": None}


def test_the_doctor_finds_nothing_wrong_with_a_sound_installation(
    cli: Cli, make_user: UserFactory
) -> None:
    make_user(roles=["admin"])

    answer = cli("doctor", "--output", "json", AUTHSERVER_ENVIRONMENT="development")

    assert [finding["check"] for finding in answer.json if not finding["ok"]] == []


def test_the_doctor_names_what_is_wrong_and_exits_with_1(cli: Cli) -> None:
    answer = cli("doctor", AUTHSERVER_DATABASE_URL=LOST)

    assert answer.code == 1
    assert "Start it, or mend AUTHSERVER_DATABASE_URL." in " ".join(answer.out.split())
    assert "the-password" not in answer.out + answer.err


def test_the_configuration_is_shown_without_its_secrets(cli: Cli) -> None:
    shown = cli("config", "show", "--output", "json", AUTHSERVER_DATABASE_URL=LOST).json

    assert shown["AUTHSERVER_DATABASE_URL"] == LOST.replace("the-password", HIDDEN)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"AUTHSERVER_DATABASE_URL": LOST}, "PostgreSQL does not answer"),
        ({"AUTHSERVER_WORKERS": "many", "AUTHSERVER_NONSENSE": "1"}, "AUTHSERVER_NONSENSE"),
        ({"AUTHSERVER_KEY_ENCRYPTION_KEY": "A" * 43}, "does not open"),
        ({"AUTHSERVER_BIND": "nowhere"}, "nowhere is no address"),
    ],
    ids=["lost-database", "wrong-settings", "another-key", "wrong-address"],
)
def test_a_server_that_cannot_work_says_why_and_does_not_start(
    cli: Cli, variables: dict[str, str], sentence: str
) -> None:
    answer = cli("serve", **({"AUTHSERVER_BIND": "127.0.0.1:0"} | variables))

    assert answer.code == 1
    assert sentence in answer.err
    assert "Traceback" not in answer.err


def test_a_server_on_an_empty_database_asks_for_the_migration(cli: Cli, empty_url: str) -> None:
    answer = cli("serve", AUTHSERVER_DATABASE_URL=empty_url, AUTHSERVER_BIND="127.0.0.1:0")

    assert answer.err == "The database is empty. Run `authserver migrate` and start again.\n"


def test_the_healthcheck_fails_where_nobody_answers(cli: Cli) -> None:
    answer = cli("healthcheck", "--bind", "127.0.0.1:1")

    assert answer.code == 1


def test_a_round_of_maintenance_tells_what_it_did(cli: Cli) -> None:
    done = cli("maintenance", "run", "--output", "json").json

    assert done["removed_sessions"] == 0


def test_without_any_settings_the_command_says_where_it_looked(bare_cli: Cli) -> None:
    answer = bare_cli("user", "list", "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "no_settings"


def test_settings_are_read_from_dotenv_in_development(bare_cli: Cli, tmp_path: Path) -> None:
    lines = ["AUTHSERVER_ISSUER=http://localhost:9000", f"AUTHSERVER_DATABASE_URL={LOST}"]
    (tmp_path / ".env").write_text("\n".join(lines))

    shown = bare_cli("config", "show", "--output", "json").json

    assert shown["AUTHSERVER_ISSUER"] == "http://localhost:9000"


def test_dotenv_is_ignored_in_production(bare_cli: Cli, tmp_path: Path) -> None:
    lines = ["AUTHSERVER_ISSUER=http://localhost:9000", f"AUTHSERVER_DATABASE_URL={LOST}"]
    (tmp_path / ".env").write_text("\n".join(lines))

    answer = bare_cli("config", "show", "--output", "json", AUTHSERVER_ENVIRONMENT="production")

    assert answer.refusal["code"] == "no_settings"


def test_a_wrong_command_line_exits_with_2_and_an_error_for_programs(bare_cli: Cli) -> None:
    answer = bare_cli("user", "show", "--output", "json")

    assert answer.code == 2
    assert answer.refusal["code"] == "usage"


def test_the_description_of_the_api_needs_no_server(bare_cli: Cli) -> None:
    document = bare_cli("openapi").json

    assert "/api/users" in document["paths"]
