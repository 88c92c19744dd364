"""Where Prometheus asks, if it is to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from authserver.cli.addresses import host_and_port, refuse_if_taken
from authserver.cli.output import RefusedError
from authserver.observability.exposition import exposed_metrics
from authserver.settings import Settings


def check_metrics_address(settings: Settings) -> None:
    """Raises :class:`RefusedError` when metrics are wanted and nobody could answer there."""
    bind = settings.metrics_bind
    if not bind:
        return
    if bind in settings.bind.split(","):
        raise RefusedError(
            "invalid_address",
            f"AUTHSERVER_METRICS_BIND is {bind}, where requests are served. Metrics are for "
            "operators: give them a port that the public does not reach.",
        )
    refuse_if_taken(bind, "Stop the program that does, or change AUTHSERVER_METRICS_BIND.")


@contextmanager
def metrics_of(settings: Settings) -> Iterator[Path | None]:
    """Answer Prometheus until the end of the block, if it is to be answered.

    What processes count they write to the folder; without one nobody wants to know.
    """
    if not settings.metrics_bind:
        yield None
        return
    with exposed_metrics(*host_and_port(settings.metrics_bind)) as folder:
        yield folder.path
