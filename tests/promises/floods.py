"""R10: the token endpoint beside a flood of sign-ins, and beside clients that are slow."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import requests

from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.mortal import Installation
from tests.support.slow_clients import BODY, HEAD, ask_beside, slow_clients

SLOW = 500
SIGNING_IN = 48
Times = dict[str, tuple[float, float, int, int]]


def measure(installation: Installation, seconds: float) -> Times:
    """By what is beside it: median and 99th percentile (s) of a token every 50 ms, each from a new
    connection; how many there were, and how many failed."""
    base = installation.server.base
    client = ClientFactory(installation.services)()
    floods: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "alone": nullcontext,
        f"{SIGNING_IN} people who sign in without pause": lambda: _signing_in(installation),
        f"{SLOW} half heads": lambda: slow_clients(base, SLOW, HEAD),
        f"{SLOW} half bodies": lambda: slow_clients(base, SLOW, BODY),
    }
    return {name: _times(base, client, flood, seconds) for name, flood in floods.items()}


def _times(
    base: str,
    client: TestClient,
    flood: Callable[[], AbstractContextManager[None]],
    seconds: float,
) -> tuple[float, float, int, int]:
    with flood():
        time.sleep(1)
        found = ask_beside(base, client, seconds)
    times = sorted(one for one in found if one is not None)
    last = times[min(len(times) - 1, int(len(times) * 0.99))]
    return statistics.median(times), last, len(found), len(found) - len(times)


@contextmanager
def _signing_in(installation: Installation) -> Iterator[None]:
    """Half of them with a wrong password: nobody is spared a hash."""
    stop = threading.Event()
    address = f"{installation.server.base}/api/auth/login"

    def sign_in(user: TestUser, number: int) -> None:
        wrong = "wrong password 47" if number % 2 else user.password
        with requests.Session() as http:
            while not stop.is_set():
                body = {"email": user.email, "password": wrong}
                if http.post(address, json=body, timeout=60).status_code != 200:
                    stop.wait(0.1)

    users = [UserFactory(installation.services)() for _ in range(SIGNING_IN)]
    threads = [
        threading.Thread(target=sign_in, args=(user, number)) for number, user in enumerate(users)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
