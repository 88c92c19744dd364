"""Nothing secret gets into a log (OWASP ASVS 5.0, section 16.2.5; CWE-532)."""

import json
import logging

import pytest
import structlog

from authserver.observability.logs import configure_logs
from authserver.observability.redaction import REDACTED, redact

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1bmEifQ.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def logs_as_before():
    """Logging is the process's own: give it back."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(params=["json", "console"])
def written(request, capsys):
    """``written(action)``: what the logs say of it, in each of their forms."""

    def written(action) -> str:
        configure_logs("DEBUG", request.param)
        action(structlog.get_logger("test"))
        return capsys.readouterr().err

    return written


@pytest.mark.parametrize(
    "name",
    [
        *("password", "new_password", "client_secret", "refresh_token", "accessToken", "code"),
        *("Authorization", "cookie", "set_cookie", "code_verifier", "client_assertion", "TOKEN"),
    ],
)
def test_what_is_secret_by_its_name_is_taken_out(name):
    assert redact(None, "info", {name: "hush"}) == {name: REDACTED}


@pytest.mark.parametrize("value", [["hush"], {"a": "hush"}, b"hush", 1])
def test_whatever_it_is(value):
    assert redact(None, "info", {"password": value}) == {"password": REDACTED}


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"bad token {JWT}", JWT),
        (f"Authorization: Bearer {JWT}", JWT),
        ("Authorization: Basic d2ViOnNlY3JldA==", "d2ViOnNlY3JldA=="),
        ("Bearer abcdefghijkl", "abcdefghijkl"),
        ("postgresql://una:hush@host/db", "hush"),
        ("redis://:hush@host", "hush"),
    ],
)
def test_what_is_secret_by_its_form_is_taken_out(text, secret):
    said = redact(None, "info", {"reason": text})["reason"]

    assert secret not in said
    assert REDACTED in said


@pytest.mark.parametrize("name", ["path", "status", "error_code", "session_id", "decoded"])
def test_what_is_not_secret_stays(name):
    assert redact(None, "info", {name: "x"}) == {name: "x"}


def test_the_name_of_an_event_stays():
    assert redact(None, "info", {"event": "token.revoked"}) == {"event": "token.revoked"}


def test_a_log_line_is_redacted(written):
    said = written(lambda log: log.info("request", password="hush", header=f"Bearer {JWT}"))

    assert "request" in said
    assert "hush" not in said
    assert JWT not in said


def test_other_libraries_are_redacted_as_well(written):
    said = written(lambda _: logging.getLogger("elsewhere").warning("sent %s", JWT))

    assert "elsewhere" in said
    assert JWT not in said


def crash(log) -> None:
    """What the caller sent is in a local variable, and in the text of the error."""
    sent = ["hush-hush", f"cannot use {JWT}"]
    try:
        int(sent[1])
    except ValueError:
        log.exception("request.crashed")


def test_a_traceback_is_redacted(written):
    said = written(crash)

    assert "ValueError" in said
    assert JWT not in said


def test_a_traceback_shows_no_local_variables(written):
    assert "'hush-hush'" not in written(crash)


def test_tokens_in_the_debug_log_of_authlib_are_not_written_at_all(written):
    """libraries.md: Authlib writes tokens to its debug log."""
    said = written(lambda _: logging.getLogger("authlib.oauth2").debug("token %s", "opaque-hush"))

    assert said == ""


def test_json_is_one_line_an_event(capsys):
    configure_logs("INFO", "json")
    structlog.get_logger("test").info("request", path="/a\nb")

    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["path"], line["level"]) == ("request", "/a\nb", "info")
    assert line["timestamp"].endswith("Z")


def test_less_important_messages_are_left_out(capsys):
    """AUTHSERVER_LOG_LEVEL."""
    configure_logs("WARNING", "json")
    structlog.get_logger("test").info("request")
    logging.getLogger("elsewhere").info("x")

    assert capsys.readouterr().err == ""
