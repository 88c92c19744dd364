"""What others are told of a running server: its crashes, and where its time goes.

Each is off until a setting names who is to be told. Until then nothing of it is imported, and its
packages need not be installed.
"""

from importlib import import_module

from authserver.cli.output import RefusedError
from authserver.observability.followed_calls import follow_calls
from authserver.observability.spans import are_recorded
from authserver.settings import Settings
from authserver.wiring import Services

_SENTRY = ("authserver.observability.sentry", "sentry_sdk", "sentry")
_TRACING = ("authserver.observability.tracing", "opentelemetry", "tracing")
# The use cases: what a service does is asked for by its name, whatever it is made of.
_SERVICE = "Service"


def load_telemetry(settings: Settings) -> None:
    """Import what the settings ask for, before there is any worker.

    Raises :class:`RefusedError` when it is not installed.
    """
    if settings.sentry_dsn:
        _load(*_SENTRY)
    if settings.traces_endpoint:
        _load(*_TRACING)


def start_telemetry(settings: Settings) -> None:
    """Begin to tell, in the process that does the work, and before it is wired."""
    environment = settings.telemetry_environment or settings.environment
    if settings.sentry_dsn:
        from authserver.observability.sentry import start_sentry

        start_sentry(settings.sentry_dsn, environment)
    if settings.traces_endpoint:
        from authserver.observability.tracing import start_tracing

        start_tracing(settings.traces_endpoint, settings.traces_share, environment)


def follow_services(services: Services) -> None:
    """Where somebody keeps a record, each call of a service is a part of it."""
    if not are_recorded():
        return
    for service in services.by_type.values():
        if type(service).__name__.endswith(_SERVICE):
            follow_calls(service)


def _load(module: str, package: str, extra: str) -> None:
    try:
        import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise RefusedError(
            "not_installed", f"{package} is not installed. Do: pip install 'authserver[{extra}]'"
        ) from error
