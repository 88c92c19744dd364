"""The jobs: what the worker does, by the names under which it is left in the queue."""

from authserver.authn.back_channel_logout import BackChannelLogout
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.storage.jobs import Job
from authserver.upkeep import Task, tasks
from authserver.wiring import Services


def jobs(services: Services) -> tuple[Job, ...]:
    """All of them. A name that has been in use may not be given another meaning."""
    return (
        Job(BACK_CHANNEL_LOGOUT, services.get(BackChannelLogout).send),
        *map(_upkeep, tasks(services)),
    )


def _upkeep(task: Task) -> Job:
    """Tried again for some ten minutes; what is given up is left in the queue anew when due."""
    return Job(
        task.name, task.work, attempts=6, first_pause=5, schedule=f"*/{task.minutes} * * * *"
    )
