"""``/livez`` and ``/readyz``: whether to restart us, and whether to send us requests."""

from collections.abc import Callable, Mapping

import structlog

from authserver.errors import AppError
from authserver.http.messages import Endpoint, HttpRequest, HttpResponse, json_response

Probe = Callable[[], object]

# What is away mostly comes back within seconds.
_LATER = [("Retry-After", "1")]

log = structlog.get_logger(__name__)


def health_endpoints(probes: Mapping[str, Probe]) -> dict[str, Endpoint]:
    """``probes`` raise an error while something that we cannot do without is missing."""

    def alive(_: HttpRequest) -> HttpResponse:
        return json_response(200, {"status": "alive"})

    def ready(_: HttpRequest) -> HttpResponse:
        states = {name: _state(name, probe) for name, probe in probes.items()}
        ok = all(state == "ok" for state in states.values())
        members = {"status": "ready" if ok else "not ready", "checks": states}
        return json_response(200, members) if ok else json_response(503, members, _LATER)

    return {"/livez": Endpoint(("GET",), alive), "/readyz": Endpoint(("GET",), ready)}


def _state(name: str, probe: Probe) -> str:
    """No reason is given: an anonymous caller learns no more than whether."""
    try:
        probe()
    except AppError:
        return "failing"
    except Exception:
        # A probe that breaks is no proof of health: whoever asks must not send us requests.
        log.exception("probe.crashed", probe=name)
        return "failing"
    return "ok"
