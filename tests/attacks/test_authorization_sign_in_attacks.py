"""Attacks on whom an authorization request is answered for (rows AZ)."""

from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.attacks.rows import attack
from tests.support.authorization_answers import assert_error
from tests.support.jwks_verifier import payload_of

LOOPBACK = "http://127.0.0.1/cb"


@pytest.fixture
def anothers(flow, new_client, make_user):
    """The same client in another person's browser."""
    person = make_user(full_name="Victor Example")
    other = replace(flow.elsewhere(new_client()), user=person)
    other.grant("openid profile email offline_access")
    other.sign_in()
    return other


def subject_of(flow, answer):
    """Whom the code of an answer stands for."""
    return payload_of(flow.redeem(answer.params["code"]).json["id_token"])["sub"]


@attack("AZ-18")
@pytest.mark.parametrize("change", [{"prompt": "login"}, {"max_age": "0"}])
def test_who_must_sign_in_again_does(flow, rows, change):
    """oidcc-prompt-login: the page is shown, and the client sees a later auth_time."""
    rows.sql("UPDATE browser_sessions SET auth_time = auth_time - interval '100 seconds'")
    before = payload_of(flow.tokens()["id_token"])["auth_time"]

    answer = flow.enter(flow.authorize(**change))

    after = payload_of(flow.redeem(answer.params["code"]).json["id_token"])["auth_time"]
    assert after - before >= 100


@attack("AZ-18")
def test_the_page_cannot_be_left_out(flow):
    """Whoever goes on without having signed in is sent there again."""
    step = flow.authorize(prompt="login")

    assert flow.go(step.location.replace("/sign-in", "/oauth2/authorize")).page == "/sign-in"


@attack("AZ-18")
def test_a_sign_in_before_the_request_is_none_in_it(flow):
    """Another flow's sign-in is as old as it is."""
    flow.enter(flow.authorize(prompt="login"))

    assert flow.authorize(prompt="login").page == "/sign-in"


@attack("AZ-19")
def test_the_code_is_for_who_signs_in_now(flow, make_user):
    """CVE-2023-6787: not for who was signed in before."""
    other = make_user()
    flow.grant("openid", other)

    answer = flow.enter(flow.authorize(prompt="login"), other)

    assert subject_of(flow, answer) == str(other.id)


@attack("AZ-19")
def test_a_sign_in_that_is_cancelled_changes_nothing(flow):
    """The session of before is whole, and nobody else's."""
    flow.go(flow.authorize(prompt="login").location)

    assert subject_of(flow, flow.authorize(prompt="none")) == str(flow.user.id)


@attack("AZ-19")
def test_a_wrong_password_leaves_no_half_session(flow, make_user):
    other = make_user()
    step = flow.authorize(prompt="login")

    sent = flow.submit(step.location, username=other.email, password="not the password")

    assert sent.status == 422
    assert flow.go(step.location.replace("/sign-in", "/oauth2/authorize")).page == "/sign-in"
    assert subject_of(flow, flow.authorize(prompt="none")) == str(flow.user.id)


@attack("AZ-19")
def test_who_signs_in_has_agreed_to_nothing_by_the_consent_of_another(flow, make_user):
    """Consent is a person's own."""
    answer = flow.enter(flow.authorize(prompt="login"), make_user())

    assert answer.page == "/consent"


@attack("AZ-21")
def test_a_max_age_of_zero_asks_for_a_sign_in(flow):
    """OpenID Connect Core 1.0, section 3.1.2.1: as prompt=login."""
    assert flow.authorize(max_age="0").page == "/sign-in"


@attack("AZ-21")
@pytest.mark.parametrize("max_age", ["-1", "abc", "1.5", "1e3", "0x10", "٣", "+5", " 5", "9" * 30])
def test_a_max_age_that_is_no_number_of_seconds_is_refused(flow, max_age):
    assert_error(flow.authorize(max_age=max_age), "invalid_request")


@attack("AZ-22")
@pytest.mark.parametrize("prompt", ["none", None])
def test_who_is_expected_and_not_there_is_not_answered_for(flow, anothers, prompt):
    """OpenID Connect Core 1.0, section 3.1.2.1: login_required, never a code for somebody else."""
    hint = anothers.tokens()["id_token"]

    answer = flow.authorize(prompt=prompt, id_token_hint=hint)

    if prompt == "none":
        assert_error(answer, "login_required")
    else:
        assert answer.page == "/sign-in"


