"""The token endpoint before any grant: the form of a request, and of every answer."""

from base64 import b64encode

import pytest

from tests.factories.clients import TestClient
from tests.support.relying_party import FORM, RelyingParty

TOKEN = "/oauth2/token"
BODY = "grant_type=client_credentials"


@pytest.fixture
def send(client, relying_party):
    """``send(body)``: a token request as this client, with another body, header or address."""

    def send(body: str | bytes = BODY, path: str = TOKEN, **headers: str):
        given = relying_party.credentials
        sent = {
            "Content-Type": FORM,
            "Authorization": basic_header(given.client_id, given.secret),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(path, data=body, headers=sent)

    return send


def basic_header(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


def refused_as(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


# Every answer -------------------------------------------------------------------------------------


def test_a_token_is_never_stored(send):
    """RFC 6749, section 5.1."""
    answer = send()

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert answer.content_type == "application/json"


def test_a_refusal_is_json_that_is_never_stored(send):
    """RFC 6749, section 5.2."""
    answer = send("grant_type=")

    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json.keys() == {"error", "error_description"}


def test_nothing_that_was_sent_comes_back_in_a_refusal(send):
    """RFC 6749, section 5.2: a fixed set of characters; CWE-116."""
    answer = send("grant_type=%22%3Czebra%3E&scope=%22%3Czebra%3E")

    assert b"zebra" not in answer.data


# Form only ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_tokens_are_asked_for_by_post(client, method):
    """RFC 6749, section 3.2."""
    answer = client.open(TOKEN, method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_parameters_in_the_query_are_refused(send):
    """RFC 6749, section 2.3.1."""
    answer = send(path=f"{TOKEN}?scope=openid")

    assert refused_as(answer) == (400, "invalid_request")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "text/plain"])
def test_another_body_than_a_form_is_refused(send, content_type):
    """RFC 6749, appendix B."""
    answer = send('{"grant_type": "client_credentials"}', Content_Type=content_type)

    assert refused_as(answer) == (400, "invalid_request")


def test_the_character_set_may_be_named(send):
    assert send(Content_Type=f"{FORM}; charset=UTF-8").status_code == 200


@pytest.mark.parametrize("again", ["grant_type=password", "grant_type=", "scope=a&scope=a"])
def test_a_parameter_that_is_repeated_is_refused(send, again):
    """RFC 6749, section 3.2."""
    answer = send(f"{BODY}&{again}")

    assert refused_as(answer) == (400, "invalid_request")


def test_a_parameter_without_a_value_counts_as_left_out(send):
    """RFC 6749, section 3.2."""
    assert send(f"{BODY}&scope=&resource=").status_code == 200


def test_a_parameter_that_nobody_knows_is_ignored(send):
    """RFC 6749, section 3.2."""
    assert send(f"{BODY}&colour=blue").status_code == 200


def test_a_parameter_is_not_named_like_a_header_or_a_class(send):
    """Names are data: nothing of Python or of WSGI answers to them."""
    assert send(f"{BODY}&__class__=x&HTTP_AUTHORIZATION=y").status_code == 200


@pytest.mark.parametrize(
    "body", ["%", "%2", "%zz", "a%g0=b", "x=%ff", "x=%c3%28", "x=%00", "x=%0a", "%00=x", "x=%7f"]
)
def test_what_is_no_text_is_refused(send, body):
    """security.md, invariant 1: strict UTF-8 without control characters."""
    assert refused_as(send(f"{BODY}&{body}")) == (400, "invalid_request")


def test_a_body_that_is_too_large_is_not_read(send):
    """protocol.md, Token endpoint: 64 KiB."""
    assert refused_as(send(BODY + "&x=" + "y" * 65_536)) == (413, "invalid_request")


def test_too_many_parameters_are_refused(send):
    """CWE-770."""
    assert refused_as(send(BODY + "&x" * 2000)) == (400, "invalid_request")


def test_a_missing_grant_type_is_an_invalid_request(send):
    """RFC 6749, section 5.2; libraries.md: Authlib says unsupported_grant_type."""
    assert refused_as(send("scope=openid")) == (400, "invalid_request")


@pytest.mark.parametrize("grant", ["implicit", "Password", "x" * 5000])
def test_another_grant_type_is_not_supported(send, grant):
    """RFC 6749, section 5.2."""
    assert refused_as(send(f"grant_type={grant}")) == (400, "unsupported_grant_type")


# Limits and browsers ------------------------------------------------------------------------------


def test_an_address_that_fails_too_often_must_wait(make_app, make_client):
    """security.md, invariant 9: guessing client secrets."""
    app, _ = make_app(token_limit="2/hour")
    known = make_client()
    guesser = RelyingParty(app.test_client(), TestClient(known.client_id, "a guess"))
    for _ in range(2):
        assert guesser.token(grant_type="client_credentials").status_code == 401

    answer = RelyingParty(app.test_client(), known).token(grant_type="client_credentials")

    assert refused_as(answer) == (429, "temporarily_unavailable")
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


def test_scripts_of_a_registered_origin_may_ask(client, make_client):
    """protocol.md, What real clients taught: preflight."""
    grants = ["authorization_code"]
    make_client(grant_types=grants, redirect_uris=["https://spa.example/cb"])

    answer = client.options(TOKEN, headers={"Origin": "https://spa.example"})

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_refusal_can_be_read_by_a_registered_origin(client, make_client):
    make_client(grant_types=["authorization_code"], redirect_uris=["https://spa.example/cb"])

    answer = client.post(TOKEN, headers={"Origin": "https://spa.example"})

    assert answer.status_code == 400
    assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example"


def test_scripts_of_a_stranger_may_not(client):
    answer = client.options(TOKEN, headers={"Origin": "https://evil.example"})

    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Vary"] == "Origin"


def test_a_configured_origin_needs_no_client(make_app):
    """AUTHSERVER_CORS_ORIGINS."""
    app, _ = make_app(cors_origins=["https://console.example"])

    answer = app.test_client().options(TOKEN, headers={"Origin": "https://console.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "https://console.example"
