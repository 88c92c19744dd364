"""Attacks on authorization codes (rows CO): each works once, for one client, for a minute."""

import pytest

from authserver.actor import SYSTEM
from authserver.clock import FrozenClock, SystemClock
from authserver.settings import SettingsError, load_settings
from authserver.users.service import UserService
from tests.attacks.races import together
from tests.attacks.rows import attack
from tests.support.authorization_answers import REDIRECT_URI
from tests.support.authorizations import Authorizations
from tests.support.session_rows import session_id_of

ROUNDS = 5
AT_ONCE = 20


def assert_worthless(answer):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


# Once ---------------------------------------------------------------------------------------------


@attack("CO-01")
def test_a_code_works_once(flow):
    """RFC 6749, section 4.1.2; oidcc-codereuse."""
    code = flow.code()
    flow.redeem(code)

    assert_worthless(flow.redeem(code))


@attack("CO-01")
def test_using_a_code_again_revokes_what_it_was_worth(flow, rows):
    """RFC 6749, section 4.1.2: one of the two is a thief, and nobody knows which."""
    code = flow.code()
    tokens = flow.redeem(code).json

    flow.redeem(code)

    assert flow.party.introspect(tokens["access_token"]).json == {"active": False}
    assert_worthless(flow.party.refresh(tokens["refresh_token"]))
    assert len(rows.events("authorization_code.reuse_detected")) == 1


@attack("CO-01")
def test_using_a_code_again_revokes_what_was_refreshed_since(flow):
    """The session ends, whatever has become of it."""
    code = flow.code()
    tokens = flow.redeem(code).json
    successor = flow.party.refresh(tokens["refresh_token"]).json

    flow.redeem(code)

    assert flow.party.introspect(successor["access_token"]).json == {"active": False}
    assert_worthless(flow.party.refresh(successor["refresh_token"]))


@attack("CO-01")
def test_a_code_of_another_sign_in_stays_as_it_is(flow):
    """Only what the code was worth is revoked."""
    code, other = flow.code(), flow.code()
    tokens = flow.redeem(other).json
    flow.redeem(code)

    flow.redeem(code)

    assert flow.party.introspect(tokens["access_token"]).json["active"] is True


@attack("CO-02")
def test_of_many_redemptions_at_once_one_succeeds(flow, new_client, rows):
    """RFC 6749, section 10.5. The others revoke what the one got: it was used twice."""
    flows = [flow.elsewhere(new_client()) for _ in range(AT_ONCE)]
    for _ in range(ROUNDS):
        code = flow.code()

        answers = together(*[lambda one=one, code=code: one.redeem(code) for one in flows])

        successes = [answer for answer in answers if answer.status_code == 200]
        assert len(successes) == 1
        for answer in answers:
            if answer is not successes[0]:
                assert_worthless(answer)
        session_id = session_id_of(successes[0].json["refresh_token"])
        assert rows.get(session_id).ended_at is not None
    assert rows.sql("SELECT count(*) FROM sessions")[0][0] == ROUNDS


# For one client -----------------------------------------------------------------------------------


@attack("CO-03")
def test_a_code_is_of_no_use_to_another_client(flow, authorizations):
    """RFC 6749, section 4.1.3; the other one knows all that the first one knows."""
    other = authorizations(user=flow.user)

    assert_worthless(other.redeem(flow.code()))


@attack("CO-03")
def test_another_clients_attempt_does_not_take_the_code_away(flow, authorizations):
    """Or else anybody who saw a code could keep people from signing in."""
    code = flow.code()
    authorizations().redeem(code)

    assert flow.redeem(code).status_code == 200


@attack("CO-03")
def test_a_code_of_a_confidential_client_is_of_no_use_without_its_secret(flow, client):
    """The public form of authentication is not for clients that have a secret."""
    form = {"grant_type": "authorization_code", "code": flow.code(), "redirect_uri": REDIRECT_URI}

    answer = client.post("/oauth2/token", data=form | {"client_id": flow.client_id})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def _damaged(code: str) -> list[str]:
    """The code with one letter changed at many places, cut, extended, and put together anew."""
    changed = [
        code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1 :]
        for place in range(0, len(code) - 1, 9)
    ]
    half = len(code) // 2
    return [*changed, code[:-4], code + "AAAA", code[half:] + code[:half], code[:-1] + "=", "A"]


@attack("CO-04")
def test_a_changed_code_is_none(flow):
    """CVE-2026-16089: what a code says must not be the client's to choose."""
    answers = [flow.redeem(code) for code in _damaged(flow.code())]

    for answer in answers:
        assert_worthless(answer)


@attack("CO-04")
def test_two_codes_cannot_be_put_together(flow, authorizations):
    first, second = flow.code(), authorizations(user=flow.user).code()

    answers = [flow.redeem(first[:place] + second[place:]) for place in range(8, 300, 40)]

    assert answers
    for answer in answers:
        assert_worthless(answer)


@attack("CO-04")
def test_what_is_sealed_for_a_page_is_no_code(authorizations):
    """Both are sealed by the same key, and each for its own purpose."""
    flow = authorizations(signed_in=False)
    carried = flow.authorize().location.partition("flow=")[2]
    posted = flow.post_form(flow.query()).location.partition("posted=")[2]

    for sealed in (carried, posted):
        assert_worthless(flow.redeem(sealed))


@attack("CO-04")
def test_a_code_is_nothing_that_a_page_goes_on_with(flow):
    """The same the other way round."""
    answer = flow.go(f"/oauth2/authorize?flow={flow.code()}")

    assert (answer.status, answer.location) == (400, None)


# For a minute -------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    """It stands still until a test moves it."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
def at_clock(clock, new_client, make_app):
    """A flow at a server that goes by ``clock``."""
    app, services = make_app(clock)
    return Authorizations(new_client(app), services)()


@attack("CO-05")
@pytest.mark.parametrize("seconds", [60, 61, 3600])
def test_a_code_does_not_work_after_its_minute(at_clock, clock, seconds):
    """RFC 6749, section 4.1.2; ASVS 5.0, 10.4.3."""
    code = at_clock.code()
    clock.advance(seconds)

    assert_worthless(at_clock.redeem(code))


@attack("CO-05")
def test_a_code_works_within_its_minute(at_clock, clock):
    code = at_clock.code()
    clock.advance(58)

    assert at_clock.redeem(code).status_code == 200


@attack("CO-05")
def test_no_installation_makes_codes_that_live_longer_than_ten_minutes(monkeypatch):
    """RFC 6749, section 4.1.2: the maximum that is recommended."""
    monkeypatch.setenv("AUTHSERVER_AUTHORIZATION_CODE_TTL", "601")

    with pytest.raises(SettingsError, match="AUTHORIZATION_CODE_TTL"):
        load_settings()


# No second guess ----------------------------------------------------------------------------------


@attack("CO-07")
@pytest.mark.parametrize(
    "wrong",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://app.example/"},
    ],
)
def test_one_wrong_proof_uses_the_code_up(flow, wrong):
    """RFC 7636, section 7: nobody gets to guess twice."""
    code = flow.code()
    assert_worthless(flow.redeem(code, **wrong))

    assert_worthless(flow.redeem(code))


@attack("CO-09")
@pytest.mark.parametrize("act", ["disable", "delete"])
def test_who_is_disabled_or_deleted_meanwhile_gets_no_token(flow, services, act):
    """GHSA-wv3h-x6c4-r867."""
    code = flow.code()
    getattr(services.get(UserService), act)(SYSTEM, None, flow.user.id)

    assert_worthless(flow.redeem(code))
