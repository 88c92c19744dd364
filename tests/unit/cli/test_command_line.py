"""What holds for every command."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from authserver.cli.main import authserver
from authserver.cli.refusals import wants_json


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _commands(child, f"{path} {name}")
    else:
        yield path, command


COMMANDS = dict(_commands(authserver, "authserver"))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_helps_with_an_example_of_itself(path: str) -> None:
    text = (COMMANDS[path].help or "").partition("Example")[2]

    assert path in text


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_can_speak_json(path: str) -> None:
    options = {name for parameter in COMMANDS[path].params for name in parameter.opts}

    assert "--output" in options


@pytest.mark.parametrize("path", COMMANDS)
def test_no_option_takes_a_secret_from_the_command_line(path: str) -> None:
    """Everybody on the machine sees the arguments of a process (CWE-214)."""
    secrets = [
        parameter.name
        for parameter in COMMANDS[path].params
        if isinstance(parameter, click.Option)
        and not parameter.is_flag
        and any(word in str(parameter.name) for word in ("password", "secret"))
    ]

    assert secrets == []


def test_help_does_not_wait_for_a_web_framework() -> None:
    script = "import sys, authserver.cli.main; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()

    assert {"flask", "sqlalchemy", "gunicorn", "rich", "environs"} & set(loaded) == set()


@pytest.mark.parametrize(
    "arguments", [["x", "--output", "json"], ["x", "--output=json"], ["--output", "json", "x"]]
)
def test_json_is_meant_wherever_it_is_asked_for(arguments: list[str]) -> None:
    assert wants_json(arguments)


def test_json_is_not_meant_by_the_word_alone() -> None:
    assert not wants_json(["--output", "table", "json"])
