"""Tokens that nobody of us signed: by no key, by a public key, by a stranger's, or not signed."""

import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from joserfc import jwe
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from authserver.signing.service import SigningService
from tests.attacks.forgery import Pen, claims_of, compact, encode, header_of, with_hmac
from tests.attacks.rows import attack

_PEM, _DER = serialization.Encoding.PEM, serialization.Encoding.DER
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


@pytest.fixture
def published(client):
    """The JWKS as everybody sees it, by algorithm."""
    return {key["alg"]: key for key in client.get("/.well-known/jwks.json").json["keys"]}


def test_a_genuine_token_is_accepted_everywhere(genuine, accepted):
    accepted(genuine)


def test_the_forger_can_write_what_the_server_writes(genuine, pen, accepted):
    accepted(pen.sign(claims_of(genuine), header_of(genuine)))


@attack("JW-01")
@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", None])
@pytest.mark.parametrize("signature", [b"", b"\x00" * 64])
def test_an_unsigned_token_is_refused(genuine, refused, name, signature):
    """RFC 8725, section 3.1; CVE-2026-28802."""
    header = header_of(genuine) | {"alg": name}

    refused(compact(header, claims_of(genuine), signature))


@attack("JW-01")
@pytest.mark.parametrize("cut", ["", ".", "=="])
def test_a_token_without_its_signature_is_refused(genuine, refused, cut):
    """RFC 8725, section 3.1."""
    refused(genuine.rpartition(".")[0] + cut)


@attack("JW-01")
def test_a_signature_of_zeros_is_refused(genuine, refused):
    """CVE-2022-21449: r = s = 0 once satisfied every key."""
    refused(compact(header_of(genuine), claims_of(genuine), bytes(64)))


@attack("JW-03")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("form", ["pem", "pem_stripped", "der", "jwk", "jwk_sorted"])
def test_a_public_key_is_no_secret(services, published, genuine, refused, algorithm, form):
    """CVE-2024-37568, CVE-2022-29217: an HMAC under bytes that everybody knows."""
    key = services.get(SigningService).signing_key(algorithm)
    public = key.private.public_key
    pem = public.public_bytes(_PEM, _SPKI)
    jwk = published[algorithm]
    secret = {
        "pem": pem,
        "pem_stripped": pem.strip(),
        "der": public.public_bytes(_DER, _SPKI),
        "jwk": str(jwk).replace("'", '"').encode(),
        "jwk_sorted": str(dict(sorted(jwk.items()))).replace("'", '"').encode(),
    }[form]

    for header in ({"alg": "HS256", "typ": "at+jwt", "kid": key.kid}, {"alg": "HS256"}):
        refused(with_hmac(header, claims_of(genuine), secret))


