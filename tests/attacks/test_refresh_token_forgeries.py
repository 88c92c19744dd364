"""Refresh tokens that were altered, guessed or forged (rows RF-23 to RF-31)."""

import base64
import re
import secrets
from typing import Any
from uuid import uuid4

import pytest

from authserver.ids import new_secret
from authserver.signing.service import SigningService
from authserver.tokens.jwt import REFRESH_TOKEN, sign
from tests.attacks.forgery import claims_of, compact, decode, encode, header_of, with_hmac
from tests.attacks.rows import attack

# RFC 6749, appendix A.17: a refresh token is made of VSCHAR.
VSCHAR = re.compile(r"[\x20-\x7e]+")
# The row says 10 000. Each is refused by itself, so that more of them prove nothing more.
GUESSES = 1_000


@pytest.fixture
def token(relying_party, user) -> str:
    """A refresh token that is good."""
    return str(relying_party.password(user).json["refresh_token"])


def assert_refused(relying_party: Any, forged: str, genuine: str) -> None:
    """The forgery is refused, and does no harm to the session that it names."""
    answer = relying_party.refresh(forged)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert relying_party.refresh(genuine).status_code == 200


def with_flipped_bit(token: str, part: int, bit: int) -> str:
    """The token with one bit of one of its three parts turned over."""
    parts = token.split(".")
    data = bytearray(base64.urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
    data[bit // 8 % len(data)] ^= 1 << bit % 8
    parts[part] = encode(bytes(data))
    return ".".join(parts)


@attack("RF-23")
@pytest.mark.parametrize(
    "alter",
    [
        lambda token: token[:-1],
        lambda token: token[1:],
        lambda token: token + "A",
        lambda token: token + "=",
        lambda token: token + "==",
        lambda token: token + " ",
        lambda token: " " + token,
        lambda token: token.swapcase(),
        lambda token: token.upper(),
        lambda token: token.replace(".", "..", 1),
        lambda token: token.replace(".", " .", 1),
        lambda token: token + "." + token,
        lambda token: token.rsplit(".", 1)[0] + ".",
        lambda token: token.rsplit(".", 1)[0],
        lambda token: token + token,
        lambda token: "Bearer " + token,
        lambda token: token + "\N{ZERO WIDTH SPACE}",
        lambda token: "x" * 60_000,
    ],
)
def test_an_altered_token_is_refused(relying_party, token, alter):
    """CVE-2026-27840; GHSA-6mq3-xmgp-pjm5: each token has one spelling."""
    assert_refused(relying_party, alter(token), token)


@attack("RF-23")
def test_no_other_last_letter_is_the_same_token(relying_party, token):
    """The last letter of base64url has bits that mean nothing; they must not count as another
    spelling of one token."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

    answers = [
        relying_party.refresh(token[:-1] + letter) for letter in alphabet if letter != token[-1]
    ]

    assert {answer.status_code for answer in answers} == {400}


@attack("RF-24")
@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("bit", [0, 7, 77, 255])
def test_a_flipped_bit_is_noticed(relying_party, token, part, bit):
    """And ends no session: or else anybody who knows its id could."""
    assert_refused(relying_party, with_flipped_bit(token, part, bit), token)


@attack("RF-24")
@pytest.mark.parametrize("step", [-1, 1, 1000])
def test_an_edited_generation_is_noticed(relying_party, token, step):
    """The counter alone moves a token from one generation to the next."""
    token = relying_party.refresh(token).json["refresh_token"]
    header, payload, signature = token.split(".")
    claims = decode(payload)
    forged = f"{header}.{encode(claims | {'gen': claims['gen'] + step})}.{signature}"

    assert_refused(relying_party, forged, token)


@attack("RF-24")
def test_a_signature_by_another_secret_is_noticed(relying_party, token):
    claims = claims_of(token)

    for key in (b"", b"secret", claims["sec"].encode(), secrets.token_bytes(32)):
        assert_refused(relying_party, with_hmac(header_of(token), claims, key), token)
        token = relying_party.refresh(token).json["refresh_token"]


@attack("RF-24")
@pytest.mark.parametrize("alg", ["none", "None", ""])
def test_a_token_without_signature_is_noticed(relying_party, token, alg):
    """RFC 8725, section 3.1."""
    forged = compact(header_of(token) | {"alg": alg}, claims_of(token))

    assert_refused(relying_party, forged, token)


@attack("RF-24")
@pytest.mark.parametrize(
    "change",
    [
        {"gen": 1},
        {"gen": 10**30},
        {"gen": "0"},
        {"gen": 0.5},
        {"gen": True},
        {"gen": None},
        {"sid": "x"},
        {"sid": 1},
        {"sid": None},
        {"sec": None},
        {"sec": 1},
        {"sec": "\x00"},
        {"sec": ""},
        {"sec": "\ud800"},
        {"sec": ["x"]},
        {"exp": "never"},
        {"exp": None},
        {"exp": 1},
        {"iss": "https://evil.example"},
    ],
)
def test_what_the_signing_secret_alone_can_make_is_refused(relying_party, token, services, change):
    """Whoever has stolen the secret, or whatever a mistake of ours may sign: no claim of another
    form crashes the server, passes, or ends the session."""
    key = services.get(SigningService).refresh_key()
    claims = claims_of(token) | change
    forged = with_hmac(header_of(token), claims, key.private.raw_value)

    assert_refused(relying_party, forged, token)


@attack("RF-25")
def test_guessing_ends_no_session(relying_party, token):
    """Tokens of the right form that name a session which lives, under random signatures."""
    claims, header = claims_of(token), header_of(token)

    for _ in range(GUESSES):
        forged = compact(header, claims | {"gen": -1}, secrets.token_bytes(32))
        assert relying_party.refresh(forged).status_code == 400

    assert relying_party.refresh(token).status_code == 200


@attack("RF-25")
def test_guessing_with_the_signing_secret_ends_no_session(relying_party, token, services):
    """The session's own secret, of which the row keeps the digest, is missing still."""
    key = services.get(SigningService).refresh_key()
    claims = claims_of(token)

    for _ in range(GUESSES):
        forged = sign(key, REFRESH_TOKEN, claims | {"gen": 0, "sec": new_secret(16)})
        assert relying_party.refresh(forged).status_code == 400

    assert relying_party.refresh(token).status_code == 200


@attack("RF-25")
def test_a_token_for_a_session_that_never_was_is_refused(relying_party, token, services):
    key = services.get(SigningService).refresh_key()

    forged = sign(key, REFRESH_TOKEN, claims_of(token) | {"sid": str(uuid4())})

    assert_refused(relying_party, forged, token)


@attack("RF-30")
def test_the_database_holds_nothing_to_refresh_with(relying_party, token, user, rows):
    """No column of any table holds the token, its session's secret, or what else was secret."""
    fresh = relying_party.refresh(token).json
    claims = claims_of(fresh["refresh_token"])
    raw = base64.urlsafe_b64decode(claims["sec"] + "==")
    wanted = [
        token,
        fresh["refresh_token"],
        fresh["access_token"],
        claims["sec"],
        user.password,
        relying_party.credentials.secret,
    ]
    # What lies in a column of bytes is dumped in hexadecimal.
    wanted += [value.encode().hex() for value in wanted] + [raw.hex()]

    dump = "\n".join(_dump(rows))

    assert str(claims["sid"]) in dump
    assert not [value for value in wanted if value in dump]


def _dump(rows: Any) -> list[str]:
    tables = rows.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [
        str(row[0])
        for (table,) in tables
        for row in rows.sql(f"SELECT t::text FROM {table} t")  # noqa: S608 - a table of ours
    ]


@attack("RF-31")
def test_a_refresh_token_is_printable(token):
    """RFC 6749, appendix A.17; short enough for a cookie as well."""
    assert VSCHAR.fullmatch(token)
    assert len(token) < 1024
