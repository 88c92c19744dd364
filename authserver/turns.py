"""Whose turn it is, among threads that answer requests.

Python runs one thread at a time, and is a bad judge of which: a thread that comes back from waiting
may be kept waiting by one that is busy, five milliseconds at each step. So the threads of a worker
take turns themselves. Who has the turn waits for the next request and works on it; who must wait
for something else meanwhile, such as PostgreSQL or a hash, says so here first, and another thread
goes on with the requests that come.

Where nobody takes turns, passing one on does nothing.
"""

import threading

_mutex = threading.Lock()
# The thread that has the turn; whoever wants it waits at a lock of its own. The last to come is the
# first to go on: what it works with is still at hand.
_holder: int | None = None
_waiting: list[tuple[int, threading.Lock]] = []


def take() -> None:
    """Wait for the turn, unless this thread has it."""
    global _holder
    me = threading.get_ident()
    if _holder == me:
        return
    with _mutex:
        if _holder is None:
            _holder = me
            return
        place = threading.Lock()
        place.acquire()
        _waiting.append((me, place))
    place.acquire()


def pass_on() -> None:
    """Let another thread go on, for this one may have to wait. Costs nothing without a turn."""
    if _holder == threading.get_ident():
        take_away()


def take_away() -> None:
    """Let another thread go on although the one that has the turn has not said that it waits."""
    global _holder
    with _mutex:
        if _waiting:
            _holder, place = _waiting.pop()
            place.release()
        else:
            _holder = None
