"""Which tokens are ours (RFC 7515, RFC 8725): nothing but what we signed, for what we signed it."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from authserver.signing.keys import LoadedKey
from authserver.tokens.jwt import (
    ACCESS_TOKEN,
    MAX_LENGTH,
    REFRESH_TOKEN,
    BadTokenError,
    Verifier,
    sign,
)

ISSUER = "https://id.example"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
CLAIMS = {"iss": ISSUER, "sub": "somebody", "exp": SECONDS + 60}


def loaded(private, algorithm: str, purpose: str, kid: str) -> LoadedKey:
    return LoadedKey(kid, purpose, algorithm, private, None, NOW, NOW, None)


EC = loaded(ECKey.generate_key("P-256", private=True), "ES256", "token", "ec")
RSA = loaded(RSAKey.generate_key(2048, private=True), "RS256", "token", "rsa")
OCT = loaded(OctKey.generate_key(256), "HS256", "refresh", "oct")
STRANGER = loaded(ECKey.generate_key("P-256", private=True), "ES256", "token", "ec")
KEYS = {(key.kid, key.purpose): key for key in (EC, RSA, OCT)}
VERIFIER = Verifier(
    ISSUER, SimpleNamespace(verification_key=lambda kid, purpose: KEYS.get((kid, purpose)))
)


def verify(token: str, kind: str = ACCESS_TOKEN, purpose: str = "token", now=NOW) -> dict:
    return VERIFIER.verify(token, kind, purpose, now)


def part(value) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def with_header(header, key: LoadedKey = EC, claims=CLAIMS) -> str:
    """A token with a right signature under whatever header."""
    signing_input = f"{part(header)}.{part(claims)}"
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    prepared = algorithm.prepare_key(key.private.as_pem(private=True))
    signature = algorithm.sign(signing_input.encode(), prepared)
    return f"{signing_input}.{part(signature)}"


HEADER = {"alg": "ES256", "typ": ACCESS_TOKEN, "kid": "ec"}


@pytest.mark.parametrize("key", [EC, RSA])
def test_what_we_signed_is_ours(key):
    assert verify(sign(key, ACCESS_TOKEN, CLAIMS)) == CLAIMS


def test_a_refresh_token_is_ours_as_such():
    assert verify(sign(OCT, REFRESH_TOKEN, CLAIMS), REFRESH_TOKEN, "refresh") == CLAIMS


def test_our_own_forgery_would_pass_if_it_were_right():
    """The forgeries below fail for what they change, and for nothing else."""
    assert verify(with_header(HEADER)) == CLAIMS


def test_another_library_verifies_what_we_signed():
    public = EC.private.as_pem(private=False)

    claims = jwt.decode(
        sign(EC, ACCESS_TOKEN, CLAIMS), public, algorithms=["ES256"], options={"verify_exp": False}
    )

    assert claims == CLAIMS


@pytest.mark.parametrize(
    ("kind", "purpose"), [(REFRESH_TOKEN, "refresh"), (REFRESH_TOKEN, "token")]
)
def test_an_access_token_is_no_refresh_token(kind, purpose):
    """RFC 8725, section 3.11."""
    with pytest.raises(BadTokenError):
        verify(sign(EC, ACCESS_TOKEN, CLAIMS), kind, purpose)


@pytest.mark.parametrize("kind", [ACCESS_TOKEN, REFRESH_TOKEN])
def test_a_key_of_another_purpose_does_not_count(kind):
    """RFC 8725, section 2.8: not even with the right type."""
    with pytest.raises(BadTokenError):
        verify(sign(OCT, kind, CLAIMS), kind, "token")


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"alg": "none"},
        HEADER | {"alg": "HS256"},
        HEADER | {"alg": "ES384"},
        HEADER | {"alg": ["ES256"]},
        HEADER | {"kid": "rsa"},
        HEADER | {"kid": "unknown"},
        HEADER | {"kid": ["ec"]},
        HEADER | {"kid": None},
        HEADER | {"kid": {}},
        HEADER | {"typ": "JWT"},
        HEADER | {"typ": "AT+JWT"},
        HEADER | {"typ": "application/at+jwt"},
        HEADER | {"crit": ["exp"], "exp": 1},
        HEADER | {"b64": False},
        HEADER | {"jku": "https://evil.example/jwks.json"},
        HEADER | {"jwk": STRANGER.private.as_dict(private=False)},
        HEADER | {"x5u": "https://evil.example/cert.pem"},
        HEADER | {"zip": "DEF"},
        {"alg": "ES256", "kid": "ec"},
        {"alg": "ES256", "typ": ACCESS_TOKEN},
        {},
        [],
        ["alg"],
        "alg",
        1,
        None,
        b"\xff",
        b'{"alg":"ES256","alg":"ES256"',
        b"NaN",
    ],
)
def test_any_other_header_than_ours_is_refused(header):
    """RFC 8725, sections 3.1, 3.10 and 3.12; CVE-2015-9235 and its many children."""
    with pytest.raises(BadTokenError):
        verify(with_header(header))


def test_the_key_of_a_stranger_does_not_count():
    with pytest.raises(BadTokenError):
        verify(sign(STRANGER, ACCESS_TOKEN, CLAIMS))


def test_no_signature_does_not_count():
    head, payload, _ = sign(EC, ACCESS_TOKEN, CLAIMS).split(".")

    with pytest.raises(BadTokenError):
        verify(f"{head}.{payload}.")


@pytest.mark.parametrize("claims", [b"x", b"\xff", [], "x", 1, None, {}, {"iss": ISSUER}])
def test_what_is_no_set_of_claims_is_refused(claims):
    """Only a mistake of ours could sign it; it is no reason for a crash."""
    with pytest.raises(BadTokenError):
        verify(with_header(HEADER, claims=claims))


@pytest.mark.parametrize("issuer", [f"{ISSUER}/", "https://other.example", None, [ISSUER]])
def test_another_issuer_is_refused(issuer):
    """Two installations that share a key-encryption key are two."""
    with pytest.raises(BadTokenError):
        verify(sign(EC, ACCESS_TOKEN, CLAIMS | {"iss": issuer}))


@pytest.mark.parametrize(("exp", "alive"), [(SECONDS + 1, True), (SECONDS, False), (0, False)])
def test_a_token_ends_on_the_second(exp, alive):
    """RFC 7519, section 4.1.4: on or after."""
    token = sign(EC, ACCESS_TOKEN, CLAIMS | {"exp": exp})

    if alive:
        assert verify(token)["exp"] == exp
    else:
        with pytest.raises(BadTokenError):
            verify(token)


@pytest.mark.parametrize("token", ["", ".", "..", "...", "a.b", "a.b.c.d.e", " ", "\u00e9.e.e"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(BadTokenError):
        verify(token)


def test_a_token_that_is_too_long_is_not_looked_at():
    """CWE-400."""
    with pytest.raises(BadTokenError):
        verify(sign(EC, ACCESS_TOKEN, CLAIMS | {"x": "y" * MAX_LENGTH}))


@given(st.integers(0, 400), st.integers(1, 255))
def test_no_byte_can_be_changed(position, change):
    """RFC 7515, section 5.2."""
    token = bytearray(TOKEN.encode())
    position %= len(token)
    token[position] ^= change

    try:
        claims = verify(token.decode("latin-1"))
    except BadTokenError:
        return
    # The last letter of a part carries bits that mean nothing.
    assert claims == CLAIMS
    assert TOKEN[position : position + 2].endswith((".", TOKEN[-1]))


@given(st.text(max_size=100), st.binary(max_size=100))
def test_no_text_is_worse_than_refused(text, raw):
    for token in (text, f"{part(raw)}.{part(raw)}.{part(raw)}", f"{part(HEADER)}.{text}"):
        with pytest.raises(BadTokenError):
            verify(token)


TOKEN = sign(EC, ACCESS_TOKEN, CLAIMS)