@attack("JW-04")
@pytest.mark.parametrize("secret", [b"", b"null", b"None", b"undefined", b"secret", bytes(32)])
@pytest.mark.parametrize("kid", ["", "null", "/dev/null", None])
def test_an_empty_or_guessable_key_is_refused(genuine, refused, secret, kid):
    """CVE-2026-45363: a ``kid`` that names nothing must not stand for the empty key."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": kid}

    refused(with_hmac(header, claims_of(genuine), secret))


@attack("JW-05")
@pytest.mark.parametrize("name", ["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "Ed25519"])
def test_another_algorithm_than_that_of_the_key_is_refused(genuine, pen, refused, name):
    """CVE-2026-48523: the key decides about its algorithm, not the header (RFC 8725, 3.1)."""
    refused(pen.sign(claims_of(genuine), pen.header | {"alg": name}))


@attack("JW-05")
def test_a_key_for_rs256_verifies_no_ps256(services, genuine, refused):
    """The same RSA key, the same hash, another padding: each kid has one algorithm."""
    key = services.get(SigningService).signing_key("RS256")
    header = {"alg": "PS256", "typ": "at+jwt", "kid": key.kid}
    signed = f"{encode(header)}.{encode(claims_of(genuine))}"
    from_key = RSAKey.import_key(key.private.private_key)
    signature = _pss(from_key.private_key, signed.encode())

    refused(f"{signed}.{encode(signature)}")


@attack("JW-05")
def test_a_strangers_key_under_our_kid_is_refused(genuine, pen, refused):
    """RFC 8725, section 3.8."""
    stranger = Pen(ec.generate_private_key(ec.SECP256R1()), pen.header)

    refused(stranger.sign(claims_of(genuine)))


@attack("JW-05")
@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c"])
def test_a_key_that_the_token_brings_along_is_not_used(genuine, pen, refused, member):
    """RFC 8725, section 3.10; RFC 7515, section 4.1.3."""
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = ECKey.import_key(own).as_dict(private=False)
    url = "https://evil.example/jwks.json"
    value = {"jwk": jwk, "jku": url, "x5u": url, "x5c": ["MIIB"]}[member]

    for header in (pen.header | {member: value}, {"alg": "ES256", "typ": "at+jwt", member: value}):
        refused(Pen(own, header).sign(claims_of(genuine)))


@attack("JW-10")
@pytest.mark.parametrize(
    "kid",
    [
        "../../keys/private.pem",
        "/etc/passwd",
        "' or 1=1--",
        "'; SELECT pg_sleep(5)--",
        "\x00",
        "k\x00",
        "k" * 5000,
        {"a": 1},
        ["a"],
        1,
        True,
        None,
    ],
)
def test_a_strange_kid_names_no_key(genuine, pen, refused, kid):
    """RFC 8725, section 3.10: it is looked up in memory, never in a path or in SQL."""
    refused(pen.sign(claims_of(genuine), pen.header | {"kid": kid}))


@attack("JW-10")
def test_a_strange_kid_reads_no_file(genuine, pen, refused, monkeypatch):
    """RFC 8725, section 3.10."""
    monkeypatch.setattr("pathlib.Path.open", lambda *_, **__: pytest.fail("a file was opened"))

    refused(pen.sign(claims_of(genuine), pen.header | {"kid": "../../keys/private.pem"}))


@attack("JW-14")
def test_rsa1_5_is_not_even_tried(published, genuine, refused):
    """CVE-2026-28490, CVE-2016-6298: no oracle where nothing is decrypted."""
    public = {name: published["RS256"][name] for name in ("kty", "n", "e")}
    # joserfc refuses to write it by default, so its parts are put together from a good one.
    good = _encrypted(RSAKey.import_key(public), "RSA-OAEP", genuine)
    _, *rest = good.split(".")

    refused(".".join([encode({"alg": "RSA1_5", "enc": "A128CBC-HS256"}), *rest]))


@attack("JW-15")
@pytest.mark.parametrize("name", ["PBES2-HS256+A128KW", "PBES2-HS512+A256KW"])
def test_a_costly_key_derivation_is_not_begun(genuine, refused, client, name):
    """CVE-2023-6681: 10^9 rounds of PBKDF2 would take minutes."""
    header = {"alg": name, "enc": "A128GCM", "p2s": encode(bytes(16)), "p2c": 10**9}
    token = ".".join([encode(header), encode(bytes(24)), encode(bytes(12)), encode("x"), "AA"])
    refused(token)

    started = time.perf_counter()
    client.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert time.perf_counter() - started < 0.05


@attack("JW-17")
@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("inner", ["claims", "token"])
def test_a_token_encrypted_to_our_public_key_is_no_signed_one(
    published, genuine, refused, algorithm, inner
):
    """CVE-2023-51774: anybody can encrypt to a key that everybody knows."""
    jwk = published[algorithm]
    public = {name: value for name, value in jwk.items() if name not in ("use", "alg")}
    key = ECKey.import_key(public) if algorithm == "ES256" else RSAKey.import_key(public)
    name = "ECDH-ES" if algorithm == "ES256" else "RSA-OAEP"
    content = genuine if inner == "token" else str(claims_of(genuine))

    refused(_encrypted(key, name, content, typ="at+jwt", kid=jwk["kid"]))


@attack("JW-17")
def test_the_key_of_another_issuer_is_not_ours(genuine, refused):
    """RFC 8725, section 3.8: good signature, good key, somebody else's."""
    keys = KeySet([OctKey.generate_key(256), ECKey.generate_key("P-256")])
    other = keys.keys[1].private_key

    refused(Pen(other, {"alg": "ES256", "typ": "at+jwt", "kid": "1"}).sign(claims_of(genuine)))


def _encrypted(key, name: str, content: str, **header: str) -> str:
    protected = {"alg": name, "enc": "A128CBC-HS256", **header}
    return jwe.encrypt_compact(protected, content, key, algorithms=[name, "A128CBC-HS256"])


def _pss(private: rsa.RSAPrivateKey, signed: bytes) -> bytes:
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    return private.sign(signed, scheme, hashes.SHA256())
