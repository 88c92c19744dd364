"""The box of the development server: its commands can be copied as they stand."""

import shlex
from pathlib import Path

import pytest

from authserver.cli.administrators import NewAdministrator
from authserver.cli.dev_box import show_box
from authserver.cli.dev_newcomers import Newcomers
from authserver.settings import Settings

SETTINGS = Settings(issuer="http://127.0.0.1:8123", database_url="postgresql://localhost/none")
FIRST = Newcomers(NewAdministrator("admin@example.com", "the-password"), "the-secret")
LATER = Newcomers(None, None)


def test_the_command_for_a_token_is_one_command_of_the_shell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_box(SETTINGS, FIRST, Path("var"), "table")

    text = capsys.readouterr().out.partition("A token:")[2].partition("The keys")[0]
    words = shlex.split(text)
    assert words[:3] == ["curl", "-s", "http://127.0.0.1:8123/oauth2/token"]
    assert words[words.index("-u") + 1] == "demo:the-secret"
    assert "password=the-password" in words


def test_no_line_of_it_ends_with_a_blank(capsys: pytest.CaptureFixture[str]) -> None:
    """After a backslash a blank would end the command."""
    show_box(SETTINGS, FIRST, Path("var"), "table")

    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []


def test_a_later_start_says_how_to_get_new_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    show_box(SETTINGS, LATER, Path("var"), "table")

    text = capsys.readouterr().out
    assert "user reset-password admin@example.com" in text
    assert "client rotate-secret demo" in text
