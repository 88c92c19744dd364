"""A job in the queue."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_ID = 2**63 - 1


class Status(StrEnum):
    """What became of a job so far; what is done leaves the queue at once."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


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


@dataclass(frozen=True)
class QueueFigures:
    """The jobs of one task in one status: how many, and for how many seconds one has been due."""

    task: str
    status: Status
    number: int
    waiting_seconds: float
