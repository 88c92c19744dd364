"""Attacks by request objects (rows EX-10 to EX-12, AZ-28), and through ``request_uri`` (SS)."""

import pytest
from sqlalchemy import text

from authserver.clients.service import ClientService
from authserver.storage.db import Database
from tests.attacks.forgery import compact, with_hmac
from tests.attacks.rows import attack
from tests.support.authorization_answers import assert_error, assert_error_page
from tests.support.authorizations import Authorizations
from tests.support.client_keys import ClientKey, key_set
from tests.support.internet import answer_with


@pytest.fixture(scope="module")
def key():
    return ClientKey("RS256")


@pytest.fixture
def victim(authorizations, key):
    """A client that signs its requests."""
    return authorizations(jwks=key_set(key))


@attack("EX-10")
def test_the_request_of_one_client_is_none_of_another(authorizations, victim, key):
    """RFC 9101, section 6.3: neither under its name, nor under its own."""
    other = authorizations(redirect_uris=["https://other.example/cb"], jwks=key_set(ClientKey()))
    request = key.sign({"client_id": victim.client_id, "redirect_uri": "https://app.example/cb"})

    answers = [
        other.authorize(request=request),
        other.authorize(request=request, redirect_uri=None),
        other.authorize(request=request, response_type=None),
    ]

    for answer in answers:
        assert_error_page(answer)


@attack("EX-10")
def test_who_shares_a_key_is_still_another_client(authorizations, victim, key):
    other = authorizations(jwks=key_set(key))
    request = key.sign({"client_id": victim.client_id, "state": "inner"})

    assert_error(other.authorize(request=request), "invalid_request_object")


@attack("EX-10")
@pytest.mark.parametrize("inner", ["id_token", "code id_token", "none", "token", ""])
def test_a_response_type_that_differs_is_refused(victim, key, inner):
    """OpenID Connect Core 1.0, section 6.1; an empty one counts as left out."""
    answer = victim.authorize(request=key.sign({"response_type": inner}))

    if inner:
        assert_error(answer, "invalid_request_object")
    else:
        assert "code" in answer.params


@attack("EX-10")
@pytest.mark.parametrize("outer", ["https://app.example/cb", "https://evil.example/cb", None])
def test_a_redirect_uri_inside_is_checked_like_every_other(victim, key, outer):
    request = key.sign({"redirect_uri": "https://evil.example/cb"})

    answer = victim.authorize(request=request, redirect_uri=outer)

    assert_error_page(answer, "evil.example")


@attack("EX-10")
def test_a_request_object_that_does_not_open_leads_nowhere_new(victim):
    """The error goes to where the client registered, or to nobody."""
    forged = ClientKey("RS256").sign({"redirect_uri": "https://evil.example/cb"})

    assert_error(victim.authorize(request=forged), "invalid_request_object")
    assert_error_page(victim.authorize(request=forged, redirect_uri=None), "evil.example")
    assert_error_page(
        victim.authorize(request=forged, redirect_uri="https://evil.example/cb"), "evil.example"
    )


@attack("EX-10")
@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256"])
def test_a_request_that_nobody_signed_is_refused(victim, key, alg):
    """RFC 8725, section 3.1: not unsigned, and not under a key that everybody knows."""
    header, claims = {"alg": alg, "kid": key.kid}, {"state": "forged"}
    public = key.public()["n"].encode()
    forged = with_hmac(header, claims, public) if alg == "HS256" else compact(header, claims)

    answer = victim.authorize(request=forged)

    assert answer.params["error"] in ("invalid_request_object", "request_not_supported")
    assert answer.params["state"] == "S"


@attack("EX-12")
@pytest.mark.parametrize("mode", ["jwt", "form_post.jwt", "query.jwt", "fragment.jwt"])
@pytest.mark.parametrize("inside", [True, False])
def test_no_response_mode_leads_to_an_unregistered_address(victim, key, mode, inside):
    """GHSA-9vm7-v8wj-3fqw."""
    asked = {"response_mode": mode, "redirect_uri": "https://evil.example/cb"}
    changes = {"request": key.sign(asked)} if inside else asked

    assert_error_page(victim.authorize(**changes), "evil.example")


# Nobody is called who was not registered ------------------------------------------------------


@pytest.fixture
def calling(internet, make_app, new_client, key):
    """``calling(url)``: a client that has registered this address, and what becomes of it."""
    application, services = make_app()
    authorizations = Authorizations(new_client(application), services)

    def attempt(url):
        flow = authorizations(jwks=key_set(key))
        with services.get(Database).engine.begin() as connection:
            # What registration already refuses is tried all the same.
            connection.execute(
                text(
                    "UPDATE clients SET metadata = metadata || jsonb_build_object("
                    "'request_uris', jsonb_build_array(CAST(:url AS text))) "
                    "WHERE client_id = :client_id"
                ),
                {"url": url, "client_id": flow.client_id},
            )
        services.get(ClientService).memory.forget(flow.client_id)
        return flow.authorize(request_uri=url)

    return attempt


@attack("AZ-28", "EX-11")
@pytest.mark.parametrize(
    "url", ["https://x", "https://169.254.169.254/", "http://127.0.0.1:6379/", "urn:x", "x"]
)
def test_nobody_is_called_for_an_address_that_was_not_registered(
    internet,
    victim,
    url,
):
    """RFC 9101, section 10.4."""
    assert_error(victim.authorize(request_uri=url), "invalid_request_uri")

    assert internet.called == []
    assert "x" not in internet.looked_up


@attack("AZ-28")
def test_an_unsigned_request_is_told_to_be_unsupported(flow):
    """OpenID Connect Core 1.0, section 3.1.2.6."""
    answer = flow.authorize(request=compact({"alg": "none"}, {"state": "inner"}))

    assert_error(answer, "request_not_supported")


@attack("EX-11", "SS-01", "SS-03", "SS-04", "SS-08", "SS-09")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "https://localhost:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "https://2130706433:{port}/",
        "https://0x7f.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fe80::1]/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/",
        "https://a@127.0.0.1:22/",
        "https://127.0.0.1./",
    ],
)
def test_a_private_address_is_not_called(internet, calling, url):
    """CVE-2020-10770."""
    canary = internet.canary()

    answer = calling(url.format(port=canary.port))

    assert_error(answer, "invalid_request_uri")
    assert canary.connections == 0
    assert internet.called == []


@attack("EX-11", "SS-05", "SS-06")
def test_a_name_of_a_private_address_is_not_called(internet, calling):
    internet.names["rebind.test"] = ["127.0.0.1"]

    answer = calling("https://rebind.test/")

    assert_error(answer, "invalid_request_uri")
    assert internet.called == []


@attack("EX-11", "SS-13")
def test_nobody_reads_what_was_fetched(internet, calling, log_text):
    """CVE-2025-67494."""
    site = internet.site("inside.example", answer_with(b"s3cret-of-the-inside"))

    answer = calling(site.url())

    assert_error(answer, "invalid_request_object")
    assert site.requests == ["/"]
    assert "s3cret" not in (answer.location or "") + answer.text + log_text()
