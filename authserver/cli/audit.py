"""``authserver audit``: the record of what happened, and whether it is still what was recorded."""

import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from authserver.cli.audit_findings import count_of, show_verified
from authserver.cli.moments import MOMENT
from authserver.cli.operators import OPERATOR
from authserver.cli.output import (
    JSON,
    RefusedError,
    confirm,
    output_option,
    show_done,
    show_rows,
    yes_option,
)
from authserver.cli.pages import every
from authserver.cli.seals import SEAL
from authserver.cli.services import open_services
from authserver.cli.subjects import named_user_id

if TYPE_CHECKING:
    from authserver.audit.faults import Fault
    from authserver.audit.models import AuditEvent
    from authserver.audit.seals import Head
    from authserver.audit.search import Search
    from authserver.wiring import Services

F = TypeVar("F", bound=Callable[..., Any])
_COLUMNS = ("occurred_at", "event", "actor", "user_id", "client_id", "address", "detail")
_MOST_FAULTS = 100
_DEVIATES = 1


def _search_options(command: F) -> F:
    """What may be looked for."""
    options = (
        click.option("--event", metavar="EVENT", help="Only these, such as role.assigned."),
        click.option("--user", metavar="EMAIL|ID", help="Only what happened to this user."),
        click.option("--client", help="Only what concerns this client."),
        click.option("--actor", help="Only what this user, client or operator has done."),
        click.option("--since", type=MOMENT, help="Only then or later; UTC unless it says so."),
        click.option("--until", type=MOMENT, help="Only before; UTC unless it says so."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """Read, export, seal and check the record of what happened."""


@audit.command(name="list")
@_search_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="How many at most.",
)
@output_option
def list_events(limit: int, output: str, **wanted: Any) -> None:
    """List events, the newest first.

    \b
    Example:
      authserver audit list --user ada@example.com --since 2026-11-01
    """
    from authserver.audit.schemas import AuditEventSchema
    from authserver.audit.service import AuditService

    def fetch(last: "AuditEvent | None", size: int) -> "list[AuditEvent]":
        return [*events.list(search, before=last.id if last else None, limit=size)]

    with open_services() as services:
        search = _search(services, **wanted)
        events = services.get(AuditService)
        found = every(fetch, limit)
    rows: list[dict[str, Any]] = AuditEventSchema(many=True).dump(found)
    if output != JSON:
        rows = [row | {"actor": _actor(row), "detail": _one_line(row["detail"])} for row in rows]
    show_rows(output, rows, _COLUMNS, "There is no such event.")


@audit.command()
@_search_options
@click.option(
    "--after-seal",
    type=click.IntRange(min=0),
    metavar="NUMBER",
    help="Sealed events alone, those of the seals after this one, in the order of the chain.",
)
@click.option("--output", type=click.Choice(["table", "json"]), help="How to tell why it fails.")
def export(after_seal: int | None, output: str | None, **wanted: Any) -> None:
    """Write events to stdout, the oldest first: one JSON object a line.

    To keep a copy elsewhere, export what follows the last seal that is there already: so each
    event comes exactly once, however late it was committed.

    \b
    Examples:
      authserver audit export --since 2026-11-01 --until 2026-12-01 > november.jsonl
      authserver audit export --after-seal 4711 >> copy.jsonl
    """
    from authserver.audit.service import AuditService

    with open_services() as services:
        search, events = _search(services, **wanted), services.get(AuditService)
        if after_seal is None:
            batches: Iterable[Any] = events.export(search)
        else:
            batches = events.export_sealed(after_seal, search)
        _write(batches)


@audit.command()
@output_option
def seal(output: str) -> None:
    """Seal all that is not sealed yet. Servers and workers do so once a minute.

    \b
    Example:
      authserver audit seal
    """
    from authserver.audit.chain import AuditChain

    with open_services() as services:
        count = services.get(AuditChain).seal(batches=None)
    show_done(output, f"Sealed: {count_of(count, 'event')}.", {"sealed": count})


@audit.command()
@click.argument("number", type=click.IntRange(min=1))
@yes_option
@output_option
def cut(number: int, yes: bool, output: str) -> None:
    """Give up the record up to a seal, whole or not.

    Its events are removed for good. Retention keeps what is not as it was sealed: once you have
    looked into it, and kept a copy, this lets the chain begin behind it. That it was done is
    recorded.

    \b
    Example:
      authserver audit cut 4711
    """
    from authserver.audit.chain import AuditChain

    with open_services() as services:
        confirm(f"Remove all events up to seal {number} for good?", yes=yes)
        removed = services.get(AuditChain).cut(number, OPERATOR)
    if removed is None:
        raise RefusedError("seal_not_found", f"There is neither seal {number} nor one after it.")
    show_done(output, f"Removed: {count_of(removed, 'event')}.", {"removed": removed})


@audit.command()
@click.option(
    "--expect",
    "expected",
    type=SEAL,
    multiple=True,
    metavar="NUMBER:DIGEST",
    help="A seal that was noted before; may be repeated.",
)
@output_option
def verify(expected: "tuple[Head, ...]", output: str) -> int:
    """Say whether the record is what was recorded.

    The exit code is 1 if it is not. Keep the newest seal that it names in another place, and
    expect it the next time: that is how the end of the record cannot be cut off unnoticed.

    \b
    Example:
      authserver audit verify --expect "$(cat /mnt/elsewhere/newest-seal)"
    """
    from authserver.audit.chain import AuditChain

    faults: list[Fault] = []

    def keep(fault: "Fault") -> None:
        if len(faults) < _MOST_FAULTS:
            faults.append(fault)

    with open_services() as services:
        verified = services.get(AuditChain).verify(expected, keep)
    show_verified(output, verified, faults)
    return _DEVIATES if verified.faults else 0


def _search(
    services: "Services",
    event: str | None,
    user: str | None,
    client: str | None,
    actor: str | None,
    since: datetime | None,
    until: datetime | None,
) -> "Search":
    from authserver.audit.events import Event
    from authserver.audit.search import Search

    if event is not None and event not in {*Event}:
        raise click.UsageError(_no_event(event))
    user_id = named_user_id(services, user) if user else None
    return Search(event, user_id, client, actor, since, until)


def _no_event(name: str) -> str:
    from difflib import get_close_matches

    from authserver.audit.events import Event

    similar = get_close_matches(name, [*Event], n=3) or ["role.assigned", "session.ended"]
    names = ", ".join(str(each) for each in similar)
    return f"There is no event {name!r}, but {names}; all are in docs/operations/audit.md."


def _write(batches: "Iterable[Iterable[AuditEvent]]") -> None:
    """Line by line; who has seen enough may close the pipe."""
    from authserver.audit.export import as_line

    try:
        for batch in batches:
            sys.stdout.buffer.write(b"".join(map(as_line, batch)))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is left Python writes at its end: to nobody then (its documentation of SIGPIPE).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _one_line(detail: dict[str, Any]) -> str:
    """As JSON, in which nothing moves the cursor of whoever reads it."""
    import json

    return json.dumps(detail, ensure_ascii=False, default=str) if detail else "-"


def _actor(row: dict[str, Any]) -> str:
    kind, name = row["actor_kind"], row["actor_id"]
    return f"{kind} {name}" if name else str(kind)
