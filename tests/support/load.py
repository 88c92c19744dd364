"""Clients that refresh without pause, and send again what was not acknowledged."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from tests.factories.clients import TestClient
from tests.support.live_server import LiveServer


@dataclass
class Answer:
    """One answer; ``status`` 0 is a connection that broke."""

    status: int
    seconds: float
    at: float
    retry_after: str | None = None


@dataclass
class RefreshChain:
    """One session, moved on again and again. ``token`` is the last one that was acknowledged."""

    server: LiveServer
    client: TestClient
    token: str
    answers: list[Answer] = field(default_factory=list)

    def step(self) -> Answer:
        """Present the last acknowledged token once."""
        started = time.monotonic()
        form = {"grant_type": "refresh_token", "refresh_token": self.token}
        try:
            response = requests.post(
                f"{self.server.base}/oauth2/token",
                data=form,
                auth=(self.client.client_id, self.client.secret or ""),
                timeout=10,
            )
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            answer = Answer(0, time.monotonic() - started, time.monotonic())
        else:
            took, now = time.monotonic() - started, time.monotonic()
            retry_after = response.headers.get("Retry-After")
            answer = Answer(response.status_code, took, now, retry_after)
            if response.status_code == 200:
                self.token = response.json()["refresh_token"]
        self.answers.append(answer)
        return answer


def under_load(chains: list[RefreshChain], act: Callable[[], None]) -> None:
    """Let all chains move on, each in a thread of its own, while ``act`` does its worst."""
    stop = threading.Event()

    def run(chain: RefreshChain) -> None:
        while not stop.is_set():
            if chain.step().status != 200:
                stop.wait(0.05)

    threads = [threading.Thread(target=run, args=(chain,)) for chain in chains]
    for thread in threads:
        thread.start()
    try:
        act()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """The seconds it took. Raises AssertionError when it took too long."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - started
