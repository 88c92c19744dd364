"""Sessions under whatever sequence of events: a model, and the server beside it.

protocol.md, "Sessions": at most one successor; all who succeed with one token get the same one;
reuse ends the session for ever; what is dead stays dead, and so do its access tokens.
"""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from authserver.actor import SYSTEM
from authserver.roles.service import RoleService
from authserver.storage.db import Database
from authserver.users.service import UserService
from authserver.wiring import Services
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import UserFactory
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows, session_id_of

LEEWAY = 10
WHICH = st.integers(0, 2)


@dataclass
class Session:
    """What the model knows of a session: its refresh tokens in order, and what came with them."""

    tokens: list[str]
    access_tokens: list[str]
    alive: bool = True
    rotated: float = 0.0
    successors: dict[str, set[str]] = field(default_factory=dict)


class Refreshing(RuleBasedStateMachine):
    """One user at one client, and a clock that the model moves."""

    services: Services
    http: FlaskClient
    credentials: TestClient
    role_id: UUID

    def __init__(self) -> None:
        super().__init__()
        self.rows = SessionRows(self.services.get(Database))
        self.users, self.roles = self.services.get(UserService), self.services.get(RoleService)
        self.user = UserFactory(self.services)()
        self.party = RelyingParty(self.http, self.credentials)
        self.all: list[Session] = []
        self.enabled, self.is_editor, self.now = True, False, 0.0

    # What may happen; what has died is tried again at the end ------------------------------------

    @initialize()
    def sign_in_first(self) -> None:
        self._sign_in()

    @precondition(lambda self: self.enabled and len(self.living) < 3)
    @rule()
    def sign_in(self) -> None:
        self._sign_in()

    @precondition(lambda self: not self.enabled)
    @rule()
    def sign_in_while_disabled(self) -> None:
        assert self.party.password(self.user).json["error"] == "invalid_grant"

    @precondition(lambda self: self.living)
    @rule(which=WHICH, times=st.integers(1, 3))
    def refresh_with_the_latest_token(self, which: int, times: int) -> None:
        session = self._pick(which)
        for _ in range(times):
            session.tokens.append(self._refresh(session, session.tokens[-1]))
            session.rotated = self.now

    @precondition(lambda self: any(len(session.tokens) > 1 for session in self.living))
    @rule(which=WHICH, back=st.integers(1, 3), after=st.sampled_from([0, 4, LEEWAY]))
    def refresh_with_a_former_token(self, which: int, back: int, after: int) -> None:
        self._wait(after)
        session = self._pick(which, least=2)
        back = min(back, len(session.tokens) - 1)
        reuse = back > 1 or self.now - session.rotated >= LEEWAY
        session.alive = not reuse
        answer = self._refresh(session, session.tokens[-1 - back])
        assert answer == (None if reuse else session.tokens[-1])

    @precondition(lambda self: len(self.living) > 1)
    @rule(which=WHICH, token=st.integers(0, 5))
    def revoke(self, which: int, token: int) -> None:
        session = self._pick(which)
        assert self.party.revoke(session.tokens[token % len(session.tokens)]).status_code == 200
        session.alive = False

    @rule(seconds=st.sampled_from([4, 6, LEEWAY]))
    def time_passes(self, seconds: int) -> None:
        self._wait(seconds)

    @precondition(lambda self: not self.enabled or len(self.all) > 2)
    @rule()
    def disable_or_enable(self) -> None:
        change = self.users.disable if self.enabled else self.users.enable
        change(SYSTEM, None, self.user.id)
        self.enabled = not self.enabled
        for session in self.all:
            session.alive = False

    @rule()
    def change_role(self) -> None:
        change = self.roles.unassign if self.is_editor else self.roles.assign
        change(SYSTEM, None, self.user.id, self.role_id)
        self.is_editor = not self.is_editor

    # What always holds ---------------------------------------------------------------------------

    @invariant()
    def access_tokens_live_as_long_as_their_session(self) -> None:
        for session in self.all:
            for token in {session.access_tokens[0], session.access_tokens[-1]}:
                assert self.party.introspect(token).json["active"] is session.alive

    @invariant()
    def no_token_has_two_successors(self) -> None:
        for session in self.all:
            assert all(len(found) == 1 for found in session.successors.values())
            assert len(set(session.tokens)) == len(session.tokens)

    @invariant()
    def only_the_latest_token_is_active(self) -> None:
        for session in self.all:
            for token in session.tokens[-2:]:
                active = session.alive and token == session.tokens[-1]
                assert self.party.introspect(token).json["active"] is active

    def teardown(self) -> None:
        """What has ended stays ended, whatever happens afterwards."""
        dead = [session for session in self.all if not session.alive]
        if dead and not self.enabled:
            self.disable_or_enable()
        for session in dead:
            for token in session.tokens:
                assert self._refresh(session, token) is None

    # The steps -----------------------------------------------------------------------------------

    def _wait(self, seconds: int) -> None:
        for session in self.all:
            self.rows.age(session_id_of(session.tokens[0]), seconds)
        self.now += seconds

    @property
    def living(self) -> list[Session]:
        return [session for session in self.all if session.alive]

    def _pick(self, which: int, least: int = 1) -> Session:
        """One of the living sessions that have had so many tokens at least."""
        candidates = [session for session in self.living if len(session.tokens) >= least]
        return candidates[which % len(candidates)]

    def _sign_in(self) -> None:
        answer = self.party.password(self.user).json
        session = Session([answer["refresh_token"]], [answer["access_token"]], rotated=self.now)
        self.all.append(session)

    def _refresh(self, session: Session, token: str) -> str | None:
        """The successor that the server gave; it must give one exactly when the session lives."""
        answer = self.party.refresh(token)
        assert (answer.status_code == 200) is session.alive, answer.text
        if answer.status_code != 200:
            assert answer.json["error"] == "invalid_grant"
            return None
        successor = str(answer.json["refresh_token"])
        session.successors.setdefault(token, set()).add(successor)
        session.access_tokens.append(answer.json["access_token"])
        roles = payload_of(answer.json["access_token"])["roles"]
        assert roles == (["editor", "user"] if self.is_editor else ["user"])
        return successor


@pytest.fixture
def machine(services: Services, client: FlaskClient, make_client: ClientFactory) -> type:
    role = services.get(RoleService).create(SYSTEM, None, "editor")
    members = {
        "services": services,
        "http": client,
        "credentials": make_client(),
        "role_id": role.id,
    }
    return type("Machine", (Refreshing,), members)


def test_sessions_hold_their_promises_whatever_happens(machine):
    """protocol.md, Sessions; RFC 9700, section 4.14.2."""
    case = machine.TestCase
    case.settings = settings(
        max_examples=40,
        # A failure is told as it was found: to make it shorter takes minutes.
        phases=[Phase.generate],
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    case("runTest").runTest()
