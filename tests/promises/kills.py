"""R2 and R3: traffic while PostgreSQL, Valkey and a worker are killed, and come back."""

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.load import wait_until
from tests.support.mortal import Installation
from tests.support.traffic import Answer, Traffic, visitors

# Hashes must not be what is measured; a visitor makes many sessions.
SETTINGS = {
    "password_hash_memory": 7168,
    "password_hash_iterations": 1,
    "sessions_per_user": 10_000,
}
VISITORS = 24
_DOWN_SECONDS = 1.5
_CALM_SECONDS = 2.0


@dataclass(frozen=True)
class Kill:
    """One thing killed: when it went, when it was there again, and what clients saw from then on
    until the next one."""

    name: str
    gone_at: float
    back_at: float
    answers: tuple[Answer, ...]

    @property
    def errors(self) -> "Counter[str]":
        """What was no success, by status."""
        return Counter(_said(answer) for answer in self.answers if not answer.is_good)

    @property
    def slowest_refusal(self) -> float:
        return max((one.seconds for one in self.answers if one.is_outage), default=0.0)

    @property
    def recovery(self) -> float:
        """The seconds from its return to the last answer that was no success."""
        late = [one.at - self.back_at for one in self.answers if not one.is_good]
        return max([0.0, *late])


@dataclass(frozen=True)
class Outcome:
    """What became of the traffic; ``requests`` are all that were sent."""

    kills: tuple[Kill, ...]
    requests: int
    seconds: float
    sessions: int
    lost_sessions: int
    double_spent: int

    def worst_recovery(self, name: str) -> float:
        return max(kill.recovery for kill in self.kills if kill.name == name)

    def errors(self, name: str) -> "Counter[str]":
        return sum((kill.errors for kill in self.kills if kill.name == name), Counter[str]())


def kill_everything(
    installation: Installation, rounds: int = 1, rate: float = 200.0, calm: float = _CALM_SECONDS
) -> Outcome:
    """PostgreSQL, Valkey and a worker, one after the other, while visitors come and go."""
    server, services = installation.server, installation.services
    parts = urlsplit(server.base)
    address = (str(parts.hostname), int(parts.port or 0))
    client, user = ClientFactory(services)(), UserFactory(services)()
    traffic = Traffic(visitors(VISITORS, client, user, lambda: [address]), rate)
    ways = {
        "PostgreSQL": lambda: _restart(installation.postgres.kill, installation.postgres.start),
        "Valkey": lambda: _restart(installation.valkey.kill, installation.valkey.start),
        "a worker": lambda: _kill_worker(installation),
    }
    began, times = time.monotonic(), []
    with traffic.flowing():
        time.sleep(calm)
        for _ in range(rounds):
            for name, kill in ways.items():
                times.append((name, *kill()))
                time.sleep(calm)
    ended = time.monotonic()
    return Outcome(
        kills=_kills(times, traffic.answers, ended),
        requests=len(traffic.answers),
        seconds=ended - began,
        sessions=traffic.sessions(),
        lost_sessions=traffic.lost_sessions(),
        double_spent=traffic.double_spent(),
    )


def _restart(kill: Callable[[], None], start: Callable[[], None]) -> tuple[float, float]:
    gone = time.monotonic()
    kill()
    time.sleep(_DOWN_SECONDS)
    start()
    return gone, time.monotonic()


def _kill_worker(installation: Installation) -> tuple[float, float]:
    """Gone and back are one: the others go on."""
    server, before = installation.server, installation.server.worker_pids
    gone = time.monotonic()
    killed = server.kill_worker()
    wait_until(lambda: _are_whole([pid for pid in server.worker_pids if pid != killed], before), 60)
    return gone, gone


def _are_whole(pids: list[int], before: list[int]) -> bool:
    """As many serve as before: a process that has loaded the application has several threads."""
    return len(pids) == len(before) and all(
        len(os.listdir(f"/proc/{pid}/task")) > 1 for pid in pids
    )


def _kills(
    times: list[tuple[str, float, float]], answers: list[Answer], ended: float
) -> tuple[Kill, ...]:
    ends = [gone for _, gone, _ in times[1:]] + [ended + 60]
    return tuple(
        Kill(name, gone, back, tuple(one for one in answers if gone <= one.at < end))
        for (name, gone, back), end in zip(times, ends, strict=True)
    )


def _said(answer: Answer) -> str:
    if answer.is_outage:
        return "503 with Retry-After"
    broken = {0: "broken connection", -1: "refused connection"}
    return broken.get(answer.status, f"{answer.status} {answer.error}".strip())
