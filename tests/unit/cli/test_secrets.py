"""What the command line makes up, and what it hides."""

import pytest

from authserver.cli.config import HIDDEN, masked
from authserver.cli.passwords import generate_password
from authserver.credentials.password_policy import PasswordPolicy


def test_a_generated_password_meets_our_own_rules() -> None:
    PasswordPolicy().check(generate_password(), ["admin@example.com", "Administrator"])


def test_generated_passwords_differ() -> None:
    assert len({generate_password() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:hunter2@db.example/app",
        "postgresql://db.example/app?user=u&password=hunter2",
        "redis://:hunter2@cache.example:6379/0",
        "rediss://cache.example/0?password=hunter2",
    ],
)
def test_no_password_of_a_url_is_shown(url: str) -> None:
    shown = masked(url)

    assert "hunter2" not in shown
    assert HIDDEN in shown


def test_the_rest_of_a_url_is_shown() -> None:
    assert masked("postgresql://user:x@db:5432/app?sslmode=require") == (
        f"postgresql://user:{HIDDEN}@db:5432/app?sslmode=require"
    )
