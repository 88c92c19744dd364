"""Attacks on where an answer goes (rows RU): codes must reach registered addresses only."""

import pytest

from tests.attacks.rows import attack
from tests.support.authorization_answers import REDIRECT_URI, assert_error_page

WITH_QUERY = "https://app.example/cb?a=1"


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://app.example.evil.com/cb", marks=attack("RU-02")),
        pytest.param("https://appxexample/cb", marks=attack("RU-03")),
        pytest.param("https://app.example@evil.com/cb", marks=attack("RU-04")),
        pytest.param("https://evil.com@app.example/cb", marks=attack("RU-04")),
        pytest.param("https://app.example@a@evil.com/cb", marks=attack("RU-05")),
        pytest.param("https://app.example/cb/../evil", marks=attack("RU-07")),
        pytest.param("https://app.example/x/../cb", marks=attack("RU-07")),
        pytest.param("https://app.example/cb/..%2Fevil", marks=attack("RU-08")),
        pytest.param("https://app.example/cb/..%252Fevil", marks=attack("RU-08")),
        pytest.param("https://app.example/CB", marks=attack("RU-11")),
        pytest.param("HTTPS://APP.EXAMPLE/cb", marks=attack("RU-12")),
        pytest.param("https://APP.example/cb", marks=attack("RU-12")),
        pytest.param("https://app.example/cb?x=1", marks=attack("RU-13")),
        pytest.param("https://app.example/cb?", marks=attack("RU-13")),
        pytest.param("https://app.example:8443/cb", marks=attack("RU-18")),
        pytest.param("https://app.example:443/cb", marks=attack("RU-19")),
        pytest.param("http://app.example/cb", marks=attack("RU-20")),
        pytest.param("//app.example/cb", marks=attack("RU-21")),
        pytest.param("https:app.example/cb", marks=attack("RU-22")),
        pytest.param("/cb", marks=attack("RU-22")),
        pytest.param("cb", marks=attack("RU-22")),
        pytest.param("https://app.example\\@evil.com/cb", marks=attack("RU-24")),
        pytest.param("\thttps://evil.com", marks=attack("RU-24")),
        pytest.param(" https://app.example/cb", marks=attack("RU-24")),
        pytest.param("https://app.example/cb ", marks=attack("RU-24")),
    ],
)
def test_what_only_resembles_the_registered_address_is_refused(flow, uri):
    """RFC 9700, section 4.1.3: the strings are equal, or it is another address."""
    answer = flow.authorize(redirect_uri=uri)

    assert_error_page(answer, "evil.com")


@attack("RU-14")
def test_another_query_than_the_registered_one_is_refused(authorizations):
    """oidcc-redirect-uri-query-mismatch."""
    flow = authorizations(redirect_uris=[WITH_QUERY])

    answer = flow.authorize(redirect_uri="https://app.example/cb?a=2")

    assert_error_page(answer, "a=2")


@attack("RU-14")
def test_the_registered_query_must_not_be_left_out(authorizations):
    flow = authorizations(redirect_uris=[WITH_QUERY])

    answer = flow.authorize(redirect_uri=REDIRECT_URI)

    assert_error_page(answer)


@attack("RU-15")
def test_the_registered_query_is_kept(authorizations):
    """RFC 6749, section 3.1.2; oidcc-redirect-uri-query-OK."""
    flow = authorizations(redirect_uris=[WITH_QUERY])

    answer = flow.authorize(redirect_uri=WITH_QUERY)

    assert answer.status == 303
    assert answer.location.startswith(f"{WITH_QUERY}&code=")
    assert answer.location.count("?") == 1
    assert (answer.params["a"], answer.params["state"]) == ("1", "S")
    assert answer.params["iss"] == flow.issuer


@attack("RU-32")
@pytest.mark.parametrize(
    "uris",
    [
        [REDIRECT_URI, "https://evil.com/"],
        ["https://evil.com/", REDIRECT_URI],
        [REDIRECT_URI, REDIRECT_URI],
        [REDIRECT_URI, ""],
    ],
)
def test_of_two_addresses_none_counts(flow, uris):
    """RFC 6749, section 3.1: parameters must not be sent twice."""
    answer = flow.authorize(redirect_uri=uris)

    assert_error_page(answer, "evil.com")


@attack("RU-32")
def test_of_two_clients_none_counts(flow, authorizations):
    """An answer would go to an address of one of them."""
    other = authorizations(redirect_uris=["https://other.example/cb"])

    answer = flow.authorize(client_id=[flow.client_id, other.client_id])

    assert_error_page(answer)


@attack("RU-34")
@pytest.mark.parametrize("uri", [None, ""])
def test_the_address_must_be_said_even_if_there_is_but_one(flow, uri):
    """OpenID Connect Core 1.0, section 3.1.2.1: REQUIRED."""
    assert_error_page(flow.authorize(redirect_uri=uri))


@attack("RU-35")
@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "zzz"},
        {"response_type": None},
        {"response_mode": "zzz"},
        {"response_mode": "form_post"},
        {"scope": "zzz"},
        {"prompt": "none login"},
        {"prompt": "none"},
        {"code_challenge": None},
        {"nonce": ["a", "b"]},
        {"request": "zzz"},
        {"request_uri": "https://evil.com/request"},
        {"registration": "{}"},
    ],
)
def test_no_other_error_opens_a_way_to_a_foreign_address(flow, wrong):
    """CVE-2026-41479: Authlib before 1.6.10 redirected for a wrong response_type."""
    answer = flow.authorize(redirect_uri="https://evil.com/", **wrong)

    assert_error_page(answer, "evil.com")


@attack("RU-35")
@pytest.mark.parametrize("client_id", ["nobody", "", None, "'; --", "x" * 5000])
def test_an_unknown_client_has_no_address(flow, client_id):
    """Nothing redirects before the client is proven (RFC 6749, section 4.1.2.1)."""
    answer = flow.authorize(client_id=client_id)

    assert_error_page(answer, "app.example")


@attack("RU-40")
@pytest.mark.parametrize(
    "uri", ["https://app.example/cb2", "https://app.example/cb/", "https://app.example/CB"]
)
def test_a_code_is_redeemed_with_the_address_it_was_made_for(authorizations, uri):
    """RFC 6749, section 4.1.3; it does not help that the other one is registered as well."""
    flow = authorizations(redirect_uris=[REDIRECT_URI, "https://app.example/cb2"])

    answer = flow.redeem(flow.code(), redirect_uri=uri)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("RU-41")
@pytest.mark.parametrize("uri", [None, ""])
def test_a_code_is_not_redeemed_without_its_address(flow, uri):
    """RFC 6749, section 4.1.3: REQUIRED if it was in the authorization request."""
    answer = flow.redeem(flow.code(), redirect_uri=uri)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("RU-42")
def test_a_form_with_a_password_is_never_sent_on(authorizations):
    """RFC 9700, section 4.12: a 307 would bring the password to the client."""
    flow = authorizations(signed_in=False)
    step = flow.authorize()

    person = {"username": flow.user.email, "password": flow.user.password}
    sent = flow.submit(step.location, **person)
    answer = flow.go(sent.location)

    assert (step.status, sent.status, answer.status) == (303, 303, 303)
    assert sent.page == "/oauth2/authorize"
    assert answer.params["code"]
