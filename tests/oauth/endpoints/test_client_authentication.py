"""Client authentication, as it is at every endpoint that asks for it (RFC 6749, section 2.3)."""

from base64 import b64encode

import pytest
from structlog.testing import capture_logs

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.ids import digest
from tests.factories.clients import TestClient
from tests.support.relying_party import FORM, RelyingParty, basic

TOKEN = "/oauth2/token"
FORM_BODY = {"grant_type": "client_credentials"}


@pytest.fixture
def ask(client):
    """``ask(headers, **form)``: a token request without any authentication of its own."""

    def ask(headers=None, **form):
        return client.post(
            TOKEN, data=FORM_BODY | form, headers={"Content-Type": FORM} | (headers or {})
        )

    return ask


@pytest.fixture
def web(make_client) -> TestClient:
    return make_client()


@pytest.fixture
def set_secret(rows):
    """``set_secret(client_id, secret)``: the client's secret is this one."""
    return lambda client_id, secret: rows.sql(
        "UPDATE client_secrets SET digest = :digest WHERE client_id = :id",
        digest=digest(secret),
        id=client_id,
    )


def refused_as(answer) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]


def test_a_client_may_authenticate_by_basic(ask, web):
    assert ask(basic(web.client_id, web.secret)).status_code == 200


def test_a_client_may_authenticate_in_the_form(ask, make_client):
    post = make_client(token_endpoint_auth_method="client_secret_post")

    answer = ask(client_id=post.client_id, client_secret=post.secret)

    assert answer.status_code == 200


def test_the_two_methods_by_secret_stand_for_one_another(ask, web, make_client):
    """protocol.md, Client authentication: some libraries use both in turn."""
    post = make_client(token_endpoint_auth_method="client_secret_post")

    answers = [
        ask(client_id=web.client_id, client_secret=web.secret),
        ask(basic(post.client_id, post.secret)),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_not_so_for_a_strict_client(ask, make_client):
    strict = make_client(strict=True)

    answer = ask(client_id=strict.client_id, client_secret=strict.secret)

    assert refused_as(answer) == (401, "invalid_client")


def test_the_same_id_in_the_form_is_one_authentication(ask, web):
    """protocol.md, Client authentication: idpyoidc and mozilla-django-oidc send it."""
    assert ask(basic(web.client_id, web.secret), client_id=web.client_id).status_code == 200


def test_another_id_in_the_form_is_refused(ask, web, make_client):
    answer = ask(basic(web.client_id, web.secret), client_id=make_client().client_id)

    assert refused_as(answer) == (400, "invalid_request")


def test_two_secrets_are_refused(ask, web):
    """RFC 6749, section 2.3: one method a request."""
    answer = ask(basic(web.client_id, web.secret), client_secret=web.secret)

    assert refused_as(answer) == (400, "invalid_request")


def test_a_wrong_secret_in_the_header_is_not_saved_by_a_public_id_in_the_form(
    ask, web, make_client
):
    """security.md, invariant 1: Authlib 1.9.9 as documented issues a token here."""
    public = make_client(token_endpoint_auth_method="none", grant_types=["password"])

    answer = ask(basic(web.client_id, "wrong"), client_id=public.client_id)

    assert refused_as(answer) == (401, "invalid_client")


def test_every_failure_gets_one_and_the_same_answer(ask, web, make_client, services):
    """protocol.md, Token endpoint: unknown, wrong secret, disabled, another method."""
    disabled = make_client()
    services.get(ClientService).disable(SYSTEM, disabled.client_id)
    strict = make_client(token_endpoint_auth_method="client_secret_post", strict=True)
    public = make_client(token_endpoint_auth_method="none", grant_types=["password"])
    attempts = [
        ("nobody", "secret"),
        ("", ""),
        ("no\x00body", "secret"),
        (web.client_id, "wrong"),
        (web.client_id, ""),
        (disabled.client_id, disabled.secret),
        (strict.client_id, strict.secret),
        (public.client_id, ""),
    ]

    answers = [ask(basic(*attempt)) for attempt in attempts]

    assert {answer.data for answer in answers} == {answers[0].data}
    assert {answer.status_code for answer in answers} == {401}


def test_a_challenge_comes_for_who_tried_basic(ask, web):
    """RFC 6749, section 5.2."""
    assert ask(basic(web.client_id, "wrong")).headers["WWW-Authenticate"].startswith("Basic ")


def test_no_challenge_comes_for_who_tried_the_form(ask, web):
    """Browsers would ask a person for a password."""
    answer = ask(client_id=web.client_id, client_secret="wrong")

    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


def test_a_confidential_client_cannot_just_name_itself(ask, web):
    """RFC 6749, section 3.2.1."""
    assert refused_as(ask(client_id=web.client_id)) == (401, "invalid_client")


def test_a_request_without_any_client_is_refused(ask):
    assert refused_as(ask()) == (401, "invalid_client")


@pytest.mark.parametrize("name", ["client_assertion", "client_assertion_type"])
def test_a_method_that_we_have_not_made_is_refused(ask, web, name):
    """RFC 7521, section 4.2: nothing falls back to naming oneself."""
    answer = ask(client_id=web.client_id, **{name: "x"})

    assert refused_as(answer) == (401, "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YQ",
        "Basic Y===",
        "Basic " + b64encode(b"no-colon").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(),
        "Basic " + b64encode(b"%ff:%ff").decode(),
        "Basic  " + b64encode(b"a:b").decode(),
        "Bearer abc",
        "Digest username=x",
        "",
    ],
)
def test_a_broken_header_never_falls_back_to_the_form(ask, make_client, header):
    """RFC 6749, section 2.3: whoever sends the header means it."""
    public = make_client(token_endpoint_auth_method="none", grant_types=["password"])

    answer = ask({"Authorization": header}, client_id=public.client_id, grant_type="password")

    assert refused_as(answer) == (401, "invalid_client")


def test_id_and_secret_are_form_encoded_within_basic(ask, make_client, set_secret):
    """RFC 6749, section 2.3.1, appendix B."""
    web = make_client()
    set_secret(web.client_id, "a:b c%+/\u00e9")

    assert ask(basic(web.client_id, "a:b c%+/\u00e9")).status_code == 200


def test_a_disabled_client_is_refused_within_a_second(client, web, services):
    """protocol.md, Clients: the notice comes before the memory has run out."""
    party = RelyingParty(client, web)
    assert party.token(**FORM_BODY).status_code == 200

    services.get(ClientService).disable(SYSTEM, web.client_id)

    assert refused_as(party.token(**FORM_BODY)) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("secret", "detail"),
    [("wrong", "unknown client or wrong secret"), (None, "no client authentication")],
)
def test_the_log_says_why_and_the_answer_does_not(ask, web, secret, detail):
    """OWASP ASVS 5.0, 16.3.1: whoever runs the server can tell what is wrong with a client."""
    with capture_logs() as lines:
        answer = ask(basic(web.client_id, secret) if secret else None)

    assert refused_as(answer) == (401, "invalid_client")
    assert [line["detail"] for line in lines if line["event"] == "request.refused"] == [detail]
    assert detail not in answer.text
