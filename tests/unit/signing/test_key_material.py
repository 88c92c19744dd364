import base64
import hashlib
from dataclasses import replace

import orjson
import pytest
from joserfc import jws

from authserver.signing.keys import SigningKeysError
from authserver.signing.keystores import AesGcmKeyStore, KeyStoreError
from authserver.signing.material import KeyMaker
from authserver.signing.schedule import Slot, Vacancy

TOKEN_ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519", "EdDSA")
REQUIRED = {"EC": "crv kty x y", "RSA": "e kty n", "OKP": "crv kty x"}


def make(maker, now, algorithm="ES256", purpose="token"):
    return maker.make(Vacancy(Slot(purpose, algorithm), now, None), now)


def thumbprint(jwk):
    members = {name: jwk[name] for name in REQUIRED[jwk["kty"]].split()}
    digest = hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("algorithm", TOKEN_ALGORITHMS)
def test_what_a_key_signs_its_published_part_verifies(maker, now, algorithm):
    key = maker.open(make(maker, now, algorithm))
    token = jws.serialize_compact({"alg": algorithm}, b"{}", key.private, algorithms=[algorithm])

    public = type(key.private).import_key(key.public_jwk)

    assert jws.deserialize_compact(token, public, algorithms=[algorithm]).payload == b"{}"


@pytest.mark.parametrize("algorithm", TOKEN_ALGORITHMS)
def test_the_kid_is_the_thumbprint(maker, now, algorithm):
    """RFC 7638, section 3."""
    record = make(maker, now, algorithm)

    assert record.kid == thumbprint(record.public_jwk)


@pytest.mark.parametrize("algorithm", TOKEN_ALGORITHMS)
def test_the_published_part_says_what_the_key_is_for(maker, now, algorithm):
    """RFC 7517, section 4: `use`, `alg` and `kid`."""
    record = make(maker, now, algorithm)

    named = {name: record.public_jwk[name] for name in ("use", "alg", "kid")}
    assert named == {"use": "sig", "alg": algorithm, "kid": record.kid}


@pytest.mark.parametrize("algorithm", TOKEN_ALGORITHMS)
def test_the_published_part_has_no_private_member(maker, now, algorithm):
    """OI-05."""
    record = make(maker, now, algorithm)

    assert not {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & record.public_jwk.keys()


def test_the_secret_of_refresh_tokens_has_256_bits(maker, now):
    key = maker.open(make(maker, now, "HS256", "refresh"))

    assert len(key.private.raw_value) == 32


def test_the_secret_of_refresh_tokens_has_no_public_part(maker, now):
    record = make(maker, now, "HS256", "refresh")

    assert record.public_jwk is None


def test_the_kid_of_a_secret_is_not_its_digest(maker, now):
    key = maker.open(make(maker, now, "HS256", "refresh"))

    assert key.kid != key.private.thumbprint()


def test_a_key_opened_is_the_key_that_was_made(maker, now):
    record = make(maker, now, "RS256")

    key = maker.open(record)

    assert (key.kid, key.public_jwk, key.private.kid) == (record.kid, record.public_jwk, key.kid)


def test_neither_form_of_a_key_shows_its_secret_when_printed(maker, now):
    record = make(maker, now)
    key = maker.open(record)

    assert key.private.as_dict(private=True)["d"] not in f"{record!r} {key!r}"
    assert "sealed" not in repr(record)


def test_a_wrong_key_encryption_key_is_refused_with_the_setting(maker, now):
    record = make(maker, now)

    with pytest.raises(KeyStoreError, match="AUTHSERVER_KEY_ENCRYPTION_KEY"):
        KeyMaker(AesGcmKeyStore(b"\x01" * 32)).open(record)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + bytes(80)])
def test_damaged_sealed_bytes_are_refused_with_the_mend(maker, now, sealed):
    """KT-07."""
    record = replace(make(maker, now), sealed=sealed)

    with pytest.raises(KeyStoreError, match="restore the table signing_keys"):
        maker.open(record)


def test_the_private_part_of_another_key_is_refused(maker, now):
    """KT-07: a row into which somebody copied the private part of another."""
    record = replace(make(maker, now), sealed=make(maker, now).sealed)

    with pytest.raises(KeyStoreError):
        maker.open(record)


def test_a_public_part_of_another_key_is_refused(maker, now):
    """KT-07: whoever can write to the database cannot publish a key of their own."""
    record = make(maker, now)
    stranger = make(maker, now).public_jwk | {"kid": record.kid}

    with pytest.raises(SigningKeysError, match="does not belong to its private part"):
        maker.open(replace(record, public_jwk=stranger))


def test_a_missing_public_part_is_refused(maker, now):
    with pytest.raises(SigningKeysError, match="does not belong"):
        maker.open(replace(make(maker, now), public_jwk=None))


def test_a_secret_with_a_public_part_is_refused(maker, now):
    """A secret must not reach the JWKS, whatever its row says."""
    record = make(maker, now, "HS256", "refresh")

    with pytest.raises(SigningKeysError, match="does not belong"):
        maker.open(replace(record, public_jwk={"kty": "oct"}))


@pytest.mark.parametrize("plain", [b"", b"no key at all"])
def test_bytes_that_are_no_key_are_refused_by_kid(maker, now, plain):
    record = make(maker, now)
    sealed = maker.key_store.seal(plain, f"token|ES256|{record.kid}".encode())

    with pytest.raises(SigningKeysError, match=record.kid):
        maker.open(replace(record, sealed=sealed))


def test_a_key_of_another_kind_is_refused(maker, now):
    """KT-07."""
    record, rsa = make(maker, now), make(maker, now, "RS256")
    plain = maker.key_store.open(rsa.sealed, f"token|RS256|{rsa.kid}".encode())
    sealed = maker.key_store.seal(plain, f"token|ES256|{record.kid}".encode())

    with pytest.raises(SigningKeysError):
        maker.open(replace(record, sealed=sealed))
