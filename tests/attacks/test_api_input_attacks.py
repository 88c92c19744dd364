"""The REST API: paths, methods and queries that two readers could understand differently."""

import pytest

from tests.attacks.rows import attack
from tests.support.relying_party import bearer


@pytest.fixture
def headers(admin_token):
    return bearer(admin_token)


@pytest.fixture
def victim(make_user):
    return make_user()


# Methods and paths -------------------------------------------------------------------------------


@attack("API-16")
@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"]
)
def test_a_header_overrides_no_method(client, headers, victim, name):
    """ASVS 4.1.4: a proxy would have seen a GET."""
    path = f"/api/users/{victim.id}"

    answer = client.get(path, headers=headers | {name: "DELETE"})

    assert answer.status_code == 200
    assert client.get(path, headers=headers).status_code == 200


@attack("API-16")
def test_a_parameter_overrides_no_method(client, headers, victim):
    """ASVS 4.1.4."""
    path = f"/api/users/{victim.id}"

    by_query = client.get("/api/users?_method=DELETE", headers=headers)
    by_form = client.post(path, data={"_method": "DELETE"}, headers=headers)

    assert (by_query.status_code, by_form.status_code) == (400, 405)
    assert client.get(path, headers=headers).status_code == 200


@attack("API-17")
@pytest.mark.parametrize(
    "path",
    [
        "/api/users/",
        "/API/users",
        "/api/Users",
        "/api//users",
        "//api/users",
        "/api/users;x",
        "/api/users;/",
        "/api;x/users",
        "/api/./users",
        "/api/x/../users",
        "/api/users/%2e%2e/roles",
        "/api/%2e%2e/api/users",
        "/api/users%00",
        "/api/users%20",
        "/api/users%2f",
        "/api/users.json",
        "/api/users/..;/users",
        "/api/\\users",
        "/api/users%3fx",
        "/api/\N{FULLWIDTH LATIN SMALL LETTER U}sers",
        "/api/users\u200b",
    ],
)
def test_another_spelling_of_an_address_is_another_address(client, path):
    """CVE-2020-25032: what a proxy guards by its path must not be reached by another one."""
    answer = client.get(path)

    assert (answer.status_code, answer.json["code"]) == (404, "not_found")


@attack("API-17")
@pytest.mark.parametrize(
    "path", ["/oauth2/token/", "/oauth2//token", "/OAUTH2/token", "/oauth2/token;x"]
)
def test_another_spelling_of_an_endpoint_is_none(application, path):
    """The dictionary in front of the router knows one spelling each. Where nothing is, nobody
    speaks the dialect of OAuth: hence a client that does not ask for it."""
    answer = application.test_client().post(path, data={"grant_type": "client_credentials"})

    assert (answer.status_code, answer.mimetype) == (404, "application/json")


@attack("API-17")
@pytest.mark.parametrize("path", ["/api/%75sers", "/api%2fusers", "/%61pi/users"])
def test_an_escape_is_the_same_address_with_the_same_guard(client, headers, path):
    """RFC 3986, section 6.2.2.2: WSGI decodes it for us and for the guard alike."""
    assert client.get(path).status_code == 401
    assert client.get(path, headers=headers).status_code == 200


@attack("API-17")
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_head_is_guarded_like_get(client, method):
    """CVE-2020-25032: a method that a guard forgot."""
    assert client.open("/api/users", method=method).status_code == 401


@attack("API-17", "IN-13")
@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "FOO", "PATCH"])
@pytest.mark.parametrize("path", ["/api/users", "/oauth2/token", "/livez"])
def test_a_method_that_is_not_offered_is_refused(client, headers, path, method):
    """ASVS 13.4.4: TRACE would show a script the headers that it may not see."""
    answer = client.open(path, method=method, headers=headers)

    assert answer.status_code == 405
    assert "Bearer" not in answer.text
    assert answer.headers["Allow"]


# Queries -----------------------------------------------------------------------------------------


@attack("API-23")
@pytest.mark.parametrize(
    "query",
    [
        "sort=password_hash",
        "sort=id;drop",
        "order_by=id",
        "filter[password_hash]=x",
        "fields=password_hash",
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=1e9",
        "limit=99999999999999999999",
        "limit=1;drop table users",
        "limit=1&limit=2",
        "cursor='",
        "cursor=1",
        "cursor=..",
        "offset=1",
        "search=a&search=b",
        "search=%00",
        "search=" + "a" * 300,
    ],
)
def test_a_query_that_is_not_offered_is_refused(client, headers, query):
    """ASVS 1.2.4: nothing of a query is ever a name in SQL."""
    answer = client.get(f"/api/users?{query}", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@attack("API-23")
@pytest.mark.parametrize("pattern", ["%", "_", "%@%", "\\", "\\%", "*", ".*", "[a-z]"])
def test_a_wildcard_stands_for_itself(client, headers, victim, pattern):
    """CWE-943: a search for % finds the addresses that begin with %."""
    answer = client.get("/api/users", query_string={"search": pattern}, headers=headers)

    assert (answer.status_code, answer.json["items"]) == (200, [])


# Answers -----------------------------------------------------------------------------------------


@attack("API-30", "HD-10")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/users/not-an-id", 404),
        ("DELETE", "/api/auth/login", 405),
        ("POST", "/api/auth/login", 400),
        ("GET", "/api/users", 401),
        ("PUT", "/oauth2/token", 405),
        ("GET", "/oauth2/introspect", 405),
        ("POST", "/.well-known/jwks.json", 405),
    ],
)
def test_every_refusal_is_json_with_an_id_that_the_log_has(client, log_text, method, path, status):
    """ASVS 16.5.1. Where pages are, their error pages will say the same for people."""
    answer = client.open(path, method=method)

    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert f'"request_id":"{answer.headers["X-Request-ID"]}"' in log_text()


@attack("API-30")
def test_a_crash_tells_an_id_and_nothing_else(application, log_text, monkeypatch):
    """ASVS 16.5.1: the error itself is in the log, under that id."""
    monkeypatch.setitem(application.view_functions, "users.list_users", lambda: 1 / 0)

    answer = application.test_client().get("/api/users")

    assert answer.status_code == 500
    assert answer.json["code"] == "server_error"
    assert "division" not in answer.text
    error_id = answer.json["message"].rstrip(".").rpartition(" ")[2]
    assert error_id in log_text()
    assert "ZeroDivisionError" in log_text()
