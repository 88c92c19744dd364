"""Making accounts that are not one's own: registration, and the many spellings of an address."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.attacks.rows import attack
from tests.support.relying_party import bearer

GOOD = "another good one 47"
WIDE_A = "\N{FULLWIDTH LATIN SMALL LETTER A}"


@pytest.fixture
def register(client):
    def register(email: str = "ada@example.com", password: str = GOOD, **more: str):
        body = {"email": email, "password": password} | more
        return client.post("/api/auth/register", json=body)

    return register


@attack("PW-22")
def test_nobody_changes_their_own_address_unproven(client, make_user, sign_in):
    """CVE-2026-27946, CVE-2026-54693: until new addresses are proven by mail, who administers
    users changes them; re-authentication and the notice to the old one come with that."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))

    answer = client.put(
        f"/api/users/{user.id}", headers=headers, json={"email": "victim@example.com"}
    )

    assert answer.status_code == 403
    assert client.get(f"/api/users/{user.id}", headers=headers).json["email"] == user.email


@attack("PW-22")
@pytest.mark.parametrize("member", ["email_verified", "enabled", "roles", "id", "password_hash"])
def test_nobody_says_of_themselves_what_others_must(client, make_user, sign_in, member):
    """CVE-2026-54693: a self-made ``email_verified``; CWE-915."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))

    answer = client.put(f"/api/users/{user.id}", headers=headers, json={member: True})

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


@attack("PW-22")
def test_a_new_address_is_not_verified(client, make_user, admin_token):
    """ASVS 6.3.7."""
    user = make_user()

    answer = client.put(
        f"/api/users/{user.id}", headers=bearer(admin_token), json={"email": "new@example.com"}
    )

    assert answer.json["email_verified"] is False


@attack("PW-24")
@pytest.mark.parametrize(
    "spelling",
    [
        "ADA@EXAMPLE.COM",
        "Ada@Example.Com",
        " ada@example.com",
        "ada@example.com ",
        f"{WIDE_A}da@example.com",
        "ada@\N{FULLWIDTH LATIN SMALL LETTER E}xample.com",
        "ada\N{FULLWIDTH COMMERCIAL AT}example.com",
        "\N{MODIFIER LETTER SMALL A}da@example.com",
        "ada@EXAMPLE\N{IDEOGRAPHIC FULL STOP}com",
    ],
)
def test_one_mailbox_is_one_account_in_every_spelling(register, spelling):
    """CVE-2026-19607: case, full-width letters, spaces, other dots."""
    register("ada@example.com")

    answer = register(spelling)

    assert (answer.status_code, answer.json["code"]) in {
        (409, "email_taken"),
        (400, "invalid_request"),
    }


@attack("PW-24")
@pytest.mark.parametrize("spelling", ["ada+x@example.com", "a.d.a@example.com"])
def test_what_only_some_mail_servers_fold_is_another_account(register, spelling):
    """RFC 5321, section 2.3.11: the local part is the business of its own server."""
    register("ada@example.com")

    assert register(spelling).status_code == 201


@attack("PW-24")
def test_a_letter_that_only_looks_alike_makes_no_account(register):
    """A Cyrillic letter in the local part."""
    register("ada@example.com")

    assert register("\N{CYRILLIC SMALL LETTER A}da@example.com").status_code == 400


@attack("PW-26")
def test_twenty_registrations_at_once_make_one_account(new_client):
    """ASVS 15.4.2: the unique index decides, and the losers are told."""
    spellings = [
        "race@example.com",
        "RACE@example.com",
        " race@Example.com",
        "\N{FULLWIDTH LATIN SMALL LETTER R}ace@example.com",
    ] * 5

    def register(email: str) -> int:
        body = {"email": email, "password": GOOD}
        return new_client().post("/api/auth/register", json=body).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(register, spellings))

    assert statuses == [201] + [409] * 19


@attack("PW-27")
def test_a_closed_registration_is_closed_for_known_addresses_as_well(
    make_app, new_client, make_user
):
    """CVE-2024-49757: one answer for all. Pages and SCIM get theirs with these surfaces."""
    app, _ = make_app(registration_enabled=False)
    known, http = make_user().email, new_client(app)

    answers = [
        http.post("/api/auth/register", json={"email": email, "password": GOOD})
        for email in (known, "new@example.com")
    ]

    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {
        (403, "registration_closed")
    }


@attack("PW-30")
@pytest.mark.parametrize(
    "oversized",
    [
        {"email": "a" * 10_240 + "@example.com"},
        {"email": "a@" + "b" * 10_240 + ".com"},
        {"email": "a" * 65 + "@example.com"},
        {"email": "a@" + ".".join(["b" * 60] * 5)},
        {"email": "ﷺ" * 250 + "@example.com"},
        {"full_name": "x" * 10_240},
        {"full_name": "x" * 256},
        {"password": "x" * 10_240},
    ],
    ids=lambda members: "-".join(members),
)
def test_what_is_too_long_is_refused(register, oversized):
    """ASVS 2.2.1. The ligature grows to eighteen letters under NFKC."""
    assert register(**oversized).status_code == 400
