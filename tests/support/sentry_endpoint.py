"""Where Sentry would be: takes envelopes, and tells of the events that came."""

import json
from typing import Any

from tests.support.http_sink import HttpSink, Posted

KEY = "1f5f2c3a9b8d4e6f8a7b6c5d4e3f2a1b"
PROJECT = "42"


class SentryEndpoint(HttpSink):
    """``with SentryEndpoint() as sentry``: a server is given ``sentry.dsn``."""

    @property
    def dsn(self) -> str:
        return f"http://{KEY}@{self.address}/{PROJECT}"

    @property
    def raw(self) -> str:
        """All that came."""
        return "\n".join(post.body.decode() for post in self.posted)

    def events(self) -> list[dict[str, Any]]:
        return [event for post in list(self.posted) for event in _events(post)]

    def wait_for_event(self, event_id: str) -> dict[str, Any]:
        """The one of this id, once it has come."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events() if event["event_id"] == event_id]

        self.wait_for(lambda _: bool(found()))
        (event,) = found()
        return event


def _events(post: Posted) -> list[dict[str, Any]]:
    """An envelope is a header, and for each item a header and a payload, each on a line."""
    assert post.path == f"/api/{PROJECT}/envelope/"
    lines = post.body.decode().splitlines()
    items = zip(lines[1::2], lines[2::2], strict=True)
    return [json.loads(body) for header, body in items if json.loads(header)["type"] == "event"]
