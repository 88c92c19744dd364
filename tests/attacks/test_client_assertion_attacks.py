"""Attacks on the authentication of clients by JWT (rows CA, KT)."""

import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from tests.attacks.forgery import compact, encode, with_hmac
from tests.attacks.races import together
from tests.attacks.rows import attack
from tests.support.client_keys import (
    JWT_BEARER,
    TOKEN,
    ClientKey,
    assertion_claims,
    key_set,
    post_assertion,
)
from tests.support.internet import answer_with

_PEM, _DER = serialization.Encoding.PEM, serialization.Encoding.DER
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
REVOKE, INTROSPECT = "/oauth2/revoke", "/oauth2/introspect"
everywhere = pytest.mark.parametrize("path", [TOKEN, REVOKE, INTROSPECT])


@pytest.fixture(scope="module")
def key():
    return ClientKey("RS256")


@pytest.fixture
def holder(make_client, key):
    return make_client(token_endpoint_auth_method="private_key_jwt", jwks=key_set(key)).client_id


@pytest.fixture
def refused(client):
    """``refused(assertion)``: it opens nothing, and the answer is that of every failure."""

    def refused(assertion, path=TOKEN, **form):
        answer = post_assertion(client, assertion, path, **form)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client"), answer.text
        assert "WWW-Authenticate" not in answer.headers

    return refused


def test_the_forger_can_write_what_a_client_writes(client, holder, key):
    """Otherwise everything below would be refused for another reason."""
    assertion = key.sign(assertion_claims(holder))

    assert post_assertion(client, assertion).status_code == 200


@attack("CA-18")
@everywhere
@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, ["none"], {}])
@pytest.mark.parametrize("signature", [b"", b"\x00" * 256])
def test_an_unsigned_assertion_is_refused(holder, key, refused, path, alg, signature):
    """RFC 8725, section 3.1."""
    header = {"alg": alg, "kid": key.kid}

    refused(compact(header, assertion_claims(holder), signature), path)


def public_forms(key):
    """The public key, in every form in which a library might take it for a secret."""
    public = key.private.public_key()
    pem = public.public_bytes(_PEM, _SPKI)
    return {
        "pem": pem,
        "pem without its last line end": pem.strip(),
        "der": public.public_bytes(_DER, _SPKI),
        "jwk": json.dumps(key.public()).encode(),
        "n": key.public()["n"].encode(),
    }


@attack("CA-18")
@pytest.mark.parametrize("form", ["pem", "pem without its last line end", "der", "jwk", "n"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_public_key_is_no_secret(holder, key, refused, form, digest):
    """RFC 8725, section 3.1; CVE-2024-37568."""
    header = {"alg": f"HS{digest[3:]}", "kid": key.kid}

    refused(with_hmac(header, assertion_claims(holder), public_forms(key)[form], digest))


@attack("CA-18")
@pytest.mark.parametrize("secret", [b"", b"null", b"None", b"\x00"])
def test_an_empty_secret_opens_nothing(make_client, refused, secret):
    """CVE-2026-45363: a client for client_secret_jwt whose secret nobody can read any more."""
    client_id = make_client(token_endpoint_auth_method="client_secret_jwt").client_id

    refused(with_hmac({"alg": "HS256"}, assertion_claims(client_id), secret))


@attack("CA-18")
def test_the_key_of_a_stranger_is_refused(holder, key, refused):
    refused(ClientKey("RS256", kid=key.kid).sign(assertion_claims(holder)))


@attack("CA-18")
@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_of_the_header_is_not_used(holder, refused, internet, name):
    """RFC 8725, section 3.10: nobody is called because of a header either."""
    own = ClientKey("RS256", kid=None)
    site = internet.site("keys.example", answer_with(json.dumps(key_set(own)).encode()))
    values = {"jwk": own.public(), "jku": site.url(), "x5u": site.url(), "x5c": ["AAAA"]}

    refused(own.sign(assertion_claims(holder), **{name: values[name]}))

    assert site.requests == []


@attack("CA-18")
@pytest.mark.parametrize("crit", [["exp"], ["b64"], ["bork"], [], "exp", None])
def test_a_critical_extension_is_refused(holder, key, refused, crit):
    """RFC 7515, section 4.1.11."""
    header = {"alg": "RS256", "kid": key.kid, "crit": crit, "exp": 1, "bork": 1, "b64": True}
    signed = f"{encode(header)}.{encode(assertion_claims(holder))}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(
        signed.encode(), key.private
    )

    refused(f"{signed}.{encode(signature)}")


@attack("CA-19")
@everywhere
def test_an_assertion_is_used_once(client, holder, key, refused, path):
    """CVE-2020-15222, CVE-2020-5300."""
    assertion = key.sign(assertion_claims(holder))
    assert post_assertion(client, assertion, path).status_code == 200

    for again in (TOKEN, REVOKE, INTROSPECT):
        refused(assertion, again)


@attack("CA-19")
def test_another_signature_does_not_make_it_another_assertion(client, make_client, refused):
    """What was used is the jti, and not the bytes: ES256 signs the same twice differently."""
    key = ClientKey("ES256")
    client_id = make_client(
        token_endpoint_auth_method="private_key_jwt", jwks=key_set(key)
    ).client_id
    claims = assertion_claims(client_id)
    assert post_assertion(client, key.sign(claims)).status_code == 200

    refused(key.sign(claims))
    refused(key.sign(claims | {"iat": claims["iat"] - 1}))


@attack("CA-19")
def test_of_many_at_once_one_assertion_opens_once(new_client, holder, key):
    """security.md, invariant 2: one statement, and no reading before it writes."""
    assertion = key.sign(assertion_claims(holder))

    answers = together(*[lambda: post_assertion(new_client(), assertion)] * 8)

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


@attack("CA-19")
def test_what_was_refused_for_its_signature_uses_nothing_up(client, holder, key, refused):
    """A forger who guesses a jti must not lock the client out."""
    claims = assertion_claims(holder)
    refused(ClientKey("RS256", kid=key.kid).sign(claims))

    assert post_assertion(client, key.sign(claims)).status_code == 200


@attack("CA-22", "KT-15")
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"exp": -1}, 401),
        ({"exp": -60}, 401),
        ({"exp": 3500}, 200),
        ({"exp": 3700}, 401),
        ({"exp": 7200}, 401),
        ({"exp": 10**12}, 401),
        ({"exp": 10**30}, 401),
        ({"nbf": -60}, 200),
        ({"nbf": 8}, 200),
        ({"nbf": 60}, 401),
        ({"iat": 8}, 200),
        ({"iat": 60}, 401),
        ({"iat": -86_400}, 200),
    ],
)
def test_an_assertion_has_its_time(client, holder, key, changes, status):
    """RFC 7523, section 3, numbers 4 to 6; CVE-2025-2559: nothing is remembered for years."""
    moments = {name: int(time.time()) + seconds for name, seconds in changes.items()}
    assertion = key.sign(assertion_claims(holder, **moments))

    assert post_assertion(client, assertion).status_code == status


