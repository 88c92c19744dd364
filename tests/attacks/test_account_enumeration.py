"""Which accounts there are: no answer says, and no time does. And none is there by default."""

import math
import statistics
import time
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from authserver.storage.db import Database
from tests.attacks.rows import attack
from tests.factories.users import PASSWORD, PRODUCTION_HASH, UserFactory
from tests.support.relying_party import FORM, basic

WRONG = "not the right password"


@pytest.fixture
def login(client):
    def login(email: str, password: str = WRONG):
        return client.post("/api/auth/login", json={"email": email, "password": password})

    return login


@attack("PW-02")
def test_no_answer_tells_an_account_from_none(login, make_user):
    """ASVS 6.3.8: wrong password, unknown address, disabled account, no address at all."""
    known, disabled = make_user(), make_user(enabled=False)
    attempts = [
        (known.email, WRONG),
        ("nobody@example.com", WRONG),
        (disabled.email, WRONG),
        (disabled.email, disabled.password),
        ("no address", WRONG),
        (known.email, ""),
        (known.email, "x" * 2000),
    ]

    answers = [login(*attempt) for attempt in attempts]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


@attack("PW-02")
@pytest.mark.parametrize("surface", ["rest", "oauth"])
def test_no_time_tells_an_account_from_none(make_app, new_client, make_client, surface):
    """ASVS 6.3.8: who is unknown costs one hash as well, and one row, and one record."""
    app, services = make_app(**PRODUCTION_HASH)
    client, make_user = new_client(app), UserFactory(services)
    emails = {
        "known": [make_user().email for _ in range(60)],
        "disabled": [make_user(enabled=False).email for _ in range(60)],
        "unknown": [f"nobody-{number}@example.com" for number in range(60)],
    }
    ask = _rest(client) if surface == "rest" else _oauth(client, make_client())
    times: dict[str, list[float]] = {kind: [] for kind in emails}
    ask("first@example.com")

    for each in range(60):
        for kind, names in emails.items():
            times[kind].append(_duration(ask, names[each]))

    for kind in ("disabled", "unknown"):
        gap = abs(statistics.median(times[kind]) - statistics.median(times["known"]))
        assert gap < 0.005 or _p_value(times[kind], times["known"]) > 0.01, (kind, gap)


@attack("PW-05")
def test_other_accounts_all_look_alike_whether_they_exist_or_not(
    client, make_user, sign_in, bearer
):
    """CVE-2026-2366, CVE-2025-67717."""
    mine, other = make_user(), make_user()
    headers = bearer(sign_in(mine.email, mine.password))
    last = "0" if str(other.id)[-1] != "0" else "1"
    ids = [str(other.id), str(other.id)[:-1] + last, "01999999-0000-7000-8000-000000000000"]

    answers = [client.get(f"/api/users/{one}", headers=headers) for one in ids]

    assert {(answer.status_code, answer.data) for answer in answers} == {
        (403, answers[0].data),
    }


@attack("PW-05")
def test_numbers_name_no_account(client, make_user, sign_in, bearer):
    """CVE-2025-67717: there is nothing to count up."""
    mine = make_user()
    headers = bearer(sign_in(mine.email, mine.password))

    answers = [client.get(f"/api/users/{one}", headers=headers) for one in range(1, 1001, 7)]

    assert {(answer.status_code, answer.data) for answer in answers} == {(404, answers[0].data)}


@attack("PW-03")
def test_registering_a_known_address_changes_and_shows_nothing(client, make_user, login):
    """ASVS 6.3.8. With verification off the answer is that of the seed, 201 and 409 (decisions of
    security.md); one answer for both waits for verification by mail."""
    known = make_user()
    body = {"email": known.email, "password": "another good one 47", "full_name": "Mallory"}

    answer = client.post("/api/auth/register", json=body)

    assert (answer.status_code, answer.json["code"]) == (409, "email_taken")
    assert str(known.id) not in answer.text
    assert login(known.email, known.password).status_code == 200
    assert login(known.email, body["password"]).status_code == 401


@attack("PW-03")
def test_trying_addresses_by_registering_ends(make_app, new_client, make_user):
    """What registration gives away it gives away slowly."""
    app, _ = make_app(registration_limit="3/minute")
    http, known = new_client(app), make_user()
    body = {"email": known.email, "password": "another good one 47"}

    statuses = [http.post("/api/auth/register", json=body).status_code for _ in range(5)]

    assert statuses == [409, 409, 409, 429, 429]


@attack("PW-28")
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("admin", "admin"),
        ("admin@example.com", "admin"),
        ("admin@localhost", "password"),
        ("root", "root"),
        ("authserver", "letmein"),
        ("test", "test"),
        ("", ""),
    ],
)
def test_a_fresh_installation_knows_no_default_account(login, name, password):
    """ASVS 6.3.2."""
    assert login(name, password).status_code == 401


@attack("PW-28")
def test_a_fresh_installation_has_no_user(services):
    """ASVS 6.3.2: ``bootstrap`` makes roles, keys and the built-in client, and no account."""
    with services.get(Database).transaction() as tx:
        assert tx.scalar(text("SELECT count(*) FROM users")) == 0


@attack("PW-28")
@pytest.mark.parametrize("secret", ["", "password", "changeme"])
def test_the_built_in_client_has_no_secret_to_guess(client, secret):
    """ASVS 6.3.2: nobody can use it at the token endpoint at all."""
    form = {"grant_type": "password", "username": "a@example.com", "password": PASSWORD}

    by_header = client.post("/oauth2/token", data=form, headers=basic("authserver", secret))
    by_form = client.post(
        "/oauth2/token", data=form | {"client_id": "authserver", "client_secret": secret}
    )

    assert {by_header.status_code, by_form.status_code} == {401}


def _rest(client):
    return lambda email: client.post("/api/auth/login", json={"email": email, "password": WRONG})


def _oauth(client, application):
    headers = basic(application.client_id, application.secret) | {"Content-Type": FORM}

    def ask(email: str):
        form = {"grant_type": "password", "username": email, "password": WRONG}
        return client.post("/oauth2/token", data=urlencode(form), headers=headers)

    return ask


def _duration(ask, email: str) -> float:
    started = time.perf_counter()
    ask(email)
    return time.perf_counter() - started


def _p_value(one: list[float], other: list[float]) -> float:
    """Mann-Whitney's U test, two-sided, by its normal approximation."""
    ranked = sorted((value, index < len(one)) for index, value in enumerate([*one, *other]))
    rank_sum = sum(rank for rank, (_, is_one) in enumerate(ranked, start=1) if is_one)
    u = rank_sum - len(one) * (len(one) + 1) / 2
    mean = len(one) * len(other) / 2
    deviation = math.sqrt(mean * (len(one) + len(other) + 1) / 6)
    return math.erfc(abs(u - mean) / deviation / math.sqrt(2))
