"""Mixed traffic at a steady rate: refreshes, client credentials, introspections, new sessions.

Clients behave as good ones do: what was not acknowledged is sent again, after as long as the server
asked for. Everything that was answered is kept, to be judged afterwards.
"""

import contextlib
import json
import select
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import urlencode

from tests.factories.clients import TestClient
from tests.factories.users import TestUser
from tests.support.relying_party import FORM, basic

_PATIENCE = 10.0
Address = tuple[str, int]


@dataclass(frozen=True)
class Answer:
    """One answer; ``status`` 0 is a connection that broke, -1 one that was refused."""

    kind: str
    status: int
    seconds: float
    at: float
    retry_after: str | None = None
    error: str = ""

    @property
    def is_good(self) -> bool:
        return self.status == 200

    @property
    def is_outage(self) -> bool:
        """503 that says when to come back."""
        return self.status == 503 and bool(self.retry_after)


class Way:
    """A connection to whichever address takes it, kept for a while; for one thread."""

    def __init__(self, addresses: Callable[[], Sequence[Address]], requests_each: int) -> None:
        self._addresses = addresses
        self._each = requests_each
        self._connection: HTTPConnection | None = None
        self._left = 0

    def post(self, path: str, body: str, headers: dict[str, str]) -> tuple[HTTPResponse, bytes]:
        """Raises ConnectionRefusedError when nobody listens, and OSError or HTTPException."""
        connection = self._connected()
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self.close()
            raise
        if answer.will_close or self._left <= 0:
            self.close()
        return answer, content

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> HTTPConnection:
        """As nginx and urllib3 do: what the other side has closed meanwhile is not used again."""
        self._left -= 1
        if self._connection is not None and select.select([self._connection.sock], [], [], 0)[0]:
            self.close()
        if self._connection is None:
            self._connection = self._connect()
            self._left = self._each - 1
        return self._connection

    def _connect(self) -> HTTPConnection:
        """As a balancer does: who refuses is not asked again for this request."""
        refusal: OSError = ConnectionRefusedError()
        for host, port in self._addresses():
            connection = HTTPConnection(host, port, timeout=_PATIENCE)
            try:
                connection.connect()
            except ConnectionRefusedError as error:
                refusal = error
            else:
                return connection
        raise refusal


@dataclass
class Visitor:
    """One client with sessions of its own, in a thread of its own."""

    client: TestClient
    user: TestUser
    way: Way
    token: str = ""
    access_token: str = ""
    answers: list[Answer] = field(default_factory=list)
    # By token that was presented, the different ones that came of it.
    successors: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    newborn: list[str] = field(default_factory=list)

    def refresh(self) -> Answer:
        presented = self.token
        answer, got = self._token("refresh", grant_type="refresh_token", refresh_token=presented)
        if answer.is_good:
            self.successors[presented].add(got["refresh_token"])
            self.token, self.access_token = got["refresh_token"], got["access_token"]
        return answer

    def credentials(self) -> Answer:
        return self._token("client_credentials", grant_type="client_credentials")[0]

    def introspect(self) -> Answer:
        answer, got = self._send("introspect", "/oauth2/introspect", token=self.access_token)
        if answer.is_good and not got["active"]:
            # The session is alive, and its token is young.
            self.answers[-1] = Answer("introspect", 1, answer.seconds, answer.at, error="inactive")
        return answer

    def sign_in(self) -> Answer:
        """One more session; what it got is kept for the end."""
        answer, got = self._token(
            "sign_in", grant_type="password", username=self.user.email, password=self.user.password
        )
        if answer.is_good:
            self.newborn.append(got["refresh_token"])
        return answer

    def begin(self) -> None:
        """The session that is moved on. Raises AssertionError when nobody lets us in."""
        assert self.sign_in().is_good, self.answers[-1]
        self.token = self.newborn.pop()
        assert self.refresh().is_good, self.answers[-1]
        self.answers.clear()

    def _token(self, kind: str, **form: str) -> tuple[Answer, dict[str, str]]:
        return self._send(kind, "/oauth2/token", **form)

    def _send(self, kind: str, path: str, **form: str) -> tuple[Answer, dict[str, str]]:
        headers = {"Content-Type": FORM, **basic(self.client.client_id, self.client.secret or "")}
        started, got = time.monotonic(), {}
        try:
            answer, content = self.way.post(path, urlencode(form), headers)
            status, retry_after, error = answer.status, answer.headers["Retry-After"], ""
            got = json.loads(content) if content else {}
            error = got.get("error", "") if status != 200 else ""
        except ConnectionRefusedError as problem:
            status, retry_after, error = -1, None, str(problem)
        except (OSError, HTTPException) as problem:
            status, retry_after, error = 0, None, repr(problem)
        now = time.monotonic()
        self.answers.append(Answer(kind, status, now - started, now, retry_after, error))
        return self.answers[-1], got


# Of so many requests of a visitor, these; one session more now and then.
_PATTERN = ("refresh", "introspect", "credentials", "introspect") * 6 + ("sign_in",)


@dataclass
class Traffic:
    """Visitors who send ``rate`` requests a second together."""

    visitors: Sequence[Visitor]
    rate: float = 200.0

    @contextlib.contextmanager
    def flowing(self) -> Iterator[None]:
        """While the block runs."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._visit, args=(visitor, number, stop))
            for number, visitor in enumerate(self.visitors)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    @property
    def answers(self) -> list[Answer]:
        found = [answer for visitor in self.visitors for answer in visitor.answers]
        return sorted(found, key=lambda answer: answer.at)

    def lost_sessions(self) -> int:
        """Of all that were acknowledged, those that cannot be moved on; and those that wait."""
        return sum(not _moves_on(visitor) for visitor in self.visitors) + sum(
            not _is_alive(visitor, token) for visitor in self.visitors for token in visitor.newborn
        )

    def double_spent(self) -> int:
        """Tokens of which two different ones came."""
        return sum(
            len(successors) > 1
            for visitor in self.visitors
            for successors in visitor.successors.values()
        )

    def sessions(self) -> int:
        return sum(1 + len(visitor.newborn) for visitor in self.visitors)

    def _visit(self, visitor: Visitor, number: int, stop: threading.Event) -> None:
        pause = len(self.visitors) / self.rate
        due = time.monotonic() + pause * number / len(self.visitors)
        step = number
        while not stop.wait(max(0.0, due - time.monotonic())):
            kind = _PATTERN[step % len(_PATTERN)]
            answer = getattr(visitor, kind)()
            # What is moved on is sent again until it is acknowledged.
            step += 0 if kind == "refresh" and not answer.is_good else 1
            due = max(due + pause, time.monotonic())


def _moves_on(visitor: Visitor) -> bool:
    return visitor.refresh().is_good


def _is_alive(visitor: Visitor, token: str) -> bool:
    answer, got = visitor._token("refresh", grant_type="refresh_token", refresh_token=token)
    return answer.is_good and got["refresh_token"] != token


def visitors(
    count: int,
    client: TestClient,
    user: TestUser,
    addresses: Callable[[], Sequence[Address]],
    requests_each: int = 50,
) -> list[Visitor]:
    """Each with a session of its own; every second one opens a connection for each request."""
    made = [
        Visitor(client, user, Way(addresses, requests_each if number % 2 else 1))
        for number in range(count)
    ]
    for visitor in made:
        visitor.begin()
    return made
