"""Crashes, told to Sentry, or to whatever understands it; the extra ``sentry``.

An event is what a developer needs to mend it: the kinds of the exceptions, where in the code they
came from, and ids that lead to the log. The texts of exceptions hold what callers sent and what
rows contain: they are in the log alone. No request, no local variable, no person goes out.

Nothing imports this module unless a DSN has been given.
"""

import time
from collections.abc import Callable, Mapping
from multiprocessing.util import Finalize
from typing import Any

import structlog
from sentry_sdk import Client
from sentry_sdk.utils import event_from_exception

from authserver import __version__, turns
from authserver.observability.crashes import Crash, tell_of_crashes
from authserver.observability.redaction import redact_value
from authserver.observability.spans import current

# What a process that ends waits for the last event.
_CLOSING_SECONDS = 2.0
_EVENTS_A_SECOND = 5
_WITHHELD = "The text is in the log, under the id of this event."
# All that may be in an event, whatever the SDK adds to it one day.
_OF_EVENT = frozenset(
    {"event_id", "timestamp", "platform", "level", "release", "environment", "server_name", "sdk"}
    | {"tags", "contexts"}
)
_OF_EXCEPTION = frozenset({"type", "module", "mechanism", "stacktrace"})
_OF_FRAME = frozenset(
    {"filename", "abs_path", "module", "function", "lineno", "in_app"}
    | {"pre_context", "context_line", "post_context"}
)
_OF_MECHANISM = frozenset({"type", "handled", "exception_id", "parent_id", "is_exception_group"})
_OF_CONTEXTS = frozenset({"trace", "runtime"})
_OF_SDK = frozenset({"name", "version"})

log = structlog.get_logger(__name__)


def start_sentry(dsn: str, environment: str) -> None:
    """Tell of the crashes of this process, by a thread in the background.

    Call it after the fork.
    """
    client = Client(
        dsn,
        environment=environment,
        release=f"authserver@{__version__}",
        default_integrations=False,
        auto_enabling_integrations=False,
        auto_session_tracking=False,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
        enable_backpressure_handling=False,
        propagate_traces=False,
        spotlight=False,
        debug=False,
        shutdown_timeout=_CLOSING_SECONDS,
        before_send=scrub,
    )
    pace = Pace()
    tell_of_crashes(lambda crash: _tell(client, crash) if pace.allows() else None)
    # Not only by atexit: a process of multiprocessing, as granian's workers are, knows none.
    Finalize(None, client.close, kwargs={"timeout": _CLOSING_SECONDS}, exitpriority=0)


class Pace:
    """A few events a second: of a storm the log tells, and to make an event takes milliseconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._second = 0
        self._count = 0

    def allows(self) -> bool:
        """Whether one more is; threads may disagree by one or two."""
        second = int(self._monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= _EVENTS_A_SECOND


def scrub(event: Mapping[str, Any], _: Mapping[str, Any]) -> Any:
    """The event with what is named above, and nothing else, redacted as a log is."""
    kept = _only(event, _OF_EVENT)
    kept["sdk"] = _only(event.get("sdk") or {}, _OF_SDK)
    kept["contexts"] = _only(event.get("contexts") or {}, _OF_CONTEXTS)
    values = (event.get("exception") or {}).get("values") or []
    kept["exception"] = {"values": [_exception(value) for value in values]}
    return redact_value(kept)


def _tell(client: Client, crash: Crash) -> None:
    """It must not fail in its turn: the caller is still to be answered."""
    # To quote the code it is read from its files.
    turns.pass_on()
    try:
        event, hint = event_from_exception(crash.error, client.options)
        client.capture_event(_named(dict(event), crash), hint)
    except Exception:
        log.exception("sentry.failed")


def _named(event: dict[str, Any], crash: Crash) -> Any:
    """Under the id that the caller was shown, and with the ids by which the log tells more."""
    ids = structlog.contextvars.get_contextvars() | crash.said
    tags = {name: str(ids[name]) for name in ("request_id", "job") if name in ids}
    event |= {"event_id": crash.error_id, "tags": tags | {"event": crash.event}}
    place = current()
    if place is not None:
        event["contexts"] = {"trace": {"trace_id": place.trace_id, "span_id": place.span_id}}
    return event


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    kept = _only(value, _OF_EXCEPTION) | {"value": _WITHHELD}
    kept["mechanism"] = _only(value.get("mechanism") or {}, _OF_MECHANISM)
    frames = (value.get("stacktrace") or {}).get("frames") or []
    kept["stacktrace"] = {"frames": [_only(frame, _OF_FRAME) for frame in frames]}
    return kept


def _only(members: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name in names}
