"""Nothing secret gets into a log (OWASP ASVS 5.0, section 16.2.5; CWE-532)."""

import ast
import json
import logging
import time

import pytest
import structlog

from authserver.observability.logs import configure_logs
from authserver.observability.redaction import REDACTED, redact
from tests.support.live_server import ROOT

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1bmEifQ.c2lnbmF0dXJl"


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


def test_nothing_of_ours_is_said_under_a_name_that_is_taken_out():
    """It would be of no use: ``code=error.code`` tells nobody which one it was."""
    calls = [
        node
        for file in (ROOT / "authserver").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "report_c"))
    ]

    names = {option.arg for call in calls for option in call.keywords if option.arg}

    assert "reason" in names
    assert [name for name in names if redact(None, "info", {name: "x"}) != {name: "x"}] == []


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


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("DETAIL:  Failing row contains (1, una, $argon2id$hush, (a)).\n\nmore", "hush"),
        ("DETAIL:  Failing row contains (1, a line\nand hush)", "hush"),
        ("DETAIL:  Key (email)=(hush@example.com) already exists.", "hush"),
        ("DETAIL:  Key (a, b)=(1, hush) is not present in table", "hush"),
        ("DETAIL:  Key (a)=(hush)=(x) already exists.", "hush"),
        ("DETAIL:  Failing row contains (hush, Failing row contains (, x).", "hush"),
        ("DETAIL:  Failing row contains (1, hush, cut off", "hush"),
        ("syntax error\nLINE 1: SELECT 'hush'\n               ^\n", "hush"),
    ],
)
def test_what_postgresql_quotes_of_rows_is_taken_out(text, secret):
    """A row has the hash of a password, a statement of psycopg2 has its values."""
    said = redact(None, "error", {"exception": text})["exception"]

    assert secret not in said
    assert REDACTED in said


def test_what_is_secret_is_taken_out_however_deep():
    event = {"told": [{"password": "hush", "name": "una"}, b"Bearer hushhush", ValueError(JWT)]}

    assert redact(None, "info", event) == {
        "told": [
            {"password": REDACTED, "name": "una"},
            f"b'Bearer {REDACTED}'",
            f"ValueError('{REDACTED}')",
        ]
    }


def test_an_encrypted_token_is_one_as_well():
    """RFC 7516, section 7.1: five parts, of which the second may be empty."""
    jwe = "eyJhbGciOiJkaXIifQ..aXYtaXYtaXY.Y2lwaGVydGV4dA.dGFn"

    assert (
        redact(None, "info", {"reason": f"no key for {jwe}"})["reason"] == "no key for " + REDACTED
    )


@pytest.mark.parametrize(
    "text",
    [
        "eyJ" * 22_000,
        "eyJ." * 16_000,
        "Key (" + ")=(" * 22_000,
        "Failing row contains (" * 3000,
        "Bearer " * 9000,
        "://" * 22_000,
        "://a@" * 13_000,
        "\nLINE 1: " * 7000,
        "\nLINE 1: \n" + " " * 65_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_no_text_that_a_stranger_chose_takes_long(text):
    """CWE-1333: one who could stop a process by a request of 64 KiB, stops all that it serves."""
    started = time.process_time()

    redact(None, "info", {"detail": text})

    assert time.process_time() - started < 0.25
