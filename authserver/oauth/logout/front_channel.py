"""The pages of clients that end their own sessions (Front-Channel Logout 1.0)."""

from collections.abc import Iterable
from dataclasses import dataclass

from authserver.clients.service import ClientService
from authserver.flows.redirects import in_query
from authserver.http.pages import PagePolicy
from authserver.sessions.session import Participant
from authserver.setting_rules import origin_of
from authserver.tokens.subjects import Subjects


@dataclass(frozen=True)
class FrontChannelLogout:
    """Which pages a browser loads in frames when somebody has signed out in it."""

    clients: ClientService
    subjects: Subjects
    issuer: str

    def frames(self, participants: Iterable[Participant]) -> list[str]:
        """One address for each client that has such a page.

        With issuer and ``sid`` where the client wants to know which session is meant (section 2).
        """
        addresses = []
        for client_id, _, browser_session_id in participants:
            client = self.clients.find(client_id)
            uri = client.frontchannel_logout_uri if client and client.enabled else None
            if client is None or uri is None:
                continue
            if client.frontchannel_logout_session_required:
                sid = self.subjects.sid(client_id, browser_session_id)
                uri = in_query(uri, {"iss": self.issuer, "sid": sid})
            addresses.append(uri)
        return list(dict.fromkeys(addresses))


def frames_policy(frames: Iterable[str]) -> PagePolicy:
    """What lets a page show them, and nothing else in frames."""
    return PagePolicy(frame_src=tuple(dict.fromkeys(origin_of(uri) or uri for uri in frames)))
