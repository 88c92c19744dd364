"""What a check of the record may find: a code for programs, and a sentence for people."""

from dataclasses import dataclass
from uuid import UUID

from authserver.audit.seals import Head


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed."""

    code: str
    message: str
    seal: int | None = None
    event: UUID | None = None


def changed_event(event: UUID, seal: int) -> Fault:
    return Fault("changed_event", f"Event {event} of seal {seal} was changed.", seal, event)


def missing_event(event: UUID, seal: int) -> Fault:
    return Fault("missing_event", f"Event {event} of seal {seal} is missing.", seal, event)


def moved_event(event: UUID, seal: int, says: int | None) -> Fault:
    now = "is in no seal now" if says is None else f"says now that it belongs to seal {says}"
    return Fault("moved_event", f"Event {event} of seal {seal} {now}.", seal, event)


def inserted_event(event: UUID, seal: int) -> Fault:
    sentence = f"Event {event} says that it belongs to seal {seal}, which was made without it."
    return Fault("inserted_event", sentence, seal, event)


def stray_event(event: UUID, seal: int) -> Fault:
    sentence = f"Event {event} says that it belongs to seal {seal}, which does not exist."
    return Fault("inserted_event", sentence, seal, event)


def too_many_events(first: int, last: int) -> Fault:
    sentence = f"Far more events than were sealed say that they belong to {_seals(first, last)}."
    return Fault("inserted_event", sentence, first)


def changed_seal(number: int) -> Fault:
    return Fault("changed_seal", f"Seal {number} was changed, or was never made here.", number)


def moved_seal(number: int, origin: int) -> Fault:
    sentence = f"What stands in the place of seal {number} is seal {origin}."
    return Fault("moved_seal", sentence, number)


def more_changed_seals(count: int) -> Fault:
    return Fault("changed_seal", f"{count} more seals were changed, or were never made here.")


def other_key(count: int) -> Fault:
    return Fault(
        "other_key",
        f"None of the {count} seals was made with the secret of this installation. Either that was "
        "made anew (event installation_secret.created), or the chain was replaced.",
    )


def missing_seals(first: int, last: int) -> Fault:
    verb = "is" if first == last else "are"
    sentence = f"{_seals(first, last).capitalize()} {verb} missing, and retention did not do it."
    return Fault("missing_seal", sentence, first)


def broken_chain(number: int) -> Fault:
    sentence = f"Seal {number} does not follow on what stands before it."
    return Fault("broken_chain", sentence, number)


def changed_horizon() -> Fault:
    sentence = "The note of what retention has removed (audit_horizon) was not made here."
    return Fault("changed_horizon", sentence)


def unguarded(table: str, trigger: str) -> Fault:
    sentence = (
        f"Trigger {trigger} of {table} is missing or switched off: PostgreSQL no longer refuses "
        "what it is for."
    )
    return Fault("unguarded", sentence)


def foreign_rule(table: str, name: str) -> Fault:
    sentence = f"{table} has what is not ours ({name}): it may keep events from being recorded."
    return Fault("foreign_rule", sentence)


def cut_off(expected: int, newest: int) -> Fault:
    sentence = f"Seal {expected} was expected, and the chain ends at {newest}: its end is missing."
    return Fault("cut_off", sentence, expected)


def not_as_expected(head: Head) -> Fault:
    sentence = f"Seal {head.number} has not the digest that was expected: it is another chain."
    return Fault("not_as_expected", sentence, head.number)


def out_of_reach(expected: int, start: int) -> Fault:
    sentence = (
        f"Seal {expected} cannot be compared: retention has removed all up to seal {start}. "
        "Expect a newer one."
    )
    return Fault("out_of_reach", sentence, expected)


def _seals(first: int, last: int) -> str:
    return f"seal {first}" if first == last else f"seals {first} to {last}"
