"""Passwords on their way in and out: from stdin or a prompt, never from an argument."""

import secrets
import sys

import click

from authserver.cli.output import RefusedError

# Without what looks alike (0 o, 1 l i): it may have to be read out or typed.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 5


def generate_password() -> str:
    """A password of 99 bits that people can type."""
    groups = (
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS)
    )
    return "-".join(groups)


def password_from_stdin() -> str:
    """What comes on stdin, without the end of its line."""
    password = sys.stdin.read().removesuffix("\n").removesuffix("\r")
    if not password:
        raise RefusedError(
            "no_password",
            "There is no password on stdin. Send one: printf %s 'the password' | authserver ...",
        )
    return password


def password_from_person() -> str:
    """A password that somebody types twice, unseen."""
    if not sys.stdin.isatty():
        raise RefusedError(
            "no_password",
            "Nobody is there to type a password. Send one on stdin and say --password-stdin.",
        )
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
