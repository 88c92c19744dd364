"""docs/operations/limits.md tells each limit, its setting and its default as the code has them."""

import re
from pathlib import Path

import pytest

from authserver.cli import application, arrivals, connections, gunicorn_server
from authserver.cli.application import Manner
from authserver.http import messages, outbound, pagination
from authserver.http.json_body import MAX_DEPTH
from authserver.http.outbound_policy import MAX_URL
from authserver.http.request_limits import RequestLimits
from authserver.oauth.requests import MAX_PARAMETERS
from authserver.settings import Settings, variable_name, variables
from authserver.storage import redis

PAGE = (Path(__file__).parents[2] / "docs" / "operations" / "limits.md").read_text()
# Cells of the rows that have a setting.
ROWS = {
    found[1]: [cell.strip() for cell in line.split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and (found := re.search(r"`(AUTHSERVER_\w+)`", line))
}
LIMITS = [
    field
    for field in variables()
    if field.name.endswith("_limit") or field.name.startswith(("request_limit", "lockout"))
]


@pytest.mark.parametrize("field", LIMITS, ids=lambda field: field.name)
def test_each_setting_of_a_limit_is_told_with_its_default(field):
    told = ROWS[variable_name(field)]

    assert str(field.default or "off") in told


def test_each_setting_that_is_told_exists():
    known = {variable_name(field) for field in variables()}

    assert set(re.findall(r"AUTHSERVER_\w+", PAGE)) <= known


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("threads", "64"),
        ("sessions_per_user", "100"),
        ("database_pool_size", "5) | 1 s"),
        ("authorization_request_ttl", "1800 s"),
    ],
)
def test_other_defaults_are_told(name, told):
    variable = next(field for field in variables() if field.name == name)

    assert str(variable.default) in told
    assert any(told in line for line in PAGE.splitlines() if variable_name(variable) in line)


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ("| 64 KiB | 413", messages.MAX_BODY / 1024),
        ("| 32 KiB at gunicorn", arrivals.MAX_HEAD / 1024),
        ("| 2000 | 400", MAX_PARAMETERS),
        ("| 32 | 400", MAX_DEPTH),
        ("| 200, unless asked otherwise", pagination.MAX_LIMIT),
        ("otherwise 50 |", pagination.DEFAULT_LIMIT),
        ("| 2048 characters", MAX_URL),
        ("| 20 s (gunicorn); 75 s", connections.ARRIVAL_SECONDS),
        ("| 75 s | it ends", application.KEEPALIVE),
        ("| 3 s, 64 KiB", outbound.TIMEOUT),
        ("| 0.25 s,", redis.PATIENCE),
        ("alone for 1 s", redis.REST),
        ("| 1000 | at gunicorn", application.CONNECTIONS),
    ],
)
def test_what_has_no_setting_is_told_as_it_is(told, value):
    assert told in PAGE
    assert f"{value:g}" in re.findall(r"[\d.]+", told)


def test_what_gunicorn_is_told_is_told():
    settings = Settings(issuer="https://id.example", database_url="postgresql://x/y")
    options = gunicorn_server.options(settings, Manner())

    assert options["limit_request_line"] // 1000 == 8
    assert options["limit_request_field_size"] // 1000 == 16
    assert options["limit_request_fields"] == 100
    assert "| 8 KiB; 16 KiB (gunicorn)" in PAGE
    assert "| fields of a head | 100 |" in PAGE


def test_each_limit_on_requests_has_a_row():
    told = {row for row in ROWS if row.startswith("AUTHSERVER_REQUEST_LIMIT_")}

    assert told == {f"AUTHSERVER_REQUEST_LIMIT_{name.upper()}" for name in _names(RequestLimits)}


def _names(kind: type) -> list[str]:
    return list(kind.__dataclass_fields__)
