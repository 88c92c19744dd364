"""Limits on attempts by address. What counts as one caller is ``proxies.network_of``."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import request

from authserver.errors import Quota, RateLimited
from authserver.http.proxies import network_of
from authserver.http.services import service
from authserver.observability.metrics import THROTTLED
from authserver.storage.rate_limits import Limit, RateLimits

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Throttle:
    """One limit under one name."""

    name: str
    limit: Limit
    counter: RateLimits

    def check(self, address: str | None) -> None:
        """Raises :class:`RateLimited` when the address has used up its attempts."""
        self._refuse(self.counter.is_exhausted(self.limit, self.name, network_of(address)))

    def count(self, address: str | None) -> None:
        """Count one attempt; raises :class:`RateLimited` when it is one too many."""
        self._refuse(self.counter.wait(self.limit, self.name, network_of(address)))

    def note(self, address: str | None) -> None:
        """Count one attempt that has already been answered."""
        self.counter.wait(self.limit, self.name, network_of(address))

    def _refuse(self, seconds: int) -> None:
        if seconds:
            THROTTLED.of(self.name).add()
            quota = Quota(self.name, self.limit.amount, self.limit.get_expiry())
            raise RateLimited(seconds, quota=quota)


@dataclass(frozen=True)
class Throttles:
    """The limits of this server: failed sign-ins, registrations of people and of clients, failed
    client authentications."""

    sign_in: Throttle
    registration: Throttle
    client_registration: Throttle
    client_authentication: Throttle


def throttled_registration(view: View) -> View:
    """Count each call of the view as a registration from its address."""

    @functools.wraps(view)
    def throttled(*args: Any, **kwargs: Any) -> Any:
        service(Throttles).registration.count(request.environ["authserver.address"])
        return view(*args, **kwargs)

    return throttled  # type: ignore[return-value]
