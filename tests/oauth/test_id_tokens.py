"""ID tokens from the token endpoint, read as a relying party does (OpenID Connect Core 1.0, 2)."""

import time

import jwt
import pytest

from authserver.errors import InvalidToken
from authserver.tokens.id_tokens import Hint
from authserver.tokens.service import TokenService
from tests.conftest import ISSUER
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.id_tokens import IdTokenVerifier, half_hash
from tests.support.relying_party import RelyingParty


@pytest.fixture
def read(client):
    """``read(party, token)``: the claims, if the signature and all else is as it should be."""

    def read(party, token, algorithm="RS256"):
        credentials = party.credentials
        verifier = IdTokenVerifier(client, ISSUER, credentials.client_id, credentials.secret)
        return verifier.claims(token, algorithm)

    return read


@pytest.fixture
def id_tokens(services):
    return services.get(TokenService).id_tokens


# When there is one --------------------------------------------------------------------------------


def test_openid_brings_an_id_token(relying_party, user):
    """Section 3.1.3.3."""
    assert "id_token" in relying_party.password(user, scope="openid").json


@pytest.mark.parametrize("scope", ["profile", "email offline_access"])
def test_without_openid_there_is_none(relying_party, user, scope):
    """RFC 6749: then it is OAuth and nothing more."""
    assert "id_token" not in relying_party.password(user, scope=scope).json


def test_a_client_that_acts_for_itself_has_none(party):
    answer = party(scope="openid reports:read").token(grant_type="client_credentials")

    assert answer.status_code == 200
    assert "id_token" not in answer.json


def test_a_refresh_brings_a_new_one(relying_party, user, read):
    """Section 12.2: the same sign-in, told anew."""
    first = relying_party.password(user, scope="openid").json
    second = relying_party.refresh(first["refresh_token"]).json

    before, after = (read(relying_party, answer["id_token"]) for answer in (first, second))
    assert {name: after[name] for name in ("iss", "sub", "aud", "auth_time", "amr")} == {
        name: before[name] for name in ("iss", "sub", "aud", "auth_time", "amr")
    }
    assert after["at_hash"] == half_hash(second["access_token"])


def test_a_refresh_that_leaves_openid_out_brings_none(relying_party, user):
    first = relying_party.password(user, scope="openid profile").json

    second = relying_party.refresh(first["refresh_token"], scope="profile")

    assert second.status_code == 200
    assert "id_token" not in second.json


# What it says -------------------------------------------------------------------------------------


def test_it_says_who_signed_in_where_and_when(relying_party, user, read):
    """Section 2."""
    answer = relying_party.password(user, scope="openid profile email").json

    claims = read(relying_party, answer["id_token"])

    now = time.time()
    assert claims.pop("iat") == pytest.approx(now, abs=5)
    assert claims.pop("auth_time") == pytest.approx(now, abs=5)
    assert claims.pop("exp") == pytest.approx(now + 600, abs=5)
    assert claims == {
        "iss": ISSUER,
        "sub": str(user.id),
        "aud": relying_party.credentials.client_id,
        "amr": ["pwd"],
        "at_hash": half_hash(answer["access_token"]),
    }


def test_its_header_names_the_key(relying_party, user):
    token = relying_party.password(user, scope="openid").json["id_token"]

    header = jwt.get_unverified_header(token)

    assert header.keys() == {"alg", "typ", "kid"}
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")


def test_an_id_token_is_no_access_token(client, relying_party, user, bearer):
    """RFC 8725, section 3.11."""
    token = relying_party.password(user, scope="openid").json["id_token"]

    assert client.get("/oauth2/userinfo", headers=bearer(token)).status_code == 401
    assert relying_party.introspect(token).json == {"active": False}


def test_its_life_is_a_setting(make_app, make_client, user):
    """AUTHSERVER_ID_TOKEN_TTL."""
    app, _ = make_app(id_token_ttl=60)
    party = RelyingParty(app.test_client(), make_client())

    claims = jwt.decode(
        party.password(user, scope="openid").json["id_token"], options={"verify_signature": False}
    )

    assert claims["exp"] - claims["iat"] == 60


# By which algorithm -------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "HS256"])
def test_the_registered_algorithm_signs(party, user, read, algorithm):
    """OpenID Connect Registration 1.0, section 2."""
    own = party(id_token_signed_response_alg=algorithm)
    answer = own.password(user, scope="openid").json

    claims = read(own, answer["id_token"], algorithm)

    assert claims["at_hash"] == half_hash(answer["access_token"])


def test_by_the_secret_there_is_no_kid(party, user):
    token = party(id_token_signed_response_alg="HS256").password(user, scope="openid").json

    assert jwt.get_unverified_header(token["id_token"]) == {"alg": "HS256", "typ": "JWT"}


@pytest.fixture
def unsigned(make_app):
    """An ID token that nobody signed, and the server that made it."""
    app, services = make_app(unsigned_id_tokens=True)
    party = RelyingParty(
        app.test_client(), ClientFactory(services)(id_token_signed_response_alg="none")
    )
    return party.password(UserFactory(services)(), scope="openid").json["id_token"], services


def test_unsigned_only_where_operator_and_client_want_it(unsigned):
    """OpenID Connect Registration 1.0, section 2. Without a signature nothing can be hashed."""
    token, _ = unsigned

    header, _, signature = token.split(".")
    assert jwt.get_unverified_header(token) == {"alg": "none", "typ": "JWT"}
    assert (header, signature) == ("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0", "")
    assert "at_hash" not in jwt.decode(token, options={"verify_signature": False})


def test_what_nobody_signed_is_no_hint(unsigned):
    """RFC 8725, section 3.2: anybody could have written it."""
    token, services = unsigned

    with pytest.raises(InvalidToken):
        services.get(TokenService).id_tokens.read_hint(token, None)


# As a hint ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "HS256"])
def test_an_id_token_that_comes_back_is_known(party, user, services, id_tokens, algorithm):
    """Section 3.1.2.1, id_token_hint."""
    own = party(id_token_signed_response_alg=algorithm)
    token = own.password(user, scope="openid").json["id_token"]

    hint = id_tokens.read_hint(token, None)

    assert hint == Hint(str(user.id), own.credentials.client_id, None)


def test_a_hint_may_have_expired(make_app, make_client, user):
    """RP-Initiated Logout 1.0, section 2."""
    app, services = make_app(id_token_ttl=0)
    token = RelyingParty(app.test_client(), make_client()).password(user).json["id_token"]

    hint = services.get(TokenService).id_tokens.read_hint(token, None)

    assert hint.sub == str(user.id)


def test_a_hint_of_another_client_is_none(services, relying_party, another_party, user, id_tokens):
    token = relying_party.password(user, scope="openid").json["id_token"]
    clients = id_tokens.jwts.clients

    assert id_tokens.read_hint(token, clients.find(relying_party.credentials.client_id))
    with pytest.raises(InvalidToken):
        id_tokens.read_hint(token, clients.find(another_party.credentials.client_id))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a.b", "." * 5, "é.é.é", "x" * 100_000])
def test_garbage_is_no_hint(id_tokens, text):
    with pytest.raises(InvalidToken):
        id_tokens.read_hint(text, None)


def test_other_tokens_of_ours_are_no_hints(id_tokens, relying_party, user):
    answer = relying_party.password(user, scope="openid").json

    for kind in ("access_token", "refresh_token"):
        with pytest.raises(InvalidToken):
            id_tokens.read_hint(answer[kind], None)
