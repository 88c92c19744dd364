"""What of a crash may leave the house: names in a list, and nothing that a library adds one day."""

from authserver.observability.sentry import Pace, scrub

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1bmEifQ.c2lnbmF0dXJl"
EVENT = {
    "event_id": "0af7651916cd43dd8448eb211c80319c",
    "level": "error",
    "request": {"data": "hush", "cookies": "hush", "headers": {"Authorization": "hush"}},
    "user": {"email": "hush"},
    "breadcrumbs": {"values": [{"message": "hush"}]},
    "extra": {"sys.argv": ["hush"]},
    "something_new": "hush",
    "tags": {"request_id": "the-id", "token": "hush"},
    "contexts": {"trace": {"trace_id": "1"}, "device": "hush"},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": "hush",
                "mechanism": {"type": "generic", "data": "hush"},
                "stacktrace": {
                    "frames": [
                        {
                            "function": "f",
                            "vars": {"a": "hush"},
                            "context_line": f"token = '{JWT}'",
                        }
                    ]
                },
            }
        ]
    },
}


def test_only_what_is_known_to_be_harmless_stays():
    """ASVS 16.2.5."""
    assert "hush" not in str(scrub(EVENT, {}))


def test_what_a_developer_needs_stays():
    event = scrub(EVENT, {})

    (exception,) = event["exception"]["values"]
    assert (event["event_id"], exception["type"]) == (EVENT["event_id"], "ValueError")
    assert event["tags"]["request_id"] == "the-id"
    assert event["contexts"] == {"trace": {"trace_id": "1"}}
    assert exception["mechanism"] == {"type": "generic"}


def test_what_stays_is_redacted():
    """A line of code may have a token in it, in a test of somebody's."""
    (frame,) = scrub(EVENT, {})["exception"]["values"][0]["stacktrace"]["frames"]

    assert frame == {"function": "f", "context_line": "token = '[redacted]'"}


def test_of_a_storm_of_crashes_a_few_a_second_are_told():
    """Whoever finds a way to crash us must not gain by it (CWE-400)."""
    now = 100.0
    pace = Pace(lambda: now)

    told = [pace.allows() for _ in range(1000)]
    now += 1

    assert (sum(told), pace.allows()) == (5, True)
