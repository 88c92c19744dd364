"""To have seen a token before proves its signature and nothing else."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from joserfc.jwk import ECKey, OctKey

from authserver.tokens.jwt import (
    ACCESS_TOKEN,
    ID_TOKEN,
    REFRESH_TOKEN,
    BadTokenError,
    Verifier,
    sign,
)
from authserver.tokens.verified_tokens import VerifiedTokens
from tests.unit.tokens.test_jwt_verifier import ISSUER, NOW, SECONDS, loaded

KEY = loaded(ECKey.generate_key("P-256"), "ES256", "token", "ec")
SECRET = loaded(OctKey.generate_key(256), "HS256", "refresh", "oct")
CLAIMS = {"iss": ISSUER, "sub": "somebody", "exp": SECONDS + 60}
TOKEN = sign(KEY, ACCESS_TOKEN, CLAIMS)


@pytest.fixture
def keys() -> dict:
    """Those that count, for a test to take away."""
    return {("ec", "token"): KEY, ("oct", "refresh"): SECRET}


@pytest.fixture
def verifier(keys) -> Verifier:
    signing = SimpleNamespace(verification_key=lambda kid, purpose: keys.get((kid, purpose)))
    return Verifier(ISSUER, signing)


@pytest.fixture
def seen(verifier) -> Verifier:
    """One that has verified the token already."""
    verifier.verify(TOKEN, ACCESS_TOKEN, "token", NOW)
    return verifier


def test_the_second_time_the_signature_is_not_verified(seen, keys):
    """A key that cannot verify anything shows it."""
    keys["ec", "token"] = loaded(None, "ES256", "token", "ec")

    assert seen.verify(TOKEN, ACCESS_TOKEN, "token", NOW) == CLAIMS


def test_a_token_that_was_seen_expires(seen):
    with pytest.raises(BadTokenError):
        seen.verify(TOKEN, ACCESS_TOKEN, "token", NOW + timedelta(seconds=60))


def test_a_token_that_was_seen_ends_with_its_key(seen, keys):
    """security.md, the failure table: retired keys end as well."""
    del keys["ec", "token"]

    with pytest.raises(BadTokenError):
        seen.verify(TOKEN, ACCESS_TOKEN, "token", NOW)


def test_a_token_that_was_seen_is_of_no_other_kind(seen):
    """RFC 8725, section 3.11."""
    with pytest.raises(BadTokenError):
        seen.verify(TOKEN, ID_TOKEN, "token", NOW)


def test_the_claims_belong_to_who_asked(seen):
    seen.verify(TOKEN, ACCESS_TOKEN, "token", NOW)["sub"] = "somebody else"

    assert seen.verify(TOKEN, ACCESS_TOKEN, "token", NOW) == CLAIMS


def test_what_is_not_ours_is_not_remembered(verifier):
    """Or garbage would drive out what is."""
    for garbage in (TOKEN[:-8] + "AAAAAAAA", "a.b.c"):
        with pytest.raises(BadTokenError):
            verifier.verify(garbage, ACCESS_TOKEN, "token", NOW)

    assert not verifier.verified._claims


def test_refresh_tokens_are_not_remembered(verifier):
    verifier.verify(sign(SECRET, REFRESH_TOKEN, CLAIMS), REFRESH_TOKEN, "refresh", NOW)

    assert not verifier.verified._claims


def test_only_the_latest_are_remembered():
    """CWE-770."""
    memory = VerifiedTokens(bound=3)

    for number in range(10):
        memory.add(KEY, str(number), {"number": number})

    found = [memory.find(KEY, str(number)) for number in range(10)]
    assert found == [None] * 7 + [{"number": number} for number in (7, 8, 9)]


def test_the_token_itself_is_not_kept(seen):
    assert TOKEN not in repr(seen.verified._claims)
