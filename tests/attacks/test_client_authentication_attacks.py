"""Attacks on client authentication (rows CA), at each endpoint that authenticates clients."""

import base64
from statistics import median
from typing import Any

import pytest

from authserver.ids import digest
from tests.attacks.rows import attack
from tests.support.relying_party import basic

TOKEN, REVOKE, INTROSPECT = "/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"
# One form that all three endpoints understand.
FORM = {"grant_type": "client_credentials", "token": "some-token"}
WRONG = "not-the-secret"

everywhere = pytest.mark.parametrize("path", [TOKEN, REVOKE, INTROSPECT])


def raw_basic(credentials: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials).decode()}


def assert_invalid_client(answer: Any, *, challenged: bool) -> None:
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert answer.headers.get("WWW-Authenticate", "").startswith("Basic") is challenged


@attack("CA-01", "CA-27")
@everywhere
def test_a_wrong_secret_is_refused_with_a_challenge(relying_party, client, path):
    """RFC 6749, section 5.2."""
    wrong = basic(relying_party.credentials.client_id, WRONG)

    answer = client.post(path, data=FORM, headers=wrong)

    assert_invalid_client(answer, challenged=True)


@attack("CA-02", "CA-27")
@everywhere
def test_an_unknown_client_gets_the_answer_of_a_wrong_secret(relying_party, client, path):
    """CWE-204."""
    known = basic(relying_party.credentials.client_id, WRONG)

    answers = [client.post(path, data=FORM, headers=who) for who in (known, basic("nope", WRONG))]

    assert answers[0].data == answers[1].data
    assert answers[0].status_code == answers[1].status_code == 401
    assert answers[0].headers["WWW-Authenticate"] == answers[1].headers["WWW-Authenticate"]


@attack("CA-02")
def test_an_unknown_client_takes_the_time_of_a_wrong_secret(relying_party, client):
    """The medians of 100 each, taken in turn, differ by less than 5 ms."""
    known = basic(relying_party.credentials.client_id, WRONG)
    times: dict[bool, list[float]] = {True: [], False: []}

    for _ in range(100):
        for is_known, headers in ((True, known), (False, basic("nope", WRONG))):
            client.post(TOKEN, data=FORM, headers=headers)
            times[is_known].append(client.seconds)

    assert abs(median(times[True]) - median(times[False])) < 0.005


@attack("CA-06", "CA-27")
@everywhere
def test_a_wrong_secret_does_not_fall_back_to_a_public_client(
    relying_party, public_party, client, path
):
    """RFC 6749, section 5.2: Authlib as documented issues a token here."""
    wrong = basic(relying_party.credentials.client_id, WRONG)
    form = FORM | {"client_id": public_party.credentials.client_id}

    answer = client.post(path, data=form, headers=wrong)

    assert_invalid_client(answer, challenged=True)


@attack("CA-07")
def test_a_strict_client_by_form_is_refused_by_header(party):
    """RFC 7591, section 2: a strict client has the one method that it is registered for."""
    strict = party(strict=True, token_endpoint_auth_method="client_secret_post")

    answer = strict.token(grant_type="client_credentials", scope=None)

    assert_invalid_client(answer, challenged=True)


@attack("CA-07")
def test_a_strict_client_by_header_is_refused_by_form(party, client):
    credentials = party(strict=True).credentials
    members = {"client_id": credentials.client_id, "client_secret": credentials.secret}

    answer = client.post(TOKEN, data=FORM | members)

    assert_invalid_client(answer, challenged=False)


