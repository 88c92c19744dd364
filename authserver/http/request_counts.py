"""Requests counted: by route, by status, and how long they took.

A route is what of a path is the same for all (``/api/users/<uuid:user_id>``), as it stands in our
tables. What matches none is counted under one name: a caller must not be able to make up another.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from authserver.http.traces import ROUTE
from authserver.observability.metrics import REQUEST_SECONDS, REQUESTS
from authserver.observability.series import Durations, Number

UNMATCHED = "unmatched"


class _Route(NamedTuple):
    seconds: Durations
    statuses: dict[str, Number]


_routes: dict[str, _Route] = {}


def count_request(environ: Mapping[str, Any], status: str, seconds: float) -> None:
    """Count an answer that has just begun; ``status`` is its whole status line."""
    name = environ.get(ROUTE, UNMATCHED)
    route = _routes.get(name) or _routes.setdefault(name, _Route(REQUEST_SECONDS.of(name), {}))
    route.seconds.add(seconds)
    number = route.statuses.get(status)
    if number is None:
        number = route.statuses[status] = REQUESTS.of(name, status[:3])
    number.add()
