"""Attacks on the form of token requests (rows TE)."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.attacks.rows import attack
from tests.support.relying_party import FORM, basic

TOKEN = "/oauth2/token"
SCOPE = "openid profile reports:read"


@pytest.fixture
def web(party) -> Any:
    """The confidential client of the rows."""
    return party(scope=SCOPE)


@pytest.fixture
def headers(web) -> dict[str, str]:
    """Its credentials, and the type of a form."""
    return basic(web.credentials.client_id, web.credentials.secret) | {"Content-Type": FORM}


def assert_refused(answer: Any, error: str = "invalid_request") -> None:
    assert (answer.status_code, answer.json["error"]) == (400, error)


@attack("TE-01")
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post_is_taken(client, headers, method):
    """RFC 6749, section 3.2."""
    answer = client.open(f"{TOKEN}?grant_type=client_credentials", method=method, headers=headers)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@attack("TE-02")
def test_the_grant_type_does_not_count_in_the_query(client, headers):
    """RFC 6749, section 2.3.1; Authlib as documented answers 200."""
    answer = client.post(f"{TOKEN}?grant_type=client_credentials", headers=headers)

    assert_refused(answer)


@attack("TE-02")
def test_credentials_do_not_count_in_the_query(client, web):
    """CWE-598: what stands in a query stands in logs."""
    credentials = {"client_id": web.credentials.client_id, "client_secret": web.credentials.secret}

    answer = client.post(
        f"{TOKEN}?{urlencode(credentials)}", data={"grant_type": "client_credentials"}
    )

    assert_refused(answer)


@attack("TE-03", "TE-04")
@pytest.mark.parametrize("query", ["grant_type=client_credentials", "scope=manage", "x=y"])
def test_the_query_does_not_override_the_body(client, headers, user, query):
    """CWE-235; ASVS 5.0, 15.3.7."""
    form = {"grant_type": "password", "username": user.email, "password": user.password}

    answer = client.post(f"{TOKEN}?{query}", data=urlencode(form), headers=headers)

    assert_refused(answer)


@attack("TE-07")
@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "application/json", "text/plain", "application/xml", ""],
)
def test_only_a_form_is_read(client, headers, content_type):
    """RFC 6749, appendix B."""
    answer = client.post(
        TOKEN,
        data=b"grant_type=client_credentials",
        headers=headers | {"Content-Type": content_type},
    )

    assert_refused(answer)


@attack("TE-07")
def test_a_real_multipart_body_is_refused(client, headers):
    answer = client.post(
        TOKEN,
        data={"grant_type": "client_credentials"},
        content_type="multipart/form-data",
        headers={"Authorization": headers["Authorization"]},
    )

    assert_refused(answer)


@attack("TE-09")
@pytest.mark.parametrize("form", [{}, {"grant_type": ""}])
def test_a_request_without_grant_type_is_malformed(web, form):
    """RFC 6749, section 5.2; Authlib says unsupported_grant_type."""
    answer = web.token(**form)

    assert_refused(answer)


@attack("TE-10")
@pytest.mark.parametrize("grant_type", ["foo", "Password", "password ", "__class__", "implicit"])
def test_an_unknown_grant_type_is_unsupported(web, grant_type):
    """RFC 6749, section 5.2."""
    answer = web.token(grant_type=grant_type)

    assert_refused(answer, "unsupported_grant_type")


@attack("TE-11")
@pytest.mark.parametrize("grant_type", ["password", "refresh_token", "client_credentials"])
def test_a_grant_that_the_client_is_not_registered_for_is_refused(party, user, grant_type):
    """CVE-2026-75866."""
    others = {"password", "refresh_token", "client_credentials"} - {grant_type}
    narrow = party(scope=SCOPE, grant_types=sorted(others))

    answer = narrow.token(
        grant_type=grant_type,
        username=user.email,
        password=user.password,
        refresh_token="x.y.z",
    )

    assert_refused(answer, "unauthorized_client")


@attack("TE-12")
@pytest.mark.parametrize("value", ["%ff%fe", "%zz", "%", "%4", "a%u0041", "%ed%a0%80", "\xe9"])
def test_a_body_that_is_no_utf_8_is_refused(client, headers, value):
    """RFC 6749, appendix B."""
    body = f"grant_type=password&password=long-enough&username={value}"

    answer = client.post(TOKEN, data=body.encode("latin-1"), headers=headers)

    assert_refused(answer)


@attack("TE-13")
@pytest.mark.parametrize("name", ["username", "password", "refresh_token", "code", "scope", "zz"])
@pytest.mark.parametrize("character", ["%00", "%1b", "%0d%0a", "%7f"])
def test_control_characters_are_refused(client, headers, name, character):
    """KEYCLOAK-791: PostgreSQL takes no NUL in text, and a log takes no line feed."""
    grant = "refresh_token" if name == "refresh_token" else "password"
    body = f"grant_type={grant}&{name}=u{character}&"

    answer = client.post(TOKEN, data=body, headers=headers)

    assert_refused(answer)


@attack("TE-14")
def test_a_success_is_json_that_nobody_stores(web, user):
    """RFC 6749, section 5.1. The row adds ``charset=UTF-8``; RFC 8259, section 11 defines no such
    parameter for JSON, so that we send none."""
    answer = web.password(user)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.json["token_type"] == "Bearer"
    assert isinstance(answer.json["expires_in"], int)


@attack("TE-15")
@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": "foo"},
        {"grant_type": "password", "username": "u@example.com", "password": "wrong-password"},
        {"grant_type": "refresh_token", "refresh_token": "' OR 1=1 --"},
        {"grant_type": "client_credentials", "scope": '"'},
        {"grant_type": "client_credentials", "resource": "#"},
    ],
)
def test_a_refusal_is_json_that_nobody_stores(web, form):
    """RFC 6749, section 5.2. What must not stand in it is looked for at every answer (``watch``);
    nothing that was sent comes back either."""
    answer = web.token(**form)

    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {"error", "error_description"}
    assert not any(
        value in answer.text for name, value in form.items() if name not in ("grant_type", "scope")
    )


@attack("TE-16")
def test_an_empty_body_is_malformed(client, headers):
    answer = client.post(TOKEN, data=b"", headers=headers)

    assert_refused(answer)


@attack("TE-16")
@pytest.mark.parametrize("path", [TOKEN, "/oauth2/revoke", "/oauth2/introspect"])
def test_a_large_body_is_refused(client, headers, path):
    """ASVS 5.0, 15.2.2."""
    answer = client.post(path, data=b"a=" + b"x" * 1_000_000, headers=headers)

    assert answer.status_code == 413


@attack("TE-17")
def test_a_thousand_unknown_parameters_are_ignored(web):
    extra = {f"a{number}": "1" for number in range(1000)}

    answer = web.token(grant_type="client_credentials", **extra)

    assert answer.status_code == 200


@attack("TE-17")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("&".join(f"a{number}=1" for number in range(100_000)), 413, id="large"),
        pytest.param("&".join(f"{number:x}" for number in range(12_000)), 400, id="small"),
        pytest.param("&" * 60_000, 400, id="without names"),
    ],
)
def test_a_flood_of_parameters_is_refused_at_once(client, headers, body, status):
    """CVE-2023-25577: more than anybody needs is refused before it is taken apart."""
    answer = client.post(TOKEN, data=body, headers=headers)

    assert answer.status_code == status
    assert client.seconds < 0.2


@attack("TE-19")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [("openid x", "openid"), ("profile openid", "openid profile"), ("openid openid", "openid")],
)
def test_the_answer_says_which_scope_was_granted(web, user, asked, granted):
    """RFC 6749, section 5.1."""
    answer = web.password(user, scope=asked)

    assert answer.json["scope"] == granted
