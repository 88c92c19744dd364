"""Which clients are to be told that somebody has signed out."""

from collections.abc import Iterable
from dataclasses import dataclass

from authserver.clients.service import ClientService
from authserver.sessions.session import Participant
from authserver.storage.db import Transaction
from authserver.storage.jobs import JobQueue

BACK_CHANNEL_LOGOUT = "back_channel_logout"


@dataclass(frozen=True)
class LogoutNotices:
    """Leaves the notices to the queue (OpenID Connect Back-Channel Logout 1.0, section 2.5)."""

    clients: ClientService
    jobs: JobQueue

    def enqueue(self, tx: Transaction, participants: Iterable[Participant]) -> None:
        """One for each client that wants to know, in the transaction that ends the sign-ins.

        They are sent if and only if it commits.
        """
        for client_id, user_id, browser_session_id in participants:
            client = self.clients.find(client_id)
            if client is None or client.backchannel_logout_uri is None:
                continue
            arguments = {
                "client_id": client_id,
                "user_id": str(user_id),
                "browser_session_id": str(browser_session_id),
            }
            # One client's server that is slow must not keep the notices for others waiting.
            self.jobs.enqueue(tx, BACK_CHANNEL_LOGOUT, arguments, lane=f"logout {client_id}")
