"""What a forked process must not share with its parent, and what it must begin anew."""

import os
import weakref
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def after_fork(owner: T, renew: Callable[[T], None]) -> None:
    """Call ``renew`` in each process that is forked from this one, as long as ``owner`` lives.

    Sockets are inherited: two processes that speak through one would hear each other's answers.
    Threads are not: what they did must be begun again.
    """
    reference = weakref.ref(owner)

    def in_child() -> None:
        survivor = reference()
        if survivor is not None:
            renew(survivor)

    os.register_at_fork(after_in_child=in_child)
