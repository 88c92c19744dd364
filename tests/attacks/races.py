"""Things done at the same moment, each in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Release all actions at once; what each of them returns. What one raises is raised."""
    barrier = Barrier(len(actions))

    def act(action: Callable[[], Any]) -> Any:
        barrier.wait()
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return [found.result() for found in [threads.submit(act, action) for action in actions]]
