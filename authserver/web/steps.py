"""The authorization in progress that a page is a step of, and the way back to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request

from authserver.errors import FlowInvalid
from authserver.flows.addresses import PARAMETER, RESUME
from authserver.flows.addresses import step as address_of
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.service import FlowService
from authserver.http.messages import Headers
from authserver.http.pages import full_minute
from authserver.http.services import service
from authserver.web.browser import browser_value
from authserver.web.rendering import see_other


@dataclass(frozen=True)
class Step:
    """One page of an authorization in progress."""

    sealed: str
    request: AuthorizationRequest
    browser: str

    def address(self, path: str) -> str:
        """The address of another page of the same authorization."""
        return address_of(path, self.sealed)

    def resume(
        self, answered: AuthorizationRequest | None = None, headers: Headers | None = None
    ) -> Response:
        """Back to where the authorization is decided, and nowhere else."""
        sealed = self.sealed
        if answered is not None:
            sealed = service(FlowService).seal_request(answered, self.browser)
        return see_other(address_of(RESUME, sealed), headers)


def carried_value() -> str | None:
    """The sealed value that this page was asked for with. Raises :class:`FlowInvalid` for two."""
    given = request.args.getlist(PARAMETER)
    if len(given) > 1:
        raise FlowInvalid(detail="sent twice")
    return given[0] if given else None


def find_step() -> Step | None:
    """The authorization that this page was asked for with; None when there is none.

    Raises :class:`FlowInvalid` and :class:`FlowExpired`.
    """
    sealed = carried_value()
    if sealed is None:
        return None
    browser = browser_value()
    opened = service(FlowService).open_request(sealed, browser)
    return Step(sealed, opened, browser or "")


def get_step() -> Step:
    """As :func:`find_step`, for pages that are nothing without. Raises :class:`FlowInvalid`."""
    step = find_step()
    if step is None:
        raise FlowInvalid(detail="no flow")
    return step


def time_of_retry(seconds: int) -> datetime:
    """When it may be tried again, by a clock that shows minutes."""
    return full_minute(service(FlowService).clock.now() + timedelta(seconds=seconds))
