"""``authserver session``."""

from uuid import uuid4

from authserver.actor import SYSTEM
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.service import BrowserSessionService
from authserver.wiring import Services
from tests.cli.conftest import Cli
from tests.factories.users import UserFactory
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import session_id_of


def test_a_session_that_was_ended_by_command_is_over(
    cli: Cli, relying_party: RelyingParty, make_user: UserFactory
) -> None:
    tokens = relying_party.password(make_user()).json
    session_id = str(session_id_of(tokens["refresh_token"]))

    done = cli("session", "end", session_id, "--output", "json").json

    assert done == {"id": session_id, "ended": True}
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 400


def test_ending_a_session_that_nobody_has_is_refused(cli: Cli) -> None:
    """A mistyped id must not look like a success."""
    answer = cli("session", "end", str(uuid4()), "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "session_not_found"


def test_a_browser_is_listed_and_signed_out_by_command(
    cli: Cli, services: Services, make_user: UserFactory
) -> None:
    user = make_user()
    session, cookie = services.get(SingleSignOn).sign_in(user.email, user.password, None, SYSTEM)

    listed = cli("session", "list", "--user", user.email, "--browsers", "--output", "json").json
    done = cli("session", "end", str(session.id), "--output", "json").json

    assert [item["id"] for item in listed] == [str(session.id)]
    assert done == {"id": str(session.id), "ended": True}
    assert services.get(BrowserSessionService).find_all(cookie) == ()


def test_to_end_all_sessions_of_a_user_signs_out_of_browsers_too(
    cli: Cli, services: Services, relying_party: RelyingParty, make_user: UserFactory
) -> None:
    user = make_user()
    relying_party.password(user)
    _, cookie = services.get(SingleSignOn).sign_in(user.email, user.password, None, SYSTEM)

    done = cli("session", "end", "--user", user.email, "--yes", "--output", "json").json

    assert done == {"user_id": str(user.id), "ended": 2}
    assert services.get(BrowserSessionService).find_all(cookie) == ()
