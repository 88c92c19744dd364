"""What commands say: JSON for programs and tables for people on stdout, refusals on stderr."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

JSON = "json"
F = TypeVar("F", bound=Callable[..., Any])

# Wide enough that nothing is cut off where there is no screen to fit.
_WIDTH_OF_A_FILE = 200


class RefusedError(Exception):
    """What was asked for cannot be done; ``message`` says why, and how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def output_option(command: F) -> F:
    """``--output table|json``, which every command has."""
    return click.option(
        "--output",
        type=click.Choice(["table", JSON]),
        default="table",
        show_default=True,
        help="How to show the result.",
    )(command)


def yes_option(command: F) -> F:
    """``--yes``, for commands that destroy something."""
    return click.option("--yes", is_flag=True, help="Do not ask whether you are sure.")(command)


def confirm(question: str, *, yes: bool) -> None:
    """Go on only when the operator is sure. Raises :class:`RefusedError`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise RefusedError(
            "not_confirmed", f"{question} Nobody is there to answer: confirm with --yes."
        )
    if not click.confirm(question, err=True):
        raise RefusedError("not_confirmed", "Nothing was changed.")


def show_record(output: str, record: Mapping[str, Any], note: str = "") -> None:
    """One thing by its members; ``note`` is for people only."""
    if output == JSON:
        _show_json(record)
        return
    width = max((len(name) for name in record), default=0)
    for name, value in record.items():
        click.echo(f"{name:<{width}}  {_cell(value)}")
    if note:
        click.echo(f"\n{note}")


def show_rows(
    output: str, rows: Sequence[Mapping[str, Any]], columns: Sequence[str], nothing: str
) -> None:
    """Many things: all members for programs, ``columns`` for people; ``nothing`` if there is none.

    Cells are plain text: what somebody put into a name is no mark-up.
    """
    if output == JSON:
        _show_json(rows)
        return
    if not rows:
        click.echo(nothing)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(column))) for column in columns))
    Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE).print(table)


def show_done(output: str, sentence: str, record: Mapping[str, Any] | None = None) -> None:
    """That something was done: a sentence for people, the record for programs."""
    if output == JSON:
        _show_json(record or {})
    else:
        click.echo(sentence)


def _show_json(value: Any) -> None:
    import orjson

    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z
    click.echo(orjson.dumps(value, default=str, option=options))


def _cell(value: Any) -> str:
    """A value as people write it."""
    if value is None or value == [] or value == ():
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(str(entry) for entry in value)
    return str(value)
