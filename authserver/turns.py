"""Whose turn it is, among threads that answer requests.

Python runs one thread at a time, and is a bad judge of which: a thread that comes back from waiting
may be kept waiting by one that is busy, five milliseconds at each step. So the threads of a worker
take turns themselves. Who has the turn waits for the next request and works on it; who must wait
for something else meanwhile, such as PostgreSQL or a hash, says so here first, and another thread
goes on with the requests that come.

Where nobody takes turns, passing one on does nothing.
"""

import threading

_lock = threading.Lock()
# The thread that has the turn. Whoever takes it out of here, and nobody else, releases the lock.
_holders: dict[int, bool] = {}


def take() -> None:
    """Wait for the turn, unless this thread has it."""
    me = threading.get_ident()
    if me not in _holders:
        _lock.acquire()
        _holders[me] = True


def pass_on() -> None:
    """Let another thread go on, for this one may have to wait. Costs nothing without a turn."""
    if _holders.pop(threading.get_ident(), False):
        _lock.release()


def take_away() -> None:
    """Let another thread go on although the one that has the turn has not said that it waits."""
    for holder in list(_holders):
        if _holders.pop(holder, False):
            _lock.release()
