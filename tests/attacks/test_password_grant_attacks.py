"""Attacks on the password grant (rows GR-01 to GR-07)."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import PRODUCTION_HASH, TestUser, UserFactory
from tests.support.relying_party import RelyingParty, basic, bearer

WRONG = "not the password of anybody"


def attempt(party: RelyingParty, username: str, password: str) -> Any:
    return party.token(grant_type="password", username=username, password=password)


def assert_invalid_grant(answer: Any) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("GR-01")
def test_a_wrong_password_is_an_invalid_grant(relying_party, user):
    """RFC 6749, section 5.2; Authlib says invalid_request."""
    answer = attempt(relying_party, user.email, WRONG)

    assert_invalid_grant(answer)


@pytest.fixture
def refusals(
    make_app: Callable[..., Any],
    new_client: Callable[..., Any],
    make_client: ClientFactory,
    make_user,
) -> dict[str, Any]:
    """Each reason to refuse, and a way to be refused for it; the locked account's owner knows
    the password, and so does the disabled one."""
    app, _ = make_app(lockout_threshold=3)
    party = RelyingParty(new_client(app), make_client())
    known, disabled, locked = make_user(), make_user(enabled=False), make_user()
    for _ in range(3):
        attempt(party, locked.email, WRONG)

    def refused(user: TestUser) -> Any:
        return lambda: attempt(party, user.email, user.password)

    return {
        "wrong password": lambda: attempt(party, known.email, WRONG),
        "unknown": lambda: attempt(party, "nobody@example.com", WRONG),
        "no address": lambda: attempt(party, "no address at all", WRONG),
        "disabled": refused(disabled),
        "locked": refused(locked),
    }


@attack("GR-02")
def test_all_reasons_for_refusing_a_sign_in_look_alike(refusals):
    """CVE-2026-4633. Unverified addresses are none of the reasons: they may sign in."""
    answers = [refuse() for refuse in refusals.values()]

    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.data for answer in answers}) == 1
    assert len({frozenset(answer.headers.keys()) for answer in answers}) == 1


@attack("GR-02")
def test_no_reason_for_refusing_a_sign_in_is_told_by_its_time(make_app, new_client, make_client):
    """ASVS 5.0, 6.3.8: a hash is computed for nobody as well. A locked account is another matter:
    whether there is one of that name or not, no password is tried for it."""
    app, services = make_app(**PRODUCTION_HASH)
    relying_party, make_user = RelyingParty(new_client(app), make_client()), UserFactory(services)
    known, disabled = make_user(), make_user(enabled=False)
    reasons = {
        "wrong": (known.email, WRONG),
        "unknown": ("nobody@example.com", WRONG),
        "disabled": (disabled.email, disabled.password),
    }
    times: dict[str, list[float]] = {reason: [] for reason in reasons}

    for _ in range(15):
        for reason, credentials in reasons.items():
            attempt(relying_party, *credentials)
            times[reason].append(relying_party.http.seconds)

    medians = [median(measured) for measured in times.values()]
    assert max(medians) < 2 * min(medians)


@attack("GR-02")
def test_an_unknown_account_is_locked_like_a_known_one(make_app, new_client, make_client):
    """Or else the fourth attempt, which is so much faster, would tell who has an account."""
    app, _ = make_app(lockout_threshold=3, **PRODUCTION_HASH)
    client = new_client(app)
    party = RelyingParty(client, make_client())

    times = []
    for _ in range(8):
        assert_invalid_grant(attempt(party, "nobody@example.com", WRONG))
        times.append(client.seconds)

    assert median(times[3:]) < median(times[:3]) / 2


@attack("GR-03")
def test_a_new_client_may_not_use_passwords(client, admin_token, user):
    """RFC 9700, section 2.4; CVE-2026-9792: only who is registered for the grant may."""
    registered = client.post(
        "/api/clients",
        json={"client_name": "New", "redirect_uris": ["https://app.example/cb"]},
        headers=bearer(admin_token),
    ).json
    form = {"grant_type": "password", "username": user.email, "password": user.password}

    answer = client.post(
        "/oauth2/token",
        data=form,
        headers=basic(registered["client_id"], registered["client_secret"]),
    )

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


LONG = "a fairly long passphrase of eighty characters, so that bcrypt would have cut it"


@pytest.fixture
def long_winded(make_user: Callable[..., TestUser]) -> TestUser:
    """Somebody with a password of more than 72 bytes."""
    return make_user(password=LONG)


@attack("GR-07")
@pytest.mark.parametrize(
    "wrong",
    [
        LONG[:72],
        LONG[:-1],
        LONG + "x",
        LONG + " ",
        " " + LONG,
        LONG.upper(),
        LONG.replace(" ", ""),
        LONG.replace("a", "\N{FULLWIDTH LATIN SMALL LETTER A}"),
        LONG.replace("a", "\N{CYRILLIC SMALL LETTER A}"),
    ],
)
def test_only_the_exact_password_is_accepted(relying_party, long_winded, wrong):
    """ASVS 5.0, 6.2.8. Spellings that look the same on every keyboard are one (RFC 8265): kinds
    of space, and composed and decomposed letters; nothing is trimmed, folded or cut off."""
    answer = attempt(relying_party, long_winded.email, wrong)

    assert_invalid_grant(answer)


@attack("GR-07")
def test_a_password_beyond_72_bytes_is_accepted_whole(relying_party, long_winded):
    assert len(LONG) > 72

    answer = attempt(relying_party, long_winded.email, long_winded.password)

    assert answer.status_code == 200


def test_a_user_who_is_enabled_again_may_sign_in(relying_party, make_user, services):
    """The disabled users above are refused for that, and not for another reason."""
    user = make_user(enabled=False)
    services.get(UserService).enable(SYSTEM, None, user.id)

    assert relying_party.password(user).status_code == 200
