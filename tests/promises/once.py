"""R1: of many who present one refresh token at the same moment, one is served, or all alike."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.mortal import Installation
from tests.support.relying_party import RelyingParty

PARALLEL = 20


@dataclass
class Rounds:
    """``served`` says by how many were served how many rounds went so; ``successors`` the same of
    different tokens that they got."""

    served: "Counter[int]" = field(default_factory=Counter)
    successors: "Counter[int]" = field(default_factory=Counter)
    others: "Counter[int]" = field(default_factory=Counter)


def spend(installation: Installation, rounds: int) -> Rounds:
    """Each round a new session, and one token of it presented by all at once."""
    client, user = ClientFactory(installation.services)(), UserFactory(installation.services)()
    parties = [RelyingParty(installation.server.client(), client) for _ in range(PARALLEL)]
    found, gate = Rounds(), threading.Barrier(PARALLEL)

    def present(party: RelyingParty, token: str) -> tuple[int, str | None]:
        gate.wait(30)
        answer = party.refresh(token)
        return answer.status_code, answer.json.get("refresh_token")

    with ThreadPoolExecutor(PARALLEL) as threads:
        for _ in range(rounds):
            token = parties[0].password(user).json["refresh_token"]
            answers = list(threads.map(present, parties, [token] * PARALLEL))
            served = [successor for status, successor in answers if status == 200]
            found.served[len(served)] += 1
            found.successors[len(set(served))] += 1
            found.others.update(status for status, _ in answers if status != 200)
    return found