@attack("CA-07")
@pytest.mark.parametrize("registered", ["client_secret_basic", "client_secret_post"])
def test_the_two_methods_by_secret_stand_for_one_another_unless_strict(party, client, registered):
    """The row asks for 401 throughout. Our decision (some libraries use both methods in turn):
    only strict clients are pinned, and neither method ever stands for one by key."""
    credentials = party(
        token_endpoint_auth_method=registered, scope="openid reports:read"
    ).credentials
    by_form = {"client_id": credentials.client_id, "client_secret": credentials.secret}
    by_header = basic(credentials.client_id, credentials.secret)

    answers = [
        client.post(TOKEN, data=FORM | by_form),
        client.post(TOKEN, data=FORM, headers=by_header),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


@attack("CA-08", "CA-27")
@everywhere
def test_a_confidential_client_must_authenticate(relying_party, client, path):
    """RFC 6749, section 3.2.1."""
    form = FORM | {"client_id": relying_party.credentials.client_id}

    answer = client.post(path, data=form)

    assert_invalid_client(answer, challenged=False)


@attack("CA-09")
@everywhere
def test_an_empty_secret_does_not_make_a_confidential_client(relying_party, client, path):
    """CVE-2026-44476."""
    form = FORM | {"client_id": relying_party.credentials.client_id, "client_secret": ""}

    answers = [
        client.post(path, data=form),
        client.post(path, data=FORM, headers=basic(relying_party.credentials.client_id, "")),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


@attack("CA-09")
def test_an_empty_secret_of_a_public_client_is_none(public_party, user):
    """RFC 6749, section 3.1: a parameter without a value counts as left out."""
    answer = public_party.password(user, client_secret="")

    assert answer.status_code == 200


@attack("CA-10")
@everywhere
def test_a_public_client_with_a_secret_is_refused(public_party, client, path):
    """RFC 6749, section 2.3: somebody takes it for a confidential one."""
    client_id = public_party.credentials.client_id

    answers = [
        client.post(path, data=FORM | {"client_id": client_id, "client_secret": "x"}),
        client.post(path, data=FORM, headers=basic(client_id, "x")),
        client.post(path, data=FORM, headers=basic(client_id, "")),
    ]

    for answer in answers:
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.fixture
def awkward(party, rows):
    """A client with a secret of characters that form-encoding changes."""
    secret, credentials = "a%41:b+c&d=%", party(scope="reports:read").credentials
    rows.sql(
        "UPDATE client_secrets SET digest = :digest WHERE client_id = :client_id",
        digest=digest(secret),
        client_id=credentials.client_id,
    )
    return credentials.client_id, secret


@attack("CA-12")
def test_a_secret_of_awkward_characters_works_when_encoded(client, awkward):
    """RFC 6749, section 2.3.1."""
    answer = client.post(TOKEN, data=FORM, headers=basic(*awkward))

    assert answer.status_code == 200


@attack("CA-12")
def test_a_secret_that_is_not_encoded_is_refused(client, awkward):
    """Our one documented behaviour: only the form-decoded reading counts, so that no two secrets
    open one client."""
    answer = client.post(TOKEN, data=FORM, headers=raw_basic(":".join(awkward).encode()))

    assert_invalid_client(answer, challenged=True)


@attack("CA-13", "CA-27")
@everywhere
@pytest.mark.parametrize("part", [b"\xff\xfe", b"%ff%fe", b"\x00", b"%00", b"\xed\xa0\x80"])
def test_credentials_that_are_no_text_are_refused(relying_party, client, path, part):
    """CWE-248: Authlib answers 500."""
    client_id = relying_party.credentials.client_id.encode()

    for credentials in (client_id + b":" + part, part + b":secret"):
        answer = client.post(path, data=FORM, headers=raw_basic(credentials))
        assert_invalid_client(answer, challenged=True)


def encoded(credentials: Any) -> str:
    return base64.b64encode(f"{credentials.client_id}:{credentials.secret}".encode()).decode()


@attack("CA-15")
@pytest.mark.parametrize(
    "form",
    [
        "Basic",
        "Basic ",
        "Basic\t{good}",
        "Basic  {good}",
        "Basic {good} {good}",
        "Basic {good},Basic {good}",
        "Basic {good}\t",
        "Basic {good}!",
        "Basic ={good}",
        "Basic {half}",
        "Basic !!!!",
        "Basic {no_colon}",
        "Basic Og==",
        "Basic {good}====",
        "Bearer {good}",
        "Digest {good}",
        "{good}",
        "",
        "é {good}",
    ],
)
def test_a_malformed_header_is_refused(relying_party, public_party, client, form):
    """RFC 7617, section 2; GHSA-gv94-wp4h-vv8p. Nor is it passed over for the form."""
    good = encoded(relying_party.credentials)
    no_colon = base64.b64encode(b"web").decode()
    header = form.format(good=good, half=good[:5], no_colon=no_colon)

    for more in ({}, {"client_id": public_party.credentials.client_id}):
        answer = client.post(
            REVOKE, data=FORM | more, environ_overrides={"HTTP_AUTHORIZATION": header}
        )
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("CA-15")
def test_the_name_of_the_scheme_may_be_in_any_case(relying_party, client):
    """RFC 9110, section 11.1."""
    for scheme in ("basic", "BASIC", "bAsIc"):
        header = {"Authorization": f"{scheme} {encoded(relying_party.credentials)}"}
        answer = client.post(INTROSPECT, data=FORM, headers=header)
        assert answer.status_code == 200


@pytest.mark.parametrize("name", ["client_assertion", "client_assertion_type"])
@everywhere
def test_an_assertion_that_is_none_is_refused(relying_party, client, path, name):
    """RFC 7521, section 4.2: it neither counts nor is passed over for another method."""
    credentials = relying_party.credentials
    form = FORM | {name: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}

    alone = client.post(path, data=form | {"client_id": credentials.client_id})
    beside = client.post(path, data=form, headers=basic(credentials.client_id, credentials.secret))

    refusals = ((400, "invalid_request"), (401, "invalid_client"))
    assert (alone.status_code, alone.json["error"]) in refusals
    assert (beside.status_code, beside.json["error"]) == (400, "invalid_request")
