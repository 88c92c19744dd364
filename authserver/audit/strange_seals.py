"""Seals that we did not make as they stand: what became of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from authserver.audit import faults
from authserver.audit.faults import Fault
from authserver.audit.seals import Seal, SealMaker

# Of so many of them the place that they come from is looked for.
_FEW = 20


@dataclass
class StrangeSeals:
    """Those of one walk along the chain, and the places where a seal is missing."""

    maker: SealMaker
    number: int = 0
    few: list[Seal] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)

    def add(self, seal: Seal) -> None:
        self.number += 1
        if self.number <= _FEW:
            self.few.append(seal)

    def add_missing(self, places: Sequence[int]) -> None:
        self.missing += places[:_FEW]

    def faults(self, seals: int) -> Iterator[Fault]:
        """What is to be told of them, when there are so many seals in all."""
        if self.number and self.number == seals:
            yield faults.other_key(seals)
            return
        for seal in self.few:
            origin = self._origin(seal)
            if origin is None:
                yield faults.changed_seal(seal.number)
            else:
                yield faults.moved_seal(seal.number, origin)
        if self.number > len(self.few):
            yield faults.more_changed_seals(self.number - len(self.few))

    def _origin(self, seal: Seal) -> int | None:
        """The place where the seal would be ours, if it is not far from where we know of one."""
        places = [*(each.number for each in self.few), *self.missing[:_FEW]]
        places += range(seal.number - _FEW, seal.number + _FEW)
        return next(
            (place for place in places if place >= 0 and self.maker.made(seal, place)), None
        )
