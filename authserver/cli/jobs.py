"""``authserver jobs``: the queue of what the worker does."""

import click

from authserver.cli.operators import OPERATOR
from authserver.cli.output import output_option, show_done, show_rows
from authserver.cli.pages import every
from authserver.cli.services import open_services
from authserver.job_queue.job import MAX_ID, QueuedJob, Status

_COLUMNS = ("id", "task", "status", "attempts", "due_at", "changed_at", "concerns")


@click.group()
def jobs() -> None:
    """List what the worker is to do, and try again what it gave up."""


@jobs.command(name="list")
@click.option(
    "--status", type=click.Choice([status.value for status in Status]), help="Only such jobs."
)
@click.option("--task", help="Only jobs of this task, such as back_channel_logout.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=1000, show_default=True, help="How many at most."
)
@output_option
def list_jobs(status: str | None, task: str | None, limit: int, output: str) -> None:
    """List the jobs in the queue, the youngest first.

    Those that are done leave it at once; those that were given up stay for a week.

    \b
    Example:
      authserver jobs list --status failed
    """
    from authserver.job_queue.schemas import JobSchema
    from authserver.job_queue.service import JobQueueService

    def fetch(last: QueuedJob | None, size: int) -> list[QueuedJob]:
        before = last.id if last else None
        return list(queue.list(before=before, limit=size, status=wanted, task=task))

    wanted = Status(status) if status else None
    with open_services() as services:
        queue = services.get(JobQueueService)
        found = every(fetch, limit)
    show_rows(output, JobSchema(many=True).dump(found), _COLUMNS, "There is no such job.")


@jobs.command()
@click.argument("job_id", type=click.IntRange(1, MAX_ID))
@output_option
def retry(job_id: int, output: str) -> None:
    """Let a job that was given up be done again, with all its attempts.

    \b
    Example:
      authserver jobs retry 4711
    """
    from authserver.job_queue.schemas import JobSchema
    from authserver.job_queue.service import JobQueueService

    with open_services() as services:
        again = services.get(JobQueueService).retry(job_id, OPERATOR)
    show_done(output, f"The worker will do job {job_id} again.", JobSchema().dump(again))
