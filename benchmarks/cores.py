"""Which core does what: the servers share one, the load comes from another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple


class Cores(NamedTuple):
    """Numbers of cores; both are the same where there is only one."""

    servers: int
    load: int


def choose_cores() -> Cores:
    """The first core that we may use for the servers, the last one for the load."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(servers=allowed[0], load=allowed[-1])


@contextmanager
def pinned_to(core: int) -> Iterator[None]:
    """What is started in the block runs on this core alone, and so does all that it starts."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
