"""What our settings mean for granian."""

import os
from pathlib import Path

import pytest

from authserver.cli.application import Manner
from authserver.cli.granian_server import Adapter, _forget_variables_like_headers, options
from authserver.cli.output import RefusedError
from authserver.settings import Settings


def settings(bind: str) -> Settings:
    return Settings(
        issuer="https://id.example.com", database_url="postgresql://u@h/d", bind=bind, threads=7
    )


@pytest.mark.parametrize(
    ("bind", "expected"),
    [
        ("127.0.0.1:8000", {"address": "127.0.0.1", "port": 8000}),
        ("[::1]:8000", {"address": "::1", "port": 8000}),
        ("unix:/run/a.sock", {"uds": Path("/run/a.sock"), "uds_permissions": 0o777}),
    ],
)
def test_it_listens_where_gunicorn_would(bind: str, expected: dict[str, object]) -> None:
    found = options(settings(bind), Manner())

    assert {name: found[name] for name in expected} == expected


def test_it_listens_at_one_address_only() -> None:
    with pytest.raises(RefusedError, match="one address only"):
        options(settings("127.0.0.1:8000,127.0.0.1:8001"), Manner())


def test_threads_are_those_of_the_settings() -> None:
    assert options(settings("127.0.0.1:8000"), Manner())["blocking_threads"] == 7


@pytest.mark.parametrize(
    ("sent", "believed"),
    [
        ({"HTTP_X_FORWARDED_FOR": "6.6.6.6"}, ""),
        ({"HTTP_X_FORWARDED_FOR": "6.6.6.6", "HTTP_FORWARDED": "for=192.0.2.1"}, "192.0.2.1"),
    ],
)
def test_only_forwarded_is_believed(sent: dict[str, str], believed: str) -> None:
    """Attack IN-11: granian takes X_Forwarded_For for X-Forwarded-For."""
    environs: list[dict[str, object]] = []

    Adapter(lambda environ, _: environs.append(environ) or [])({**sent}, lambda *_: None)

    assert environs[0]["HTTP_X_FORWARDED_FOR"] == believed


def test_variables_of_the_process_do_not_pass_for_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """granian puts the environment into that of each request."""
    monkeypatch.setenv("HTTP_HOST", "evil.example")
    monkeypatch.setenv("CONTENT_LENGTH", "5")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")

    _forget_variables_like_headers()

    assert "HTTP_HOST" not in os.environ
    assert "CONTENT_LENGTH" not in os.environ
    assert "HTTPS_PROXY" in os.environ
