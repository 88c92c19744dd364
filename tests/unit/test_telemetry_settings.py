"""The settings of what is told to others."""

import os
import subprocess
import sys

import pytest
from environs import ValidationError

from authserver.setting_rules import check_sentry_dsn, check_share, check_traces_endpoint
from authserver.settings import load_settings
from tests.support.live_server import ROOT

DSN = "https://0123456789abcdef@sentry.example.com/42"
NEEDED = {
    "AUTHSERVER_ISSUER": "https://id.example.com",
    "AUTHSERVER_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
}


@pytest.mark.parametrize(
    "dsn", ["", DSN, "http://key@127.0.0.1:9000/1", "https://key@example.com/sentry/7"]
)
def test_a_dsn_is_taken(dsn):
    check_sentry_dsn(dsn)


@pytest.mark.parametrize(
    "dsn", ["not-a-dsn", "https://sentry.example.com/42", "https://key@example.com", f"{DSN}\n"]
)
def test_what_is_no_dsn_is_refused_and_not_shown(dsn):
    """It may be a part of a secret."""
    with pytest.raises(ValidationError) as refused:
        check_sentry_dsn(dsn)

    assert "Expected a DSN such as" in str(refused.value)
    assert dsn not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint", ["http://collector", "collector:4318", "http://una:pw@c/v1/traces", "http://c/?a=b"]
)
def test_an_endpoint_is_a_whole_url_without_secrets(endpoint):
    with pytest.raises(ValidationError, match="http://collector:4318/v1/traces"):
        check_traces_endpoint(endpoint)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_check_share_is_a_part_of_one(value):
    with pytest.raises(ValidationError, match="from 0 to 1"):
        check_share(value)


def test_a_dsn_may_come_from_a_file_and_is_never_shown(tmp_path, monkeypatch):
    """It is a secret: with it anybody could fill the project with events."""
    (tmp_path / "dsn").write_text(DSN)
    for name, value in (NEEDED | {"AUTHSERVER_SENTRY_DSN_FILE": str(tmp_path / "dsn")}).items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.sentry_dsn == DSN
    assert "0123456789abcdef" not in repr(settings)


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize(
    ("package", "name", "value", "extra"),
    [
        ("sentry_sdk", "SENTRY_DSN", DSN, "sentry"),
        ("opentelemetry", "TRACES_ENDPOINT", "http://collector:4318/v1/traces", "tracing"),
    ],
)
def test_what_is_not_installed_is_missed_at_the_start(command, package, name, value, extra):
    """The start says what to do, instead of a worker that ends again and again."""
    program = (
        f"import sys; sys.modules['{package}'] = None; "
        f"from authserver.cli.main import run; sys.exit(run(['{command}']))"
    )

    refused = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], f"AUTHSERVER_{name}": value} | NEEDED,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 1
    assert f"pip install 'authserver[{extra}]'" in refused.stderr
