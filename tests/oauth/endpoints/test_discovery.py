"""Discovery (RFC 8414; OpenID Connect Discovery 1.0). That it is true: tests/meta."""

import pytest

from tests.conftest import ISSUER

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


@pytest.mark.parametrize("path", PATHS)
def test_the_issuer_is_the_configured_one_to_the_byte(client, path):
    """RFC 8414, section 3.3."""
    assert client.get(path).json["issuer"] == ISSUER


@pytest.mark.parametrize("path", PATHS)
def test_the_host_header_changes_nothing(client, path):
    """security.md, invariant 6; CWE-644."""
    answer = client.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert b"evil" not in answer.data


@pytest.mark.parametrize("path", PATHS)
def test_every_script_may_read_it(client, path):
    answer = client.get(path, headers={"Origin": "https://anywhere.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", PATHS)
def test_it_is_json_that_may_be_cached(client, path):
    """RFC 8414, section 3.2."""
    answer = client.get(path)

    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.parametrize("path", PATHS)
def test_head_works(client, path):
    """protocol.md, What real clients taught."""
    answer = client.head(path)

    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_can_be_posted_to_it(client, path):
    answer = client.post(path)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET"


def test_there_is_nothing_behind_a_slash(client):
    assert client.get("/.well-known/openid-configuration/").status_code == 404
