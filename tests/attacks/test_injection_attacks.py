"""Text that wants to be SQL, a log line, a template or a path."""

import json
import re

import pytest

from tests.attacks.rows import attack
from tests.support.relying_party import RelyingParty, basic, bearer

INJECTIONS = [
    "' or 1=1--",
    "' OR 'a'='a",
    '" or ""="',
    "'; SELECT pg_sleep(5)--",
    "'||(SELECT pg_sleep(5))||'",
    "1); SELECT pg_sleep(5)--",
    "\\",
    "\\'",
    "$1",
    "%s %(x)s {0}",
    "$$; SELECT pg_sleep(5); $$",
    "E'\\x27'",
    "admin'/*",
    "') UNION SELECT null, null--",
    "\N{FULLWIDTH APOSTROPHE} or 1=1--",
    "\N{MODIFIER LETTER APOSTROPHE} or 1=1--",
    ":a",
    "?",
]
PASSWORD = "another good one 47"


@pytest.fixture
def headers(admin_token):
    return bearer(admin_token)


@pytest.fixture
def party(client, make_client):
    return RelyingParty(client, make_client())


# SQL ---------------------------------------------------------------------------------------------


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("member", ["email", "password"])
def test_sql_in_a_sign_in_is_a_wrong_sign_in(client, make_user, member, text):
    """ASVS 1.2.4: no delay (the client measures), no difference to any other wrong text."""
    user = make_user()
    right = {"email": user.email, "password": user.password}
    usual = client.post("/api/auth/login", json=right | {member: "plainly wrong"})

    for spelling in (text, right[member] + text):
        answer = client.post("/api/auth/login", json=right | {member: spelling})

        assert (answer.status_code, answer.data) == (401, usual.data)


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_token_request_is_a_wrong_request(client, party, make_user, text):
    """CVE-2022-24124: in each parameter by turns, none answers otherwise than a plain wrong one."""
    user = make_user()
    good = {"grant_type": "password", "username": user.email, "password": user.password}

    for member, error in {
        "grant_type": {"unsupported_grant_type"},
        "username": {"invalid_grant"},
        "password": {"invalid_grant"},
        "scope": {"invalid_scope"},
        "resource": {"invalid_target"},
    }.items():
        answer = party.token(**good | {member: text})

        assert answer.status_code == 400
        assert answer.json["error"] in error, member


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_for_a_client_is_an_unknown_client(client, party, text):
    """CVE-2022-24124."""
    known = party.credentials
    form = {"grant_type": "client_credentials"}

    for client_id, secret in ((text, "x"), (known.client_id + text, known.secret)):
        answer = client.post("/oauth2/token", data=form, headers=basic(client_id, secret))

        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("endpoint", ["introspect", "revoke", "refresh"])
def test_sql_for_a_token_is_no_token(party, endpoint, text):
    """Garbage ends before any query."""
    answer = getattr(party, endpoint)(text)

    assert (answer.status_code, answer.json.get("error", answer.json)) == {
        "introspect": (200, {"active": False}),
        "revoke": (200, {}),
        "refresh": (400, "invalid_grant"),
    }[endpoint]


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_search_finds_nobody(client, headers, text):
    """ASVS 1.2.4."""
    answer = client.get("/api/users", query_string={"search": text}, headers=headers)

    assert (answer.status_code, answer.json["items"]) == (200, [])


@attack("IN-01", "IN-14")
@pytest.mark.parametrize("text", [*INJECTIONS, "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>"])
def test_what_is_stored_is_given_back_as_it_was(client, headers, text):
    """ASVS 1.2.4, 1.3.7: names are data. Pages and mails get their own tests."""
    account = {"email": "ada@example.com", "password": PASSWORD, "full_name": text}

    user = client.post("/api/users", json=account, headers=headers)
    made = client.post(
        "/api/clients",
        json={"client_name": text, "redirect_uris": ["https://app.example/cb"]},
        headers=headers,
    )
    role = client.post("/api/roles", json={"name": "x", "description": text}, headers=headers)

    assert user.json["full_name"] == text
    assert made.json["client_name"] == text
    assert role.json["description"] == text


@attack("IN-01")
@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_path_names_nothing(client, headers, text):
    """ASVS 1.2.4."""
    for collection in ("users", "roles", "clients", "resource-servers"):
        path = f"/api/{collection}/" + text.replace("%", "%25").replace("?", "%3f")

        assert client.get(path, headers=headers).status_code == 404


# The log -----------------------------------------------------------------------------------------

FORGED = "a\n2026-01-01T00:00:00Z INFO login ok user=admin"
BREAKS = [
    FORGED,
    "a\r\nb",
    "\x1b[31mred\x1b[0m",
    "a\u2028b",
    "a\u0085b",
    "\x00",
    "\x07",
    '"}\n{"a":1',
]


@attack("IN-03")
@pytest.mark.parametrize("text", BREAKS)
def test_a_log_line_stays_one_line(client, party, log_text, text):
    """ASVS 16.4.1: by the body, by the path, by headers; each line is one JSON object."""
    client.post("/api/auth/login", json={"email": text, "password": PASSWORD})
    client.post("/api/auth/register", json={"email": text, "password": PASSWORD, "full_name": text})
    client.get("/" + text)
    client.get("/livez", environ_overrides={"HTTP_USER_AGENT": text, "HTTP_X_REQUEST_ID": text})
    party.token(grant_type="password", username=text, password=PASSWORD)

    for line in log_text().splitlines():
        assert isinstance(json.loads(line), dict)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", log_text())


@attack("IN-03")
def test_nobody_chooses_an_id_of_a_request_that_says_more(client, log_text):
    """ASVS 16.4.1: what is not of a harmless form is replaced."""
    for given in ('a","status":200,"x":"b', "short", "x" * 65, "with space in it"):
        answer = client.get("/livez", headers={"X-Request-ID": given})

        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
        assert given not in log_text()


# Addresses and paths -----------------------------------------------------------------------------


@attack("IN-08")
@pytest.mark.parametrize(
    "host", ["evil.com", "evil.com:80", "localhost:8000@evil.com", "[::1]", "localhost:8000.", "'"]
)
def test_no_address_is_made_of_the_host_header(client, headers, host):
    """Invariant 6: what we call ourselves comes from the settings."""
    usual = client.get("/.well-known/openid-configuration").data
    overrides = {"HTTP_HOST": host, "SERVER_NAME": "evil.com"}
    forwarded = {"X-Forwarded-Host": "evil.com", "X-Forwarded-Proto": "https"}

    found = client.get(
        "/.well-known/openid-configuration", environ_overrides=overrides, headers=forwarded
    )
    made = client.post(
        "/api/users",
        json={"email": "ada@example.com", "password": PASSWORD},
        headers=headers | forwarded,
        environ_overrides=overrides,
    )

    assert found.data == usual
    assert made.headers["Location"] == f"/api/users/{made.json['id']}"
    assert "evil" not in made.text


@attack("IN-15", "LS-05")
@pytest.mark.parametrize(
    "path",
    [
        "/static/..%2f..%2fkeys/private.pem",
        "/static/../keys/key_encryption_key",
        "/static/%2e%2e/keys/key_encryption_key",
        "/keys/key_encryption_key",
        "/..%2fkeys%2fkey_encryption_key",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/static/..\\..\\keys\\private.pem",
        "/static/....//keys",
        "/static//etc/passwd",
        "/.env",
        "/.git/config",
        "/setup.cfg",
        "/wsgi.py",
    ],
)
def test_no_file_is_served(client, path):
    """ASVS 13.4.7; CVE-2020-25032."""
    assert client.get(path).status_code == 404
