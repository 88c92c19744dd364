"""What the workers have done by the clock, read from the tables of procrastinate.

A round is written down when its job is left in the queue, together with the number of that job. A
job that is done goes, and then the number as well: a round without one is done. A worker that
hangs, one whose jobs fail, and none at all look the same from here: there is no such round.
"""

from datetime import timedelta

from sqlalchemy import text

from authserver.storage.db import Transaction

_DONE = text(
    """SELECT EXISTS (
           SELECT FROM procrastinate_periodic_defers
           WHERE task_name = :task AND job_id IS NULL
             AND defer_timestamp > extract(epoch FROM now()) - :seconds)"""
)


def done_lately(tx: Transaction, task: str, patience: timedelta) -> bool:
    """Whether a round that was due within ``patience`` has been done."""
    return bool(tx.scalar(_DONE, {"task": task, "seconds": patience.total_seconds()}))