@attack("CA-22")
@pytest.mark.parametrize(
    "value", [None, "soon", "9999999999", 1e308, -1, True, [], {}, float("nan")]
)
@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_a_time_that_is_no_time_is_refused(client, holder, key, name, value):
    claims = assertion_claims(holder) | {name: value}
    if value is None and name != "exp":
        # Only the end is required: null is what is not there.
        assert post_assertion(client, key.sign(claims)).status_code == 200
        return

    assert post_assertion(client, key.sign(claims)).status_code == 401


@attack("CA-25")
@everywhere
@pytest.mark.parametrize(
    "kind",
    [
        None,
        "saml",
        "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
        JWT_BEARER.upper(),
        JWT_BEARER + " ",
    ],
)
def test_the_type_of_the_assertion_must_be_said(holder, key, refused, path, kind):
    """RFC 7521, section 4.2."""
    refused(key.sign(assertion_claims(holder)), path, client_assertion_type=kind)


@attack("CA-25")
@everywhere
def test_a_type_without_an_assertion_is_no_public_client(public_party, refused, path):
    """Half an attempt never falls back to a weaker method (attack CA-06)."""
    refused(None, path, client_id=public_party.credentials.client_id)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "..",
        "a.b.c",
        "e30.e30.",
        "e30.e30.e30.e30.e30",
        "é.é.é",
        "." * 1000,
        "x" * 20_000,
        encode({"alg": "RS256"}) + "." + encode("[" * 10_000) + ".AA",
        encode('{"alg":"RS256","alg":"none"}') + "." + encode("{}") + ".AA",
        encode({"alg": "RS256", "kid": {"a": 1}}) + "." + encode({"sub": "a", "iss": "a"}) + ".AA",
        encode({"alg": "RS256", "kid": "../../keys/private.pem"}) + "." + encode({}) + ".AA",
    ],
)
def test_garbage_is_refused_like_everything_else(refused, text):
    refused(text)


@pytest.mark.parametrize("kid", ["' or 1=1--", "../../etc/passwd", "\x00", "x" * 5000, 7, ["a"]])
def test_a_strange_key_id_finds_no_key(holder, key, refused, kid):
    """Attack JW-10."""
    header = {"alg": "RS256", "kid": kid}
    signed = f"{encode(header)}.{encode(assertion_claims(holder))}"

    refused(f"{signed}.{encode(hmac.new(b'x', signed.encode(), hashlib.sha256).digest())}")


def test_an_access_token_is_no_assertion(client, holder, key, refused):
    """RFC 8725, section 3.11; attack JW-25."""
    token = post_assertion(client, key.sign(assertion_claims(holder))).json["access_token"]

    refused(token)
