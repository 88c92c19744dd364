"""A job in the queue."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """As procrastinate has them; what succeeds leaves the queue at once."""

    WAITING = "todo"
    RUNNING = "doing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ABORTED = "aborted"


@dataclass(frozen=True)
class QueuedJob:
    """``attempts`` are those that have ended. ``concerns`` are ids from its arguments."""

    id: int
    task: str
    status: Status
    attempts: int
    due_at: datetime | None
    created_at: datetime | None
    changed_at: datetime | None
    concerns: dict[str, str]
