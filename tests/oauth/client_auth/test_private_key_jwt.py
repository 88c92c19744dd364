"""``private_key_jwt`` as a client uses it (RFC 7523, section 3; OpenID Connect Core 1.0, 9)."""

import time

import pytest

from tests.conftest import ISSUER
from tests.support.client_keys import (
    TOKEN,
    ClientKey,
    assertion_claims,
    key_set,
    post_assertion,
)
from tests.support.relying_party import basic

REVOKE, INTROSPECT = "/oauth2/revoke", "/oauth2/introspect"


@pytest.fixture(scope="module")
def key():
    return ClientKey()


@pytest.fixture
def holder(make_client, key):
    """A client that has registered its key."""
    return registered(make_client, key)


def registered(make_client, *keys, **metadata):
    return make_client(
        token_endpoint_auth_method="private_key_jwt",
        **({"jwks": key_set(*keys)} | metadata),
    ).client_id


@pytest.fixture
def status(client, holder, key):
    """``status(aud=...)``: what becomes of an assertion that says so."""

    def status(**changes):
        assertion = key.sign(assertion_claims(holder, **changes))
        return post_assertion(client, assertion).status_code

    return status


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_client_gets_a_token_by_its_key(client, make_client, alg):
    key = ClientKey(alg)
    client_id = registered(make_client, key)

    answer = post_assertion(client, key.sign(assertion_claims(client_id)))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("path", [TOKEN, REVOKE, INTROSPECT])
def test_it_works_at_every_endpoint_that_authenticates_clients(client, holder, key, path):
    assert post_assertion(client, key.sign(assertion_claims(holder)), path).status_code == 200


@pytest.mark.parametrize("path", [REVOKE, INTROSPECT])
def test_the_endpoint_that_is_called_may_be_the_audience(client, holder, key, path):
    assertion = key.sign(assertion_claims(holder, aud=ISSUER + path))

    assert post_assertion(client, assertion, path).status_code == 200


def test_another_endpoint_than_the_one_called_is_no_audience(client, holder, key):
    assertion = key.sign(assertion_claims(holder, aud=ISSUER + INTROSPECT))

    assert post_assertion(client, assertion, TOKEN).status_code == 401


@pytest.mark.parametrize(
    "audience", [ISSUER, ISSUER + TOKEN, [ISSUER], ["https://other.example", ISSUER + TOKEN]]
)
def test_the_audience_is_the_issuer_or_the_token_endpoint(status, audience):
    """security.md, Decisions where sources conflict."""
    assert status(aud=audience) == 200


@pytest.mark.parametrize(
    "audience",
    [None, "", "https://other.example", ISSUER + "/", ISSUER.upper(), [], [1], {"a": ISSUER}, 7],
)
def test_every_other_audience_is_refused(status, audience):
    assert status(aud=audience) == 401


@pytest.mark.parametrize("name", ["iss", "sub"])
@pytest.mark.parametrize("value", [None, "", "somebody-else", 7, ["a"]])
def test_issuer_and_subject_are_the_client(client, holder, key, name, value):
    """RFC 7523, section 3, numbers 1 and 2."""
    assertion = key.sign(assertion_claims(holder, **{name: value}))

    assert post_assertion(client, assertion).status_code == 401


@pytest.mark.parametrize("jti", [None, "", "x" * 513])
def test_a_jti_is_required(status, jti):
    """OpenID Connect Core 1.0, section 9."""
    assert status(jti=jti) == 401


def test_a_long_jti_is_remembered_as_well_as_a_short_one(client, holder, key):
    assertion = key.sign(assertion_claims(holder, jti="x" * 512))

    answers = [post_assertion(client, assertion).status_code for _ in range(2)]

    assert answers == [200, 401]


def test_two_clients_may_use_the_same_jti(client, make_client, key):
    ids = [registered(make_client, key) for _ in range(2)]

    answers = [
        post_assertion(client, key.sign(assertion_claims(client_id, jti="one"))).status_code
        for client_id in ids
    ]

    assert answers == [200, 200]


def test_the_form_may_name_the_client_as_well(client, holder, key):
    answer = post_assertion(client, key.sign(assertion_claims(holder)), client_id=holder)

    assert answer.status_code == 200


def test_the_form_may_name_nobody_else(client, holder, key, relying_party):
    other = relying_party.credentials.client_id

    answer = post_assertion(client, key.sign(assertion_claims(holder)), client_id=other)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "client-authentication+jwt"])
