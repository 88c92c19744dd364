"""PostgreSQL ends one of two transactions in each other's way: who comes again succeeds."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.relying_party import RelyingParty

_FAULT = """
CREATE FUNCTION in_the_way() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$;
CREATE TRIGGER in_the_way BEFORE INSERT OR UPDATE ON sessions
FOR EACH ROW EXECUTE FUNCTION in_the_way();
"""


@pytest.fixture
def in_the_way(services: Services) -> Iterator[Callable[[str], None]]:
    """``in_the_way("40P01")``: whoever writes a session fails so, until ``in_the_way("")``."""

    def begin(state: str) -> None:
        with services.get(Database).transaction() as tx:
            tx.execute(text("DROP FUNCTION IF EXISTS in_the_way CASCADE"))
            if state:
                tx.execute(text(_FAULT.format(state=state)))

    yield begin
    begin("")


@attack("FT-10")
@pytest.mark.parametrize("state", ["40001", "40P01"], ids=["serialization", "deadlock"])
def test_a_conflict_is_told_to_come_back_and_spends_nothing(
    app: Flask, services: Services, in_the_way: Callable[[str], None], state: str
) -> None:
    """We try once: no statement of ours waits for two rows in turn, and who is refused may come
    again, with the same refresh token."""
    party = RelyingParty(app.test_client(), ClientFactory(services)())
    user = UserFactory(services)()
    token = party.password(user).json["refresh_token"]
    in_the_way(state)

    refused = [party.refresh(token), party.password(user)]
    in_the_way("")
    again = party.refresh(token)

    assert [answer.status_code for answer in refused] == [503, 503]
    assert [answer.headers["Retry-After"] for answer in refused] == ["1", "1"]
    assert again.status_code == 200
