"""What a check of the audit record has found, as ``authserver audit verify`` tells it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from authserver.cli.output import JSON, show_record

if TYPE_CHECKING:
    from authserver.audit.faults import Fault
    from authserver.audit.verification import Verified


def count_of(number: int, noun: str) -> str:
    """As people say it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def show_verified(output: str, verified: "Verified", faults: "list[Fault]") -> None:
    """For programs and for people; of very many faults only the first ones are ``faults``."""
    if output == JSON:
        show_record(output, _record(verified, faults))
        return
    for fault in faults:
        click.echo(fault.message)
    if verified.faults > len(faults):
        click.echo(f"There are {verified.faults - len(faults)} more faults.")
    state = "is NOT whole" if verified.faults else "is whole"
    sealed = f"{count_of(verified.events, 'event')} in {count_of(verified.seals, 'seal')}"
    click.echo(f"The record {state}: {sealed}.")
    if verified.horizon is not None:
        at = verified.horizon.removed_at.isoformat(timespec="seconds")
        number = verified.horizon.head.number
        click.echo(
            f"All up to seal {number} is gone: retention or `authserver audit cut` removed it, "
            f"the last at {at}."
        )
    if verified.newest is not None:
        advice = "" if verified.faults else ", to be kept elsewhere"
        click.echo(f"The newest seal{advice}: {verified.newest}")
    if verified.unsealed and verified.unsealed_since:
        click.echo(_waiting(verified.unsealed, verified.unsealed_since))
    if verified.faults:
        click.echo('What to do now: docs/operations/audit.md, "When it is not whole".')


def _waiting(count: int, since: datetime) -> str:
    from authserver.audit.verification import MOST_COUNTED

    at_least = "At least " if count >= MOST_COUNTED else ""
    verb = "is" if count == 1 else "are"
    oldest = since.isoformat(timespec="seconds")
    return f"{at_least}{count_of(count, 'event')} {verb} not sealed yet, the oldest since {oldest}."


def _record(verified: "Verified", faults: "list[Fault]") -> dict[str, Any]:
    return {
        "whole": not verified.faults,
        "events": verified.events,
        "seals": verified.seals,
        "newest": verified.newest and str(verified.newest),
        "removed_up_to": verified.horizon and verified.horizon.head.number,
        "removed_at": verified.horizon and verified.horizon.removed_at,
        "unsealed": verified.unsealed,
        "unsealed_since": verified.unsealed_since,
        "fault_count": verified.faults,
        "faults": [
            {"code": each.code, "seal": each.seal, "event": each.event, "message": each.message}
            for each in faults
        ],
    }
