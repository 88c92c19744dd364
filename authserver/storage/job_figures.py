"""How much waits in the queue of jobs, and for how long."""

from dataclasses import dataclass

from sqlalchemy import text

from authserver.storage.db import Transaction

# Of the jobs of one kind that are due, the first to come has mostly waited for longest.
_FIGURES = text(
    """SELECT counted.task_name, counted.status, counted.number, coalesce(extract(epoch FROM
           now() - greatest(job.scheduled_at, (
               SELECT max(event.at) FROM procrastinate_events event
               WHERE event.job_id = job.id AND event.type <> 'scheduled'))), 0)::float8
       FROM (
           SELECT task_name, status::text AS status, count(*) AS number, min(id) FILTER (
               WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) AS oldest
           FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
           GROUP BY task_name, status
       ) counted LEFT JOIN procrastinate_jobs job ON job.id = counted.oldest"""
)
_STATUSES = {"todo": "waiting", "doing": "running", "failed": "failed"}
STATUSES = tuple(_STATUSES.values())


@dataclass(frozen=True)
class JobFigures:
    """Jobs of one kind in one status; ``waiting_seconds`` since one was due, 0 if none is."""

    kind: str
    status: str
    number: int
    waiting_seconds: float


def job_figures(tx: Transaction) -> list[JobFigures]:
    """Kinds and statuses without any job are left out."""
    return [
        JobFigures(kind, _STATUSES[status], number, max(0.0, seconds))
        for kind, status, number, seconds in tx.execute(_FIGURES)
    ]
