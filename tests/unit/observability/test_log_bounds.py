"""What a log takes at most, whatever callers bring about."""

import logging

import pytest
from structlog.testing import capture_logs

from authserver.observability.log_bounds import Sampling, shorten


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def written(time: Time) -> list[str]:
    """What has come through to the end of a logger called ``storm``."""
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    handler.addFilter(Sampling(per_second=5, monotonic=time))
    logger = logging.getLogger("storm")
    logger.handlers, logger.propagate = [handler], False
    return lines


def storm(count: int, event: str = "request.crashed") -> None:
    for number in range(count):
        logging.getLogger("storm").warning({"event": event, "number": number})


def test_a_storm_of_one_message_is_a_few_lines_a_second(written, time):
    """CWE-779: a thousand a second would fill the disk, and hide everything else."""
    storm(1000)

    assert len(written) == 5


def test_how_many_were_left_out_is_told(written, time):
    storm(1000)
    time.now += 1
    with capture_logs() as told:
        storm(1)

    assert [(line["event"], line["count"], line["of"]) for line in told] == [
        ("log.lines_left_out", 995, "request.crashed")
    ]


def test_every_second_a_message_is_heard_again(written, time):
    for _ in range(3):
        storm(6)
        time.now += 1

    assert sum("number" in line for line in written) == 15


def test_a_storm_hides_no_other_message(written, time):
    storm(1000)
    storm(1, "sign_in.failed")

    assert "sign_in.failed" in written[-1]


@pytest.mark.parametrize(
    "members",
    [
        {"detail": "x" * 100_000},
        {"detail": ["x" * 100] * 1000},
        {f"member_{number}": "x" * 3000 for number in range(9)},
    ],
    ids=["a text", "a list", "many"],
)
def test_no_line_is_longer_than_eight_kilobytes(members):
    """CVE-2025-65015."""
    shortened = shorten(None, "", {"event": "request.refused", **members})

    assert len(str(shortened)) < 8000
    assert shortened["event"] == "request.refused"


def test_what_a_line_is_found_by_stays_whole():
    """However much strangers put beside it."""
    ids = {"event": "request.crashed", "level": "error", "error_id": "a" * 32, "request_id": "b"}

    shortened = shorten(None, "", {"x": "x" * 5000, "y": "y" * 5000} | ids)

    assert {name: shortened[name] for name in ids} == ids


def test_of_a_long_text_both_ends_are_kept():
    """The end of a traceback says what went wrong."""
    shortened = shorten(None, "", {"exception": "Traceback" + "x" * 9999 + "ValueError"})

    assert shortened["exception"].startswith("Traceback")
    assert shortened["exception"].endswith("ValueError")


def test_what_belongs_to_the_audit_record_is_never_left_out(time):
    """Sign-ins that fail beyond its limit are told by the log alone."""
    sampling = Sampling(per_second=1, monotonic=time)
    record = logging.LogRecord("authserver.audit.service", 20, "", 0, {"event": "x"}, (), None)

    assert all(sampling.filter(record) for _ in range(100))


def test_a_usual_line_stays_as_it_is():
    assert shorten(None, "", {"event": "a", "n": 1}) == {"event": "a", "n": 1}
