"""How many requests one caller may send: a client at the token endpoint, an address anywhere.

These limits protect a process from load, and no secret from guesses (``throttle``). So each process
counts by itself, in a microsecond: a counter in Redis would cost a round trip for each request,
more than most of our answers, and would be lost with Redis when it is needed most. Of n processes
each lets as many through: who sets a limit sets that of one process.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import ceil
from typing import Self

from flask import Flask, Response, g, request

from authserver.errors import AppError, Quota, RateLimited
from authserver.http.messages import Headers, HttpRequest, HttpResponse
from authserver.http.proxies import network_of
from authserver.http.rate_limit_headers import policy_header, state_header
from authserver.observability.metrics import THROTTLED
from authserver.settings import Settings
from authserver.storage.rate_limits import parse_limit

Handle = Callable[[HttpRequest], HttpResponse]
Refuse = Callable[[HttpRequest, AppError], HttpResponse]

# Callers that are remembered; when there are more, those are forgotten who have not come lately.
BOUND = 10_000
# What is lost in adding up fractions of a second.
_FRACTION = 1e-6
_REGISTRATION = "/api/auth/register"


class RequestLimit:
    """So many requests at once, which come back one after the other over the time of the limit.

    It keeps one number for each caller: when all will have come back (the "generic cell rate
    algorithm" of ATM). It counts under no lock: of two threads one may be let through too many.
    """

    def __init__(
        self,
        quota: Quota,
        bound: int = BOUND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.quota = quota
        self._interval = quota.seconds / quota.amount
        self._bound = bound
        self._monotonic = monotonic
        self._whole_at: dict[str, float] = {}
        self._before: dict[str, float] = {}
        self._forgetting = threading.Lock()
        self._policy = policy_header(quota)

    @classmethod
    def of(cls, name: str, text: str) -> Self | None:
        """A limit as the settings write it; None for no limit."""
        if not text:
            return None
        limit = parse_limit(text)
        return cls(Quota(name, limit.amount, limit.get_expiry()))

    def take(self, caller: str) -> Headers:
        """Take one request from what the caller has left, and tell them what is left then.

        Raises :class:`RateLimited` when nothing was left.
        """
        now = self._monotonic()
        known = self._whole_at.get(caller) or self._before.get(caller) or now
        used = max(known - now, 0.0) + self._interval
        wait = used - self.quota.seconds
        if wait > _FRACTION:
            self._remember(caller, known)
            THROTTLED.of(self.quota.name).add()
            raise RateLimited(ceil(wait), quota=self.quota)
        self._remember(caller, now + used)
        left = int((self.quota.seconds - used) / self._interval + _FRACTION)
        more_after = used - (self.quota.amount - left - 1) * self._interval
        return [self._policy, state_header(self.quota, left, ceil(more_after - _FRACTION))]

    def _remember(self, caller: str, whole_at: float) -> None:
        """Whoever is refused as well: who keeps asking is not to be forgotten."""
        self._whole_at[caller] = whole_at
        if len(self._whole_at) > self._bound:
            with self._forgetting:
                if len(self._whole_at) > self._bound:
                    self._before, self._whole_at = self._whole_at, {}


@dataclass(frozen=True)
class RequestLimits:
    """Those of this process; None where there is no limit.

    ``client`` counts the token requests of one client, all others the requests of one address.
    """

    client: RequestLimit | None = None
    token: RequestLimit | None = None
    authorize: RequestLimit | None = None
    verify: RequestLimit | None = None
    api: RequestLimit | None = None
    registration: RequestLimit | None = None
    pages: RequestLimit | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Each from the setting ``request_limit_<name>``."""
        texts = {
            field.name: getattr(settings, f"request_limit_{field.name}") for field in fields(cls)
        }
        return cls(
            **{name: RequestLimit.of(f"requests_{name}", text) for name, text in texts.items()}
        )


def limited(handle: Handle, limit: RequestLimit | None, refuse: Refuse) -> Handle:
    """An endpoint within a limit by address. Without one it is the endpoint itself."""
    if limit is None:
        return handle

    def handle_within_limit(http: HttpRequest) -> HttpResponse:
        try:
            headers = limit.take(network_of(http.address))
        except RateLimited as error:
            return refuse(http, error)
        response = handle(http)
        response.headers += headers
        return response

    return handle_within_limit


def limit_views(app: Flask, limits: RequestLimits) -> None:
    """The same for what Flask dispatches: the REST API and the pages."""
    if not (limits.api or limits.registration or limits.pages):
        return

    def take() -> None:
        limit = _limit_of_view(limits)
        if limit is not None:
            g.request_limit = limit.take(network_of(request.environ["authserver.address"]))

    def tell(response: Response) -> Response:
        response.headers.extend(g.get("request_limit", ()))
        return response

    app.before_request(take)
    app.after_request(tell)


def _limit_of_view(limits: RequestLimits) -> RequestLimit | None:
    if not request.path.startswith("/api/"):
        return limits.pages
    return limits.registration if request.path == _REGISTRATION else limits.api
