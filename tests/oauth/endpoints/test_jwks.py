"""The JSON Web Key Set (RFC 7517, section 5)."""

import jwt
import pytest

from tests.factories.clients import AUDIENCE
from tests.support.jwks_verifier import header_of

JWKS = "/.well-known/jwks.json"
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


@pytest.fixture
def keys(client) -> list[dict[str, str]]:
    return client.get(JWKS).json["keys"]


def test_there_is_a_key_for_each_algorithm(keys):
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}


def test_no_key_has_a_private_part(keys):
    """RFC 7517, section 9.3."""
    assert not any(PRIVATE & key.keys() for key in keys)


def test_the_secret_of_refresh_tokens_is_not_among_them(keys, tokens):
    """protocol.md, Tokens: so that no resource server can believe one."""
    assert header_of(tokens["refresh_token"])["kid"] not in {key["kid"] for key in keys}
    assert {key["kty"] for key in keys} == {"EC", "RSA"}


def test_each_key_says_its_use_and_an_id_of_its_own(keys):
    """protocol.md, What real clients taught: kid in every key, unique."""
    assert {key["use"] for key in keys} == {"sig"}
    assert len({key["kid"] for key in keys}) == len(keys)


def test_an_access_token_is_verified_by_the_key_that_it_names(tokens, verifier):
    assert verifier.claims(tokens["access_token"], AUDIENCE)


def test_a_token_for_another_audience_is_not_verified(tokens, verifier):
    with pytest.raises(jwt.InvalidAudienceError):
        verifier.claims(tokens["access_token"], "https://elsewhere.example")


def test_a_token_that_was_changed_is_not_verified(tokens, verifier):
    head, payload, signature = tokens["access_token"].split(".")
    first = "A" if signature[0] != "A" else "B"

    with pytest.raises(jwt.InvalidSignatureError):
        verifier.claims(f"{head}.{payload}.{first}{signature[1:]}", AUDIENCE)


def test_others_may_cache_it_for_a_while(client):
    """AUTHSERVER_JWKS_MAX_AGE."""
    assert client.get(JWKS).headers["Cache-Control"] == "public, max-age=300"


def test_every_script_may_read_it(client):
    answer = client.get(JWKS, headers={"Origin": "https://anywhere.example"})

    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_head_says_the_length_and_no_more(client):
    """protocol.md, What real clients taught: HEAD works."""
    answer = client.head(JWKS)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(client.get(JWKS).data)
    assert answer.data == b""


def test_the_bytes_are_the_same_as_long_as_the_keys_are(client):
    assert client.get(JWKS).data == client.get(JWKS).data
