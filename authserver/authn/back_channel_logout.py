"""Telling clients that somebody has signed out (OpenID Connect Back-Channel Logout 1.0, 2.5)."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from authserver.clients.service import ClientService
from authserver.http.outbound import OutboundFailed, OutboundFetcher, OutboundRefused
from authserver.storage.jobs import GiveUpError, TryAgainError
from authserver.tokens.logout_tokens import LogoutTokens

_FORM = "application/x-www-form-urlencoded"
# Beside the errors of servers: a time-out, and too many requests (RFC 9110, 15.5.9; RFC 6585, 4).
_PASSING = frozenset({408, 429})


@dataclass(frozen=True)
class BackChannelLogout:
    """Sends logout tokens. Each is made when it is sent: after a long wait its time would be up."""

    clients: ClientService
    logout_tokens: LogoutTokens
    fetcher: OutboundFetcher

    def send(self, client_id: str, user_id: str, browser_session_id: str) -> None:
        """Tell one client of one sign-in that has ended; the job ``back_channel_logout``.

        Raises :class:`TryAgainError` when the client could not take it, :class:`GiveUpError` when
        it will not.
        """
        client = self.clients.find(client_id)
        uri = client.backchannel_logout_uri if client and client.enabled else None
        if client is None or uri is None:
            return
        token = self.logout_tokens.make(client, UUID(user_id), UUID(browser_session_id))
        body = urlencode({"logout_token": token}).encode()
        try:
            status = self.fetcher.post(uri, body, _FORM)
        except OutboundRefused as error:
            raise GiveUpError("the address of the client is refused") from error
        except OutboundFailed as error:
            raise TryAgainError("the client does not answer") from error
        _judge(status)


def _judge(status: int) -> None:
    """Section 2.8: 200 is success, some frameworks say 204; 400 is a refusal."""
    if 200 <= status < 300:
        return
    if status >= 500 or status in _PASSING:
        raise TryAgainError(f"the client answered {status}")
    raise GiveUpError(f"the client answered {status}")
