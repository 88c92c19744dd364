"""The form in which we write our tokens is the one that joserfc would have written (RFC 7515)."""

import string

import jwt
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from authserver.tokens.jwt import ACCESS_TOKEN, BadTokenError, Verifier, sign
from tests.unit.tokens.test_jwt_verifier import ISSUER, KEYS, NOW, loaded

PRIVATE = {
    "ES256": ECKey.generate_key("P-256"),
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    "HS256": OctKey.generate_key(256),
}
OWN = {name: loaded(key, name, "token", f"kid-of-{name}_-") for name, key in PRIVATE.items()}
# These sign the same bytes by the same signature each time.
REPEATABLE = ("RS256", "Ed25519", "HS256")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CLAIMS = st.dictionaries(TEXTS, TEXTS | st.integers(0, 2**40) | st.lists(TEXTS), max_size=6)


def by_joserfc(algorithm: str, claims: dict) -> str:
    header = {"alg": algorithm, "typ": ACCESS_TOKEN, "kid": OWN[algorithm].kid}
    return jws.serialize_compact(
        header, orjson.dumps(claims), PRIVATE[algorithm], algorithms=[algorithm]
    )


@pytest.mark.parametrize("algorithm", REPEATABLE)
@settings(deadline=None, max_examples=25)
@given(claims=CLAIMS)
def test_a_token_is_the_same_to_the_letter(algorithm, claims):
    assert sign(OWN[algorithm], ACCESS_TOKEN, claims) == by_joserfc(algorithm, claims)


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
@settings(deadline=None, max_examples=25)
@given(claims=CLAIMS)
def test_what_is_signed_is_the_same_to_the_letter(algorithm, claims):
    ours, theirs = sign(OWN[algorithm], ACCESS_TOKEN, claims), by_joserfc(algorithm, claims)

    assert ours.rpartition(".")[0] == theirs.rpartition(".")[0]


@pytest.mark.parametrize("algorithm", PRIVATE)
@settings(deadline=None, max_examples=25)
@given(claims=CLAIMS)
def test_joserfc_reads_it(algorithm, claims):
    token = sign(OWN[algorithm], ACCESS_TOKEN, claims)

    opened = jws.deserialize_compact(token, PRIVATE[algorithm], algorithms=[algorithm])

    assert orjson.loads(opened.payload) == claims


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256"])
def test_pyjwt_reads_it(algorithm):
    token = sign(OWN[algorithm], ACCESS_TOKEN, {"sub": "somebody"})

    public = PRIVATE[algorithm].as_pem(private=False)

    assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "somebody"}


LETTERS = string.ascii_letters + string.digits + "-_+/=. \n\0"


@pytest.mark.parametrize("end_of", [0, 1, 2], ids=["header", "claims", "signature"])
@pytest.mark.parametrize("letter", LETTERS, ids=repr)
def test_what_joserfc_refuses_is_refused(end_of, letter):
    """RFC 7515, section 5.2: we are no less strict than who knows all forms.

    The last letter of a segment may carry bits that mean nothing.
    """
    segments = sign(KEYS["ec", "token"], ACCESS_TOKEN, {"iss": ISSUER, "exp": 2**40}).split(".")
    for change in (segments[end_of][:-1] + letter, segments[end_of] + letter):
        changed = ".".join([*segments[:end_of], change, *segments[end_of + 1 :]])
        if refused_by_joserfc(changed):
            with pytest.raises(BadTokenError):
                Verifier(ISSUER, KeysOfTests()).verify(changed, ACCESS_TOKEN, "token", NOW)


def refused_by_joserfc(token: str) -> bool:
    try:
        jws.deserialize_compact(token, KEYS["ec", "token"].private, algorithms=["ES256"])
    except (JoseError, ValueError):
        return True
    return False


class KeysOfTests:
    def verification_key(self, kid: str, purpose: str):
        return KEYS.get((kid, purpose))
