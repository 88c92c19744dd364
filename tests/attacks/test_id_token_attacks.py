"""Rows OI: what ID tokens, keys, claims and subjects must never say."""

import jwt
import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.conftest import ISSUER
from tests.support.id_tokens import IdTokenVerifier, half_hash
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import bearer

DISCOVERY, JWKS, USERINFO = (
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/oauth2/userinfo",
)
EVIL = {
    "Host": "evil.com",
    "X-Forwarded-Host": "evil.com",
    "X-Forwarded-Proto": "https",
    "Forwarded": "host=evil.com;proto=https",
    "X-Original-Host": "evil.com",
}
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
NEW = {"email": "new@example.com", "password": "correct horse battery staple"}


@pytest.fixture
def believed(client):
    """``believed(flow, token)``: the claims as a relying party verifies them, by PyJWT."""
    return lambda flow, token: IdTokenVerifier(client, flow.issuer, flow.client_id).claims(token)


@pytest.fixture
def userinfo(client):
    return lambda token: client.get(USERINFO, headers=bearer(token))


@pytest.fixture
def users(services):
    return services.get(UserService)


# The issuer and its keys --------------------------------------------------------------------------


@attack("OI-04")
def test_no_header_moves_the_issuer(client):
    """RFC 8414, section 6.2; Keycloak #49967."""
    honest = client.get(DISCOVERY).data

    for name, value in EVIL.items():
        assert client.get(DISCOVERY, headers={name: value}).data == honest
    assert client.get(DISCOVERY, headers=EVIL).data == honest
    assert b"evil.com" not in honest


@attack("OI-04")
def test_no_header_moves_the_issuer_of_a_token(flow):
    answer = flow.http.post(
        "/oauth2/token",
        data={
            "grant_type": "authorization_code",
            "code": flow.code(),
            "redirect_uri": "https://app.example/cb",
            "code_verifier": "a-verifier-of-forty-three-letters-or-some-more",
            "client_id": flow.client_id,
            "client_secret": flow.party.credentials.secret,
        },
        headers=EVIL,
    )

    assert answer.status_code == 200, answer.text
    for kind in ("access_token", "id_token", "refresh_token"):
        assert payload_of(answer.json[kind])["iss"] == ISSUER


@attack("OI-05")
def test_each_key_says_what_it_is_and_nothing_secret(client):
    """Core, section 10.1.1; conformance suite, CheckForKeyIdInServerJWKs."""
    answer = client.get(JWKS)

    keys = answer.json["keys"]
    kids = [key["kid"] for key in keys]
    assert len(kids) == len(set(kids)) > 0
    assert {key["use"] for key in keys} == {"sig"}
    assert all(key["alg"] for key in keys)
    assert PRIVATE_MEMBERS.isdisjoint(set().union(*keys))
    assert answer.headers["Cache-Control"] == "public, max-age=300"


@attack("OI-05")
def test_old_and_new_id_tokens_verify_after_a_rotation(install):
    """Core, section 10.1.1; conformance suite, oidcc-server-rotate-keys."""
    server = install()
    party, user = server.party(), server.user()

    def sign_in() -> str:
        return str(party.password(user, scope="openid").json["id_token"])

    tokens = [sign_in()]
    for _ in range(2):
        server.signing.rotate(SYSTEM)
        tokens.append(sign_in())
        server.clock.advance(600)
    published = server.jwks()

    kids = [jwt.get_unverified_header(token)["kid"] for token in tokens]
    assert len(set(kids)) == 3
    for token, kid in zip(tokens, kids, strict=True):
        unimportant = {"verify_aud": False, "verify_exp": False, "verify_iat": False}
        claims = jwt.decode(token, jwt.PyJWK(published[kid]), options=unimportant)
        assert claims["sub"] == str(user.id)


@attack("OI-05")
def test_one_who_cached_the_keys_can_verify_until_they_look_again(install):
    """A new key is published before it signs, for as long as others may cache."""
    server = install()
    party, user = server.party(), server.user()
    server.signing.rotate(SYSTEM)
    cached = server.jwks()

    server.signing.rotate(SYSTEM)

    token = party.password(user, scope="openid").json["id_token"]
    assert jwt.get_unverified_header(token)["kid"] in cached


@attack("OI-06")
def test_no_private_key_is_anywhere(app, client, admin_token, services):
    """CVE-2026-90942 (Casdoor): an administrator crawls whatever can be fetched."""
    paths = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    fetched = {
        path: client.get(path, headers=bearer(admin_token))
        for path in [*sorted(path for path in paths if "<" not in path), DISCOVERY, JWKS]
    }

    assert sum(answer.status_code == 200 for answer in fetched.values()) >= 8
    for path, answer in fetched.items():
        assert "PRIVATE KEY" not in answer.text, path
        if answer.is_json:
            assert not _private_keys(answer.json), path


def _private_keys(value: object) -> list[object]:
    """Whatever looks like a JWK with a private member."""
    if isinstance(value, dict):
        found = [value] if "kty" in value and PRIVATE_MEMBERS & value.keys() else []
        return found + [key for member in value.values() for key in _private_keys(member)]
    if isinstance(value, list):
        return [key for member in value for key in _private_keys(member)]
    return []


# What an ID token says ----------------------------------------------------------------------------


