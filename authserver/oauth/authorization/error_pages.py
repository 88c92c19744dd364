"""What a person sees when nothing can be told to the client."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog

from authserver.clients.service import ClientService
from authserver.clock import Clock
from authserver.errors import AppError, FlowExpired
from authserver.http.messages import HttpRequest, HttpResponse
from authserver.http.pages import Pages, full_minute
from authserver.oauth.errors import ProtocolError

log = structlog.get_logger(__name__)
_BUSY = (429, 503)


@dataclass(frozen=True)
class ErrorPages:
    """An error as a page with an id, by which an operator finds it in the log.

    In development the page itself says what only the log has elsewhere.
    """

    pages: Pages
    clients: ClientService
    clock: Clock
    in_development: bool

    def show(self, http: HttpRequest, error: AppError) -> HttpResponse:
        """The page; what came too late has a link back to the client."""
        if isinstance(error, FlowExpired):
            return self._expired(http, error)
        said = ProtocolError(error)
        error_id = str(uuid4())
        log.warning(
            "authorization.refused", error_id=error_id, error=said.error, detail=error.detail
        )
        after = said.retry_after
        now = self.clock.now()
        return self.pages.show(
            http,
            "error.html",
            said.status_code if said.status_code in _BUSY else 400,
            headers=said.retry_headers,
            retry_at=None if after is None else full_minute(now + timedelta(seconds=after)),
            code=error.code,
            error=said.error,
            description=self._description(said.description, error.detail),
            error_id=error_id,
        )

    def _description(self, description: str, detail: str) -> str:
        return f"{description} ({detail})" if detail and self.in_development else description

    def _expired(self, http: HttpRequest, error: FlowExpired) -> HttpResponse:
        client = self.clients.find(error.client_id)
        return self.pages.show(
            http,
            "expired.html",
            400,
            back_url=error.back_url,
            client_name=client.client_name if client else None,
        )
