"""The access log takes a short way, and arrives where and as all other logs do."""

import json

import pytest
import structlog

from authserver.observability.access_log import log_request
from authserver.observability.logs import configure_logs

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1bmEifQ.c2lnbmF0dXJl"
REQUEST = {
    "request_id": "an-id-of-it",
    "method": "POST",
    "path": "/oauth2/token",
    "status": 200,
    "milliseconds": 1.5,
    "address": "192.0.2.1",
}


@pytest.fixture(autouse=True)
def nothing_bound():
    yield
    structlog.contextvars.clear_contextvars()


def test_a_request_is_one_line_of_json(capfd):
    configure_logs("INFO", "json")

    log_request(**REQUEST | {"path": "/a\nb"})

    (line,) = capfd.readouterr().err.splitlines()
    assert json.loads(line).items() >= (REQUEST | {"path": "/a\nb"}).items()


def test_it_has_the_members_that_every_line_has(capfd):
    configure_logs("INFO", "json")
    members = {name: value for name, value in REQUEST.items() if name != "request_id"}
    structlog.contextvars.bind_contextvars(request_id=REQUEST["request_id"])

    structlog.get_logger("authserver.access").info("request", **members)
    log_request(**REQUEST)

    usual, ours = map(json.loads, capfd.readouterr().err.splitlines())
    assert ours | {"timestamp": ""} == usual | {"timestamp": ""}
    assert ours["timestamp"][:16] == usual["timestamp"][:16]
    assert ours["timestamp"].endswith("Z")


def test_on_the_console_it_looks_like_the_others(capfd):
    configure_logs("INFO", "console")

    log_request(**REQUEST)

    said = capfd.readouterr().err
    assert "request" in said
    assert "path=/oauth2/token" in said


@pytest.mark.parametrize("form", ["json", "console"])
@pytest.mark.parametrize("name", ["path", "method", "request_id"])
def test_what_its_sender_chose_is_redacted(capfd, form, name):
    """CWE-532."""
    configure_logs("INFO", form)

    log_request(**REQUEST | {name: f"/{JWT}"})

    said = capfd.readouterr().err
    assert "[redacted]" in said
    assert JWT not in said


def test_it_is_left_out_when_less_important_messages_are(capfd):
    """AUTHSERVER_LOG_LEVEL."""
    configure_logs("WARNING", "json")

    log_request(**REQUEST)

    assert capfd.readouterr().err == ""