def test_its_type_is_that_of_a_jwt_or_of_an_assertion(client, holder, key, typ):
    assertion = key.sign(assertion_claims(holder), typ=typ)

    assert post_assertion(client, assertion).status_code == 200


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "oauth-authz-req+jwt", "dpop+jwt"])
def test_a_jwt_of_another_type_is_refused(client, holder, key, typ):
    """RFC 8725, section 3.11; attack JW-25."""
    assertion = key.sign(assertion_claims(holder), typ=typ)

    assert post_assertion(client, assertion).status_code == 401


def test_a_registered_algorithm_binds(client, make_client):
    keys = {alg: ClientKey(alg) for alg in ("ES256", "RS256")}
    client_id = registered(make_client, *keys.values(), token_endpoint_auth_signing_alg="RS256")

    answers = {
        alg: post_assertion(client, key.sign(assertion_claims(client_id))).status_code
        for alg, key in keys.items()
    }

    assert answers == {"ES256": 401, "RS256": 200}


def test_a_key_without_an_id_is_found(client, make_client):
    key = ClientKey(kid=None)
    client_id = registered(make_client, ClientKey(), key)

    assert post_assertion(client, key.sign(assertion_claims(client_id))).status_code == 200


@pytest.mark.parametrize("secret_too", ["header", "form"])
def test_an_assertion_beside_a_secret_is_two_methods(
    client, holder, key, relying_party, secret_too
):
    """RFC 6749, section 2.3."""
    other = relying_party.credentials
    form = {"client_secret": other.secret} if secret_too == "form" else {}
    headers = basic(other.client_id, other.secret) if secret_too == "header" else {}

    answer = client.post(
        TOKEN,
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": key.sign(assertion_claims(holder)),
        }
        | form,
        headers=headers,
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_client_by_key_has_no_other_method(client, make_client, key, rows_of):
    """protocol.md: methods by key are never interchangeable with secret ones."""
    client_id = registered(make_client, key)
    rows_of.add_secret(client_id, "a-secret-it-once-had")

    answers = [
        client.post(
            TOKEN,
            data={"grant_type": "client_credentials"},
            headers=basic(client_id, "a-secret-it-once-had"),
        ),
        client.post(TOKEN, data={"grant_type": "client_credentials", "client_id": client_id}),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_a_client_by_secret_has_no_key(client, make_client, key):
    client_id = make_client(jwks=key_set(key)).client_id

    assert post_assertion(client, key.sign(assertion_claims(client_id))).status_code == 401


def test_a_disabled_client_is_refused_like_an_unknown_one(client, make_client, key, rows_of):
    client_id = registered(make_client, key)
    rows_of.disable(client_id)

    answers = [
        post_assertion(client, key.sign(assertion_claims(name))) for name in (client_id, "nobody")
    ]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].data == answers[1].data


def test_where_nobody_can_tell_whether_it_was_used_nobody_gets_in(client, holder, key, rows_of):
    """security.md, Under failure: the replay store refuses the request."""
    assertion = key.sign(assertion_claims(holder))
    with rows_of.out_of_reach("used_assertions"):
        answer = post_assertion(client, assertion)

    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"]
    assert post_assertion(client, assertion).status_code == 200


def test_what_was_used_is_cleared_away_when_it_has_expired(client, holder, key, services, rows_of):
    post_assertion(client, key.sign(assertion_claims(holder)))
    assert rows_of.count_used() == 1
    rows_of.expire_used()

    assert rows_of.guard.remove_expired(batch=1) == 1
    assert rows_of.count_used() == 0


def test_what_has_not_expired_is_kept(client, holder, key, rows_of):
    assertion = key.sign(assertion_claims(holder))
    post_assertion(client, assertion)

    rows_of.guard.remove_expired()

    assert post_assertion(client, assertion).status_code == 401


def test_the_time_of_a_refusal_tells_nothing_of_a_client(client, holder):
    """Neither is anybody asked, nor is anything computed, for who cannot be the client."""
    times = {}
    for name in (holder, "nobody") * 20:
        assertion = ClientKey().sign(assertion_claims(name))
        started = time.monotonic()
        assert post_assertion(client, assertion).status_code == 401
        times.setdefault(name, []).append(time.monotonic() - started)

    medians = [sorted(spent)[len(spent) // 2] for spent in times.values()]
    assert abs(medians[0] - medians[1]) < 0.005
