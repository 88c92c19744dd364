"""Places in a trace: which header is one, and what is passed on when nobody keeps a record."""

import pytest

from authserver.observability import spans
from authserver.observability.spans import Place, read_traceparent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SPAN_ID = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True)])
def test_a_header_is_read(flags, sampled):
    """W3C Trace Context, section 3.2.2: of the flags one has a meaning here."""
    assert read_traceparent(f"00-{TRACE_ID}-{SPAN_ID}-{flags}") == Place(TRACE_ID, SPAN_ID, sampled)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "what?",
        f"01-{TRACE_ID}-{SPAN_ID}-01",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
        f" 00-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01,00-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID[:-1]}\u0661-{SPAN_ID}-01",
    ],
)
def test_anything_else_is_ignored(header):
    """Section 3.2.2: zeros are no ids, capitals no digits; of two headers none counts."""
    assert read_traceparent(header) is None


def test_what_is_passed_on_has_our_own_place():
    with spans.entry("work", "server", SAMPLED, {}):
        place = spans.current()

    assert place is not None
    assert place.trace_id == TRACE_ID
    assert place.span_id != SPAN_ID
    assert place.traceparent == f"00-{TRACE_ID}-{place.span_id}-01"


def test_the_parts_of_what_nobody_records_are_where_the_whole_is():
    with spans.entry("work", "server", SAMPLED, {}) as whole, spans.span("part", "client", {}):
        inside = spans.current()

    assert whole is not None
    assert inside == whole.place


def test_work_of_no_trace_is_nowhere():
    with spans.entry("work", "server", "", {}) as whole, spans.span("part", "internal", {}):
        inside = spans.current()

    assert (whole, inside) == (None, None)


def test_afterwards_it_is_as_before():
    """A thread goes on with other requests."""

    def fail() -> None:
        with spans.entry("work", "server", SAMPLED, {}):
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert spans.current() is None