@attack("AZ-22")
def test_somebody_else_who_signs_in_is_not_answered_for(flow, anothers):
    """The page was for the one who was expected."""
    hint = anothers.tokens()["id_token"]

    answer = flow.enter(flow.authorize(id_token_hint=hint))

    assert_error(answer, "login_required")


@attack("AZ-22")
def test_who_the_claim_names_and_is_not_there_is_not_answered_for(flow, anothers):
    """OpenID Connect Core 1.0, section 5.5.1: the same by a claims request."""
    claims = f'{{"id_token":{{"sub":{{"value":"{anothers.user.id}"}}}}}}'

    assert_error(flow.authorize(prompt="none", claims=claims), "login_required")


@attack("AZ-22")
def test_hint_and_claim_must_not_name_two_people(flow, anothers):
    claims = f'{{"id_token":{{"sub":{{"value":"{anothers.user.id}"}}}}}}'

    answer = flow.authorize(id_token_hint=flow.tokens()["id_token"], claims=claims)

    assert_error(answer, "invalid_request")


@pytest.fixture
def forgeries(flow):
    """ID tokens of the very person who is signed in, none of which is ours for this client."""
    real = flow.tokens()["id_token"]
    claims, header = payload_of(real), jwt.get_unverified_header(real)
    foreign = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = flow.party.credentials.secret
    return {
        "unsigned": jwt.encode(claims, None, algorithm="none"),
        "foreign key": jwt.encode(claims, foreign, algorithm="RS256", headers=header),
        "by secret": jwt.encode(claims, secret, algorithm="HS256"),
        "no signature": real.rpartition(".")[0] + ".",
        "access token": flow.tokens()["access_token"],
        "refresh token": flow.tokens()["refresh_token"],
        "nonsense": "a.b.c",
        "subject": str(flow.user.id),
    }


@attack("AZ-23")
@pytest.mark.parametrize(
    "kind",
    [
        "unsigned",
        "foreign key",
        "by secret",
        "no signature",
        "access token",
        "refresh token",
        "nonsense",
        "subject",
    ],
)
def test_a_hint_that_is_not_ours_is_refused(flow, forgeries, kind):
    """OpenID Connect Core 1.0, section 3.1.2.2."""
    answer = flow.authorize(prompt="none", id_token_hint=forgeries[kind])

    assert_error(answer, "invalid_request")


@attack("AZ-23")
def test_a_hint_that_another_client_was_given_is_refused(flow, authorizations):
    """Its subject may be another client's business."""
    other = authorizations(user=flow.user)

    answer = flow.authorize(prompt="none", id_token_hint=other.tokens()["id_token"])

    assert_error(answer, "invalid_request")


@attack("AZ-37")
@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender"])
def test_a_prefetched_request_makes_no_code(flow, purpose):
    """A browser that guesses what comes next has not been asked to."""
    answer = flow.go(f"/oauth2/authorize?{flow.query()}", **{"Sec-Purpose": purpose})

    assert (answer.status, answer.location) == (400, None)


@attack("AZ-37")
def test_a_link_preview_changes_nothing(flow, new_client, rows):
    """Without cookies there is a page to come, and no row."""
    counts = (
        "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM browser_sessions), "
        "(SELECT count(*) FROM audit_events), (SELECT count(*) FROM procrastinate_jobs)"
    )
    before = rows.sql(counts)

    answer = flow.elsewhere(new_client()).authorize()

    assert answer.page == "/sign-in"
    assert rows.sql(counts) == before


@attack("AZ-40")
@pytest.mark.parametrize("uri", [LOOPBACK, "com.example.app:/cb"])
def test_who_could_be_anybody_is_agreed_to_each_time(authorizations, uri):
    """RFC 8252, section 8.6; CVE-2023-34246: any program on the device may have sent it."""
    flow = authorizations.public(
        application_type="native", redirect_uris=[uri], parameters={"redirect_uri": uri}
    )

    assert flow.authorize().page == "/consent"
    assert flow.authorize().page == "/consent"


@attack("AZ-40")
def test_who_could_be_anybody_gets_nothing_in_silence(authorizations):
    flow = authorizations.public(
        application_type="native", redirect_uris=[LOOPBACK], parameters={"redirect_uri": LOOPBACK}
    )

    answer = flow.authorize(prompt="none")

    assert answer.params["error"] == "consent_required"


@attack("AZ-40")
def test_an_https_address_tells_who_a_public_client_is(authorizations):
    """RFC 8252, section 8.6: only who holds the domain gets the answer."""
    flow = authorizations.public()

    assert flow.authorize().params["code"]