@attack("OI-07")
def test_an_id_token_of_a_code_says_all_that_is_required(flow, believed):
    """Core, sections 2 and 3.1.3.6; conformance suite, oidcc-server."""
    answer = flow.tokens(max_age="1000")

    claims = believed(flow, answer["id_token"])

    assert (claims["iss"], claims["aud"], claims["sub"]) == (
        ISSUER,
        flow.client_id,
        str(flow.user.id),
    )
    assert claims["nonce"] == "N"
    assert claims["auth_time"] <= claims["iat"] < claims["exp"]
    assert claims["at_hash"] == half_hash(answer["access_token"])
    assert "azp" not in claims


@attack("OI-07")
def test_without_a_nonce_there_is_none(flow, believed):
    """Conformance suite, oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    assert "nonce" not in believed(flow, flow.tokens(nonce=None)["id_token"])


@attack("OI-18")
@pytest.mark.parametrize("nonce", ["n" * 2048, "é" * 500, "a b&c=d%20+", "\u202e<script>"])
def test_a_strange_nonce_comes_back_as_it_was(flow, believed, nonce):
    """Conformance suite, fapi2 …-with-long-nonce."""
    assert believed(flow, flow.tokens(nonce=nonce)["id_token"])["nonce"] == nonce


@attack("OI-18")
def test_a_nonce_beyond_all_measure_is_refused_at_the_registered_address(flow):
    answer = flow.authorize(nonce="n" * 5000)

    assert (answer.status, answer.params["error"]) == (303, "invalid_request")


@attack("OI-19")
@pytest.mark.parametrize(
    ("response_type", "hashes"),
    [
        ("code id_token", {"c_hash": "code"}),
        ("code id_token token", {"c_hash": "code", "at_hash": "access_token"}),
        ("id_token token", {"at_hash": "access_token"}),
        ("id_token", {}),
    ],
)
def test_an_id_token_of_the_front_channel_is_bound_to_what_came_along(
    hybrid, believed, response_type, hashes
):
    """Core, sections 3.2.2.9 and 3.3.2.11."""
    answer = hybrid.authorize(response_type=response_type).params

    claims = believed(hybrid, answer["id_token"])

    found = {name: claims[name] for name in ("c_hash", "at_hash") if name in claims}
    assert found == {name: half_hash(answer[sent]) for name, sent in hashes.items()}
    assert claims["nonce"] == "N"


@attack("OI-19")
def test_both_id_tokens_of_a_hybrid_flow_agree(hybrid, believed):
    """Core, section 3.3.3.6: the same iss and sub."""
    front = hybrid.authorize(response_type="code id_token").params

    back = hybrid.redeem(front["code"]).json

    one, two = believed(hybrid, front["id_token"]), believed(hybrid, back["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "nonce", "sid"):
        assert one[name] == two[name]
    assert two["at_hash"] == half_hash(back["access_token"])


# What userinfo says, and to whom ------------------------------------------------------------------


@attack("OI-11")
@pytest.mark.parametrize("scope", ["profile", "email offline_access"])
def test_without_openid_userinfo_is_closed(party, user, userinfo, scope):
    """Core, section 5.3."""
    answer = userinfo(party().password(user, scope=scope).json["access_token"])

    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")


@attack("OI-14")
@pytest.mark.parametrize("deed", ["disable", "delete"])
def test_nobody_is_told_of_a_person_who_is_gone(flow, users, userinfo, deed):
    """ASVS 7.4.2: at once, though the token has not expired."""
    token = flow.tokens()["access_token"]
    before = userinfo(token).status_code

    getattr(users, deed)(SYSTEM, None, flow.user.id)

    after = userinfo(token)
    assert (before, after.status_code, after.json["error"]) == (200, 401, "invalid_token")


@attack("OI-15")
def test_an_address_is_not_verified_because_somebody_wrote_it(client, sign_in, userinfo):
    """CVE-2026-15611 (Logto), CVE-2026-9092 (Casdoor): no application may be fooled."""
    client.post("/api/auth/register", json=NEW)

    told = userinfo(sign_in(NEW["email"], NEW["password"])).json

    assert (told["email"], told["email_verified"]) == (NEW["email"], False)


@attack("OI-15")
@pytest.mark.parametrize(
    "change",
    [
        {"email_verified": True},
        {"profile": {"email_verified": True}},
        {"profile": {"phone_number": "+15555550123", "phone_number_verified": True}},
        {"email": "admin@example.com"},
    ],
)
def test_nobody_verifies_themselves(client, user, sign_in, userinfo, change):
    token = sign_in(user.email, user.password)

    answer = client.put(f"/api/users/{user.id}", json=change, headers=bearer(token))

    told = userinfo(token).json
    assert answer.status_code in (400, 403)
    assert (told["email"], told["email_verified"]) == (user.email, False)
    assert "phone_number_verified" not in told


@attack("OI-15")
def test_another_address_is_not_verified_because_the_old_one_was(client, users, userinfo, sign_in):
    una = users.create(SYSTEM, None, *NEW.values(), email_verified=True)
    token = sign_in(NEW["email"], NEW["password"])
    before = userinfo(token).json["email_verified"]

    users.update(SYSTEM, None, una.id, None, {"email": "other@example.com"})

    assert (before, userinfo(token).json["email_verified"]) == (True, False)
