"""The REST API: bodies that two readers could understand differently, or nobody should read."""

import json

import pytest

from tests.attacks.rows import attack
from tests.support.relying_party import bearer

REGISTER, LOGIN = "/api/auth/register", "/api/auth/login"
ACCOUNT = {"email": "ada@example.com", "password": "another good one 47"}


@pytest.fixture
def headers(admin_token):
    return bearer(admin_token)


@pytest.fixture
def victim(make_user):
    return make_user()


def send(client, path: str, body: bytes | str, content_type: str = "application/json", **more):
    return client.post(path, data=body, content_type=content_type, **more)


@attack("API-18")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "text/json",
        "application/x-yaml",
        "application/octet-stream",
        "",
    ],
)
@pytest.mark.parametrize("path", [LOGIN, REGISTER])
def test_only_json_is_read(client, path, content_type):
    """ASVS 4.1.1. None of the three that a foreign page can send without asking is among it."""
    answer = send(client, path, json.dumps(ACCOUNT), content_type)

    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@attack("API-18")
@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_only_json_changes_an_account(client, headers, victim, content_type):
    """ASVS 4.1.1."""
    path = f"/api/users/{victim.id}"

    answer = client.put(path, data='{"full_name": "x"}', content_type=content_type, headers=headers)

    assert answer.status_code == 415


@attack("API-18")
def test_an_unwelcome_accept_header_gets_json_all_the_same(client, headers):
    """ASVS 4.1.1: no other form, and no crash."""
    for accept in ("text/html", "application/xml", "image/png", "*/*;q=0", "garbage;;;", "\xff"):
        answer = client.get("/api/users", headers=headers | {"Accept": accept})

        assert (answer.status_code, answer.mimetype) == (200, "application/json")


@attack("API-19")
@pytest.mark.parametrize(
    "body",
    [
        b'{"email":"ada@example.com","email":"eve@example.com","password":"another good one 47"}',
        b'{"email":"ada@example.com","\\u0065mail":"eve@x.com","password":"another good one 47"}',
        b'{"email":"ada@example.com","password":NaN}',
        b'{"email":"ada@example.com","password":Infinity}',
        b'{"email":"ada@example.com","password":1e400}',
        b'{"email":"ada@example.com","password":' + b"9" * 5000 + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b"[" * 60_000,
        b'\xef\xbb\xbf{"email":"ada@example.com","password":"another good one 47"}',
        b'{"email":"ada@example.com","password":"\xff\xfe\xfd another good"}',
        '{"email":"ada@example.com","password":"another good one 47"}'.encode("utf-16"),
        b'{"email":"ada@example.com","password":"another good one 47"} x',
        b'{"email":"ada@example.com","password":"another good one 47"}{}',
        b'{"email":"ada@example.com","password":"another good one 47",}',
        b"{'email':'ada@example.com'}",
        b'{"email":"ada@example.com","password":"another\x00good one 47"}',
        b'{"email":"ada@example.com" /* comment */, "password":"another good one 47"}',
        b"[]",
        b'[{"email":"ada@example.com","password":"another good one 47"}]',
        b"null",
        b"true",
        b"1",
        b'"ada@example.com"',
        b"",
        b" ",
        b"{",
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("path", [LOGIN, REGISTER])
def test_json_that_is_not_plain_is_refused(client, path, body):
    """ASVS 1.5.3; RFC 8259, sections 4 and 8.1."""
    answer = send(client, path, body)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@attack("API-19")
@pytest.mark.parametrize("size", [64 * 1024 + 1, 10 * 2**20])
@pytest.mark.parametrize("path", [LOGIN, REGISTER, "/api/users"])
def test_a_body_that_is_too_large_is_not_read(client, headers, path, size):
    """ASVS 5.2.1."""
    answer = send(client, path, b'{"email":"' + b"a" * size + b'"}', headers=headers)

    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


@attack("API-20")
@pytest.mark.parametrize("value", [["a@example.com"], {"$ne": 1}, 123, True, None, 1.5, {}, []])
@pytest.mark.parametrize("member", ["email", "password"])
@pytest.mark.parametrize("path", [LOGIN, REGISTER])
def test_a_value_of_another_type_is_refused(client, path, member, value):
    """ASVS 15.3.5."""
    answer = client.post(path, json=ACCOUNT | {member: value})

    assert answer.status_code == 400
    assert answer.json["errors"].keys() == {member}


@attack("API-20")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/roles", {"name": {"a": 1}}),
        ("/api/roles", {"name": "x", "permissions": "users:read"}),
        ("/api/roles", {"name": "x", "permissions": {"users:read": True}}),
        ("/api/users", ACCOUNT | {"roles": "admin"}),
        ("/api/users", ACCOUNT | {"roles": [1]}),
        ("/api/users", ACCOUNT | {"full_name": ["x"]}),
        ("/api/clients", {"client_name": 7}),
        ("/api/clients", {"client_name": "x", "redirect_uris": "https://a.example"}),
        ("/api/clients", {"client_name": "x", "first_party": "true"}),
        ("/api/clients", {"client_name": "x", "scope": ["openid"]}),
        ("/api/auth/refresh", {"refreshToken": ["x"]}),
    ],
)
def test_a_member_of_another_type_is_refused_everywhere(client, headers, path, body):
    """ASVS 15.3.5."""
    assert client.post(path, json=body, headers=headers).status_code == 400


@attack("API-32")
def test_signing_in_sets_no_cookie(client, make_user):
    """ASVS 3.5.2: there is nothing that a foreign page could plant or ride on."""
    user = make_user()

    answer = client.post(LOGIN, json={"email": user.email, "password": user.password})

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@attack("API-32")
@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_form_of_another_site_signs_nobody_in(client, make_user, content_type):
    """ASVS 3.5.2: login CSRF by the two types that need no preflight."""
    user = make_user()
    body = json.dumps({"email": user.email, "password": user.password})

    answer = send(client, LOGIN, body, content_type, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 415
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers
