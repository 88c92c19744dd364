"""A primary that has just been demoted: it answers, and it refuses to write."""

from collections.abc import Callable, Iterator

import pytest
from flask.testing import FlaskClient

from authserver.app import create_app
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.wiring import Services, build
from tests.factories.users import TestUser, UserFactory
from tests.support.first_party import FirstParty


@pytest.fixture
def user(make_user: UserFactory) -> TestUser:
    return make_user()


@pytest.fixture
def demoted(make_settings: Callable[..., Settings], services: Services) -> Iterator[FlaskClient]:
    """The application on the same database, which writes nothing any more."""
    url = f"{services.settings.database_url}&options=-c%20default_transaction_read_only%3Don"
    settings = make_settings(database_url=url)
    wired = build(settings)
    yield create_app(settings, wired).test_client()
    wired.get(Database).close()


def test_a_sign_in_at_a_demoted_primary_is_told_to_come_back(
    demoted: FlaskClient, user: TestUser
) -> None:
    """security.md, R3: an outage of PostgreSQL is 503, in whichever words it says so."""
    answer = FirstParty(demoted).log_in(user)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_registration_at_a_demoted_primary_is_told_to_come_back(demoted: FlaskClient) -> None:
    account = {"email": "new@example.com", "password": "correct horse battery staple"}

    answer = demoted.post("/api/auth/register", json=account)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_refresh_at_a_demoted_primary_is_told_to_come_back(
    demoted: FlaskClient, client: FlaskClient, user: TestUser
) -> None:
    token = FirstParty(client).log_in(user).json["refreshToken"]

    answer = FirstParty(demoted).refresh(token)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
