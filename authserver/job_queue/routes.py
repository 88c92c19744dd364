"""REST: /api/jobs."""

from typing import Any

from authserver.errors import JobNotFound
from authserver.http.pagination import page
from authserver.http.principal import current_actor, require
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.job_queue.job import MAX_ID, QueuedJob, Status
from authserver.job_queue.schemas import JobPageArguments, JobPageSchema, JobSchema
from authserver.job_queue.service import JobQueueService

blueprint = Blueprint(
    "jobs",
    __name__,
    url_prefix="/api/jobs",
    description="Work that is done after an answer, by the worker.",
)


@blueprint.route("", methods=["GET"])
@require("jobs:read")
@blueprint.arguments(JobPageArguments, location="query", as_kwargs=True)
@blueprint.response(200, JobPageSchema)
def list_jobs(
    limit: int, cursor: int | None, status: Status | None, task: str | None
) -> dict[str, Any]:
    """List the jobs in the queue, the youngest first; what is done is in it no more."""
    jobs = service(JobQueueService)
    return page(
        lambda size: jobs.list(before=cursor, limit=size, status=status, task=task),
        limit,
        lambda found: str(found.id),
    )


@blueprint.route("/<int:job_id>/retry", methods=["POST"])
@require("jobs:write")
@blueprint.response(200, JobSchema)
def retry_job(job_id: int) -> QueuedJob:
    """Let a job that was given up be done again, with all its attempts."""
    if job_id > MAX_ID:
        raise JobNotFound
    return service(JobQueueService).retry(job_id, current_actor())
