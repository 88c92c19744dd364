"""What a piece of work is part of (W3C Trace Context), and which pieces of it somebody follows.

A request may say of which trace it is a part. Then its lines in the log say so too, and so do the
calls that it gives rise to. Whether anybody keeps a record of the pieces is not our business here:
a :class:`Tracer` does, if one was put in place when the process began. Without either, nothing of
this costs more than a look at a dictionary.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from random import getrandbits
from typing import Literal, Protocol

Kind = Literal["server", "client", "internal", "consumer"]
Attributes = Mapping[str, str | int]

# Version 00 in its one form. Two such headers arrive joined by a comma, and are none.
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_SAMPLED = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a trace a piece of work is; ``sampled`` when the caller keeps a record."""

    trace_id: str
    span_id: str
    sampled: bool

    @property
    def traceparent(self) -> str:
        """The header that tells others."""
        return f"00-{self.trace_id}-{self.span_id}-{self.sampled:02x}"


class Span(Protocol):
    """A piece of work under way."""

    @property
    def place(self) -> Place: ...

    def note(self, name: str, value: str | int) -> None:
        """Say one thing more of it; never anything secret."""

    def rename(self, name: str) -> None:
        """What it was became known while it was done."""

    def fail(self, error: str) -> None:
        """It has failed, with an error of this name."""

    def end(self) -> None:
        """It is done."""


class Tracer(Protocol):
    """Keeps a record of pieces of work."""

    def start(
        self, name: str, kind: Kind, parent: Span | Place | None, attributes: Attributes
    ) -> Span: ...


@dataclass(frozen=True)
class Unrecorded:
    """A piece of work of which nobody keeps a record; it only has a place."""

    place: Place

    def note(self, name: str, value: str | int) -> None:
        pass

    def rename(self, name: str) -> None:
        pass

    def fail(self, error: str) -> None:
        pass

    def end(self) -> None:
        pass


# Of no trace.
NOWHERE = Unrecorded(Place(_NO_TRACE, _NO_SPAN, sampled=False))


class _Watch:
    """Who keeps a record in this process, if anybody does."""

    tracer: Tracer | None = None


_current: ContextVar[Span | None] = ContextVar("authserver_span", default=None)


def record_with(tracer: Tracer | None) -> None:
    """From now on this one keeps a record, or nobody does."""
    _Watch.tracer = tracer


def are_recorded() -> bool:
    """Whether somebody keeps a record."""
    return _Watch.tracer is not None


def current() -> Place | None:
    """The place of the work that this thread does, if that is part of a trace."""
    span = _current.get()
    return span.place if span else None


def read_traceparent(header: str) -> Place | None:
    """What a ``traceparent`` says (W3C Trace Context, section 3.2); None for anything else."""
    found = _TRACEPARENT.fullmatch(header)
    if found is None or found[1] == _NO_TRACE or found[2] == _NO_SPAN:
        return None
    return Place(found[1], found[2], bool(int(found[3], 16) & _SAMPLED))


def start(name: str, kind: Kind, attributes: Attributes) -> Span:
    """Begin a part of what this thread does; of no trace, it is none either. Who begins ends it."""
    parent, tracer = _current.get(), _Watch.tracer
    if parent is None or tracer is None:
        return parent or NOWHERE
    return tracer.start(name, kind, parent, attributes)


@contextmanager
def span(name: str, kind: Kind, attributes: Attributes) -> Iterator[Span]:
    """The same, around the parts of that in turn."""
    if _current.get() is None or _Watch.tracer is None:
        yield _current.get() or NOWHERE
        return
    with _around(start(name, kind, attributes)) as begun:
        yield begun


@contextmanager
def entry(name: str, kind: Kind, traceparent: str, attributes: Attributes) -> Iterator[Span | None]:
    """Work that came from outside, with the header that came with it, or an empty one.

    None when it is part of no trace, and nobody keeps a record.
    """
    parent, tracer = read_traceparent(traceparent), _Watch.tracer
    if tracer is not None:
        begun = tracer.start(name, kind, parent, attributes)
    elif parent is not None:
        begun = Unrecorded(Place(parent.trace_id, f"{getrandbits(64):016x}", parent.sampled))
    else:
        yield None
        return
    with _around(begun):
        yield begun


@contextmanager
def _around(begun: Span) -> Iterator[Span]:
    before = _current.set(begun)
    try:
        yield begun
    except BaseException as error:
        begun.fail(type(error).__name__)
        raise
    finally:
        _current.reset(before)
        begun.end()
