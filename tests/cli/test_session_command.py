"""``authserver session end``."""

from uuid import uuid4

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
