"""``authserver user`` and ``authserver role``."""

from collections.abc import Callable

from flask.testing import FlaskClient

from tests.cli.conftest import Cli
from tests.factories.users import UserFactory


def test_a_user_is_made_with_roles_and_a_password_from_stdin(
    cli: Cli, sign_in: Callable[[str, str], str], client: FlaskClient
) -> None:
    made = cli(
        *("user", "create", "--email", "Ada@Example.com", "--full-name", "Ada"),
        *("--role", "admin", "--password-stdin", "--output", "json"),
        stdin="correct horse battery\n",
    ).json

    token = sign_in("ada@example.com", "correct horse battery")
    shown = client.get(f"/api/users/{made['id']}", headers={"Authorization": f"Bearer {token}"})
    assert shown.json == made
    assert made["roles"] == ["admin", "user"]


def test_a_weak_password_is_refused_with_what_was_expected(cli: Cli) -> None:
    answer = cli(
        *("user", "create", "--email", "ada@example.com", "--password-stdin", "--output", "json"),
        stdin="short",
    )

    assert answer.code == 1
    assert answer.refusal["code"] == "weak_password"
    assert "8 characters" in answer.refusal["errors"]["password"][0]


def test_a_password_is_never_an_argument(cli: Cli) -> None:
    """Everybody on the machine sees the arguments of a process (CWE-214)."""
    answer = cli("user", "create", "--email", "ada@example.com", "--password", "correct horse")

    assert answer.code == 2
    assert "correct horse" not in answer.err


def test_a_lost_administrator_comes_back_with_a_new_password(
    cli: Cli, make_user: UserFactory, sign_in: Callable[[str, str], str]
) -> None:
    admin = make_user(roles=["admin"])

    reset = cli("user", "reset-password", admin.email, "--output", "json").json

    assert sign_in(admin.email, reset["password"])


def test_nobody_is_deleted_without_being_sure(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()

    answer = cli("user", "delete", user.email, "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "not_confirmed"
    assert cli("user", "show", str(user.id), "--output", "json").json["email"] == user.email


def test_a_user_is_deleted_with_yes(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()

    answer = cli("user", "delete", user.email, "--yes")

    assert answer.code == 0, answer.err
    assert cli("user", "show", str(user.id)).code == 1


def test_a_new_role_is_given_and_listed(cli: Cli, make_user: UserFactory) -> None:
    user = make_user()
    cli("role", "create", "auditor", "--description", "Reads", "--permission", "audit:read")

    answer = cli("user", "assign-role", user.email, "auditor", "--output", "json")

    assert answer.json["roles"] == ["auditor", "user"]


def test_a_name_is_shown_as_it_is_and_never_as_markup(cli: Cli, make_user: UserFactory) -> None:
    make_user(full_name="[red]Una[/red]")

    answer = cli("user", "list")

    assert "[red]Una[/red]" in answer.out
