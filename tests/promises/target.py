"""What malformed requests are sent to, and what came of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.authorizations import FRONT_CHANNEL_TYPES
from tests.support.live_server import LiveServer
from tests.support.mortal import Installation
from tests.support.relying_party import RelyingParty

PATIENCE = 20.0
_TOLD = 20


@dataclass
class Findings:
    """What came of it. ``faults`` are the first requests that had a 5xx for an answer, or none,
    and what the server says of them."""

    statuses: "Counter[int]" = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    seconds: float = 0.0
    # In MiB, of the largest worker, after each part of the requests.
    memory: list[float] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """How many had a 5xx for an answer, or none."""
        return sum(count for status, count in self.statuses.items() if _is_fault(status))

    def note(self, request: str, status: int, seconds: float, body: bytes) -> None:
        self.statuses[status] += 1
        self.slowest = max(self.slowest, seconds)
        if _is_fault(status) and len(self.faults) < _TOLD:
            self.faults.append(f"{status} {request[:4000]} -> {body[:300]!r}")


def _is_fault(status: int) -> bool:
    return status >= 500 or status == 0


@dataclass
class Target:
    """A server, and what a client and an administrator of it know."""

    server: LiveServer
    party: RelyingParty
    services: Services
    admin: TestUser
    findings: Findings = field(default_factory=Findings)

    @classmethod
    def of(cls, installation: Installation) -> "Target":
        services, server = installation.services, installation.server
        client = ClientFactory(services)(
            redirect_uris=["https://app.example/cb"],
            post_logout_redirect_uris=["https://app.example/out"],
            grant_types=[
                *("authorization_code", "implicit", "refresh_token"),
                *("password", "client_credentials"),
            ],
            response_types=["code", "none", *FRONT_CHANNEL_TYPES],
        )
        party = RelyingParty(server.client(), client)
        return cls(server, party, services, UserFactory(services)(roles=["admin"]))


def run(
    strategy: st.SearchStrategy[Any], send: Callable[[Any], None], count: int, number: int
) -> None:
    """``send`` ``count`` things; the same number gives the same things."""
    repeat = settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(send))
    seed(number)(repeat)()
