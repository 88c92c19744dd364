"""Numbers that are counted where the facts are known, at next to no cost.

To count is to add to a number of this process: no lock, no system call, nothing to wait for. Once
a second ``recording`` writes what has changed to where Prometheus gets to see it. Without it the
numbers are nobody's, and cost what a few additions cost.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Generic, Literal, NamedTuple, TypeVar

Labels = tuple[str, ...]
# How Prometheus is told one gauge of several processes: by their sum, or by the least or greatest.
Merging = Literal["sum", "min", "max"]


class Sample(NamedTuple):
    """One number, as Prometheus knows it."""

    name: str
    labels: Sequence[tuple[str, str]]
    value: float


class Number:
    """One number of this process.

    Between reading and writing it nothing is called and nothing jumps, so that Python never lets
    another thread in there: no addition is lost.
    """

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0

    def add(self, amount: float = 1) -> None:
        self.value += amount

    def set(self, value: float) -> None:
        self.value = value

    def forget(self) -> None:
        self.value = 0


class Durations:
    """How often something took how long; ``value`` is the sum, in seconds."""

    __slots__ = ("_bounds", "counts", "value")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.value = 0.0

    def add(self, seconds: float) -> None:
        place = bisect_left(self._bounds, seconds)
        self.counts[place] += 1
        self.value += seconds

    def forget(self) -> None:
        self.counts[:] = [0] * len(self.counts)
        self.value = 0.0


M = TypeVar("M", Number, Durations)


@dataclass(frozen=True)
class Family(ABC, Generic[M]):
    """What numbers of one name have in common. Names and sentences are for operators."""

    name: str
    help: str
    labels: Labels = ()
    members: dict[Labels, M] = field(default_factory=dict, repr=False)

    def of(self, *values: str) -> M:
        """The one with these values of the labels; whoever counts often keeps it.

        The values are from a list that somebody can look up: never what a caller sent.
        """
        return self.members.get(values) or self.members.setdefault(values, self._new())

    @abstractmethod
    def samples_of(self, values: Labels, member: M) -> Iterator[Sample]:
        """The numbers of one member, as they are now."""

    def forget(self) -> None:
        """Begin anew, as a process does that was forked from one that has counted already."""
        for member in list(self.members.values()):
            member.forget()

    @abstractmethod
    def _new(self) -> M: ...

    def _named(self, values: Labels) -> list[tuple[str, str]]:
        return list(zip(self.labels, values, strict=True))


@dataclass(frozen=True)
class _Numbers(Family[Number]):
    def __post_init__(self) -> None:
        if not self.labels:
            self.of()

    def samples_of(self, values: Labels, member: Number) -> Iterator[Sample]:
        yield Sample(self.name, self._named(values), member.value)

    def _new(self) -> Number:
        return Number()


@dataclass(frozen=True)
class Counter(_Numbers):
    """Numbers that only grow; the name ends with ``_total``."""


@dataclass(frozen=True)
class Gauge(_Numbers):
    """Numbers that are what they are at the moment."""

    merging: Merging = "sum"


@dataclass(frozen=True)
class Histogram(Family[Durations]):
    """Durations, sorted into buckets."""

    bounds: tuple[float, ...] = ()

    def samples_of(self, values: Labels, member: Durations) -> Iterator[Sample]:
        """Each bucket by itself: whoever adds up processes adds up buckets as well."""
        labels = self._named(values)
        yield Sample(f"{self.name}_sum", labels, member.value)
        for bound, count in zip((*self.bounds, inf), member.counts, strict=True):
            end = "+Inf" if bound == inf else str(float(bound))
            yield Sample(f"{self.name}_bucket", [*labels, ("le", end)], count)

    def _new(self) -> Durations:
        return Durations(self.bounds)
