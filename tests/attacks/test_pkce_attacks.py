"""Attacks on the proof that who redeems a code is who asked for it (rows PK)."""

import pytest

from tests.attacks.rows import attack
from tests.support.authorization_answers import assert_error
from tests.support.authorizations import VERIFIER, challenge_of


def assert_worthless(answer):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("PK-01")
def test_a_public_client_must_send_a_challenge(authorizations):
    """RFC 9700, section 2.1.1."""
    flow = authorizations.public()

    answer = flow.authorize(code_challenge=None, code_challenge_method=None)

    assert_error(answer, "invalid_request")


@attack("PK-02")
def test_a_confidential_client_must_send_one_too(flow):
    """And is told how to be exempted: many libraries send none."""
    answer = flow.authorize(code_challenge=None, code_challenge_method=None)

    assert_error(answer, "invalid_request")
    assert "pkce=optional" in answer.params["error_description"]


@attack("PK-02")
def test_a_confidential_client_may_be_exempted(authorizations):
    """The certification profiles of OpenID Connect send none."""
    flow = authorizations(pkce="optional")

    code = flow.code(code_challenge=None, code_challenge_method=None)

    assert flow.redeem(code, code_verifier=None).status_code == 200


@attack("PK-02")
def test_who_is_exempted_and_sends_a_challenge_is_held_to_it(authorizations):
    """RFC 9700, section 4.8.2: or else an attacker would leave the verifier out."""
    flow = authorizations(pkce="optional")

    assert_worthless(flow.redeem(flow.code(), code_verifier=None))


@attack("PK-02")
def test_a_verifier_without_a_challenge_tells_of_a_stripped_request(authorizations):
    """RFC 9700, section 4.8.2: PKCE downgrade."""
    flow = authorizations(pkce="optional")

    code = flow.code(code_challenge=None, code_challenge_method=None)

    assert_worthless(flow.redeem(code, code_verifier=VERIFIER))


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("plain", marks=attack("PK-03")),
        pytest.param(None, marks=attack("PK-03")),
        pytest.param("S512", marks=attack("PK-05")),
        pytest.param("s256", marks=attack("PK-05")),
        pytest.param("S256 plain", marks=attack("PK-05")),
    ],
)
def test_s256_is_the_only_method(flow, method):
    """RFC 7636, section 4.3: without a method, it would be plain."""
    answer = flow.authorize(code_challenge_method=method)

    assert_error(answer, "invalid_request")
    assert "transform algorithm not supported" in answer.params["error_description"]


@attack("PK-03")
def test_plain_is_refused_of_who_is_exempted(authorizations):
    flow = authorizations(pkce="optional")

    answer = flow.authorize(code_challenge=VERIFIER, code_challenge_method="plain")

    assert_error(answer, "invalid_request")


@attack("PK-05")
def test_a_method_without_a_challenge_is_refused(authorizations):
    """A request that somebody stripped of its challenge."""
    flow = authorizations(pkce="optional")

    assert_error(flow.authorize(code_challenge=None), "invalid_request")


@attack("PK-10")
def test_the_challenge_is_no_verifier(flow):
    """RFC 7636: who saw the request has not seen the verifier."""
    answer = flow.redeem(flow.code(), code_verifier=challenge_of(VERIFIER))

    assert_worthless(answer)


@attack("PK-11")
@pytest.mark.parametrize(
    "verifier",
    ["v" * 42, "v" * 129, "v" * 42 + "!", "v" * 42 + " ", "v" * 42 + "é", "v" * 42 + "=", None],
)
def test_a_verifier_has_the_form_of_one(flow, verifier):
    """RFC 7636, section 4.1; each would match, as its challenge was made of it."""
    code = flow.code(code_challenge=challenge_of(verifier or ""))

    assert_worthless(flow.redeem(code, code_verifier=verifier))


@pytest.mark.parametrize("verifier", ["v" * 43, "v" * 128, "-._~" + "v" * 40])
def test_every_verifier_of_that_form_is_taken(flow, verifier):
    """The counterpart: it is the form that is refused, and no more."""
    code = flow.code(code_challenge=challenge_of(verifier))

    assert flow.redeem(code, code_verifier=verifier).status_code == 200


@attack("PK-12")
@pytest.mark.parametrize(
    "challenge",
    ["a", challenge_of(VERIFIER) + "=", "a" * 42, "a" * 44, "a" * 42 + "+", "a" * 42 + "/"],
)
def test_a_challenge_has_the_form_of_one(flow, challenge):
    """RFC 7636, section 4.2: 32 bytes in base64url without padding."""
    assert_error(flow.authorize(code_challenge=challenge), "invalid_request")


@attack("PK-14")
@pytest.mark.parametrize("length", [4096, 60_000])
def test_a_huge_verifier_is_no_trouble(flow, client, length):
    """It is refused by its form, before anything is reckoned."""
    answer = flow.redeem(flow.code(), code_verifier="v" * length)

    assert_worthless(answer)
    assert client.seconds < 0.2


@attack("PK-15")
@pytest.mark.parametrize("document", ["openid-configuration", "oauth-authorization-server"])
def test_the_metadata_names_the_one_method(client, document):
    """RFC 8414, section 2."""
    metadata = client.get(f"/.well-known/{document}").json

    assert metadata["code_challenge_methods_supported"] == ["S256"]
