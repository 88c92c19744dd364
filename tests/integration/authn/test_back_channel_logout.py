"""Notices to clients (OpenID Connect Back-Channel Logout 1.0), by the worker to a real server."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import jwt
import pytest
from flask import Flask
from joserfc.jwk import ECKey
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.authn.sign_out import SignOutService
from authserver.clients.service import ClientService
from authserver.jobs import jobs
from authserver.storage.db import Database
from authserver.storage.job_worker import JobWorker
from authserver.users.service import UserService
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.conftest import ISSUER
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser
from tests.support.browsers import Grants, TestBrowser, make_party
from tests.support.id_tokens import IdTokenVerifier, decrypt
from tests.support.logout_receiver import LogoutReceiver, logout_receiver

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as receiver:
        yield receiver


@pytest.fixture
def installation(make_app: Callable[..., tuple[Flask, Services]]) -> tuple[Flask, Services]:
    """A server that may call servers of this machine."""
    return make_app(outbound_allowed_hosts=["127.0.0.1"])


@pytest.fixture
def browser(installation: tuple[Flask, Services]) -> TestBrowser:
    return TestBrowser(*installation)


@pytest.fixture
def work(installation: tuple[Flask, Services]) -> Callable[[], None]:
    """Do all jobs that are due."""
    _, services = installation
    worker = JobWorker(services.settings.database_url, jobs(services))
    return worker.run_until_empty


@pytest.fixture
def party(make_client, receiver):
    """``party(...)``: a client with a back channel; more metadata by name."""
    return lambda **metadata: make_party(
        make_client, **({"backchannel_logout_uri": receiver.uri} | metadata)
    )


@pytest.fixture
def user(make_user) -> TestUser:
    return make_user()


def sign_out(browser: TestBrowser, grants: Grants) -> None:
    assert browser.end_session(id_token_hint=grants.id_token).status_code == 200


def read(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def queue(services: Services) -> list[Any]:
    query = "SELECT status::text, attempts FROM procrastinate_jobs ORDER BY id"
    with services.get(Database).transaction() as tx:
        return [tuple(row) for row in tx.execute(text(query))]


# What a client gets ------------------------------------------------------------------------------


def test_a_sign_out_reaches_a_client_that_took_part(browser, user, party, receiver, work):
    browser.sign_in(user)
    sign_out(browser, browser.join(party()))

    work()

    assert len(receiver.tokens) == 1
    assert receiver.content_types == ["application/x-www-form-urlencoded"]
    assert receiver.forms[0].keys() == {"logout_token"}


def test_the_token_is_what_section_2_4_wants(browser, user, party, receiver, work):
    client = party()
    browser.sign_in(user)
    grants = browser.join(client)
    sign_out(browser, grants)
    work()

    verifier = IdTokenVerifier(browser.http, ISSUER, client.client_id)
    claims = verifier.claims(receiver.tokens[0])

    assert jwt.get_unverified_header(receiver.tokens[0])["typ"] == "logout+jwt"
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}
    assert claims["events"] == {EVENT: {}}
    assert claims["sub"] == str(user.id)
    assert claims["sid"] == read(grants.id_token)["sid"]
    assert 0 < claims["exp"] - claims["iat"] <= 120


def test_it_is_made_when_it_is_sent(browser, user, party, receiver, work, installation):
    """After an hour of retries it is as good as new, and each has an id of its own."""
    receiver.statuses = [503]
    browser.sign_in(user)
    sign_out(browser, browser.join(party()))
    work()
    due_now(installation[1])

    work()

    first, second = map(read, receiver.tokens)
    assert first["jti"] != second["jti"]


def due_now(services: Services) -> None:
    with services.get(Database).transaction() as tx:
        tx.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))


@pytest.mark.parametrize("algorithm", ["ES256", "HS256"])
def test_it_is_signed_as_the_id_tokens_of_the_client_are(
    browser, user, party, receiver, work, algorithm
):
    client = party(id_token_signed_response_alg=algorithm)
    browser.sign_in(user)
    sign_out(browser, browser.join(client))

    work()

    verifier = IdTokenVerifier(browser.http, ISSUER, client.client_id, client.secret)
    assert verifier.claims(receiver.tokens[0], algorithm)["aud"] == client.client_id


def test_what_nobody_signed_ends_no_session(make_app, make_client, user, receiver):
    """Section 2.6: a client whose ID tokens are unsigned gets signed logout tokens all the same."""
    app, services = make_app(outbound_allowed_hosts=["127.0.0.1"], unsigned_id_tokens=True)
    browser = TestBrowser(app, services)
    client = make_party(
        ClientFactory(services),
        backchannel_logout_uri=receiver.uri,
        id_token_signed_response_alg="none",
    )
    browser.sign_in(user)
    browser.join(client)
    services.get(SignOutService).sign_out_everywhere(user.id, "ended", SYSTEM)

    JobWorker(services.settings.database_url, jobs(services)).run_until_empty()

    verifier = IdTokenVerifier(browser.http, ISSUER, client.client_id)
    assert verifier.claims(receiver.tokens[0], "RS256")["aud"] == client.client_id


def test_it_is_encrypted_where_id_tokens_are(browser, user, party, receiver, work, installation):
    key = ECKey.generate_key("P-256", {"use": "enc", "kid": "enc"}, private=True)
    client = party(
        jwks={"keys": [key.as_dict(private=False)]}, id_token_encrypted_response_alg="ECDH-ES"
    )
    browser.sign_in(user)
    browser.join(client)
    installation[1].get(SignOutService).sign_out_everywhere(user.id, "ended", SYSTEM)

    work()

    _, nested = decrypt(receiver.tokens[0], key, "ECDH-ES", "A128CBC-HS256")
    assert jwt.get_unverified_header(nested)["typ"] == "logout+jwt"
    assert read(nested)["aud"] == client.client_id


def test_a_pairwise_client_knows_the_person_by_its_own_name(browser, user, party, receiver, work):
    browser.sign_in(user)
    grants = browser.join(party(subject_type="pairwise"))
    sign_out(browser, grants)

    work()

    assert read(receiver.tokens[0])["sub"] == read(grants.id_token)["sub"] != str(user.id)


# Who gets one ------------------------------------------------------------------------------------


def test_each_client_gets_one_and_only_its_own(browser, user, party, receiver, work):
    clients = [party(), party()]
    browser.sign_in(user)
    grants = [browser.join(client) for client in clients]
    browser.join(clients[0])
    sign_out(browser, grants[0])

    work()

    assert sorted(read(token)["aud"] for token in receiver.tokens) == sorted(
        client.client_id for client in clients
    )


def test_a_client_with_offline_access_is_told_as_well(browser, user, party, receiver, work):
    browser.sign_in(user)
    sign_out(browser, browser.join(party(), scope="openid offline_access"))

    work()

    assert len(receiver.tokens) == 1


def test_other_browsers_are_none_of_it(browser, user, party, receiver, work, installation):
    elsewhere = TestBrowser(*installation)
    elsewhere.sign_in(user)
    elsewhere.join(party())
    browser.sign_in(user)
    sign_out(browser, browser.join(party(backchannel_logout_uri=None)))

    work()

    assert receiver.tokens == []


@pytest.mark.parametrize(
    "shut_out",
    [
        lambda users, sign_outs, user_id: sign_outs.sign_out_everywhere(user_id, "ended", SYSTEM),
        lambda users, sign_outs, user_id: users.disable(SYSTEM, None, user_id),
        lambda users, sign_outs, user_id: users.delete(SYSTEM, None, user_id),
        lambda users, sign_outs, user_id: users.reset_password(
            SYSTEM, None, user_id, "another good pass phrase"
        ),
    ],
    ids=["ended everywhere", "disabled", "deleted", "password reset"],
)
def test_whoever_is_shut_out_is_signed_out_of_clients(
    browser, user, party, receiver, work, installation, shut_out
):
    browser.sign_in(user)
    grants = browser.join(party())
    _, services = installation

    shut_out(services.get(UserService), services.get(SignOutService), user.id)
    work()

    (token,) = receiver.tokens
    assert read(token)["sid"] == read(grants.id_token)["sid"]


def test_a_sign_out_that_does_not_happen_is_not_told(browser, user, party, installation):
    """The notice is left in the transaction of the sign-out."""
    _, services = installation
    browser.sign_in(user)
    browser.join(party())

    with suppress(ZeroDivisionError), services.get(Database).transaction() as tx:
        services.get(SignOutService).shut_out(tx, user.id, "never", SYSTEM)
        raise ZeroDivisionError

    assert queue(services) == []


# When it does not work ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_client_in_trouble_is_told_again_later(
    browser, user, party, receiver, work, installation, status
):
    receiver.statuses = [status]
    browser.sign_in(user)
    sign_out(browser, browser.join(party()))

    work()
    after_first = queue(installation[1])
    due_now(installation[1])
    work()

    assert after_first == [("todo", 1)]
    assert len(receiver.tokens) == 2
    assert queue(installation[1]) == []


@pytest.mark.parametrize("status", [400, 404, 302])
def test_a_client_that_refuses_is_left_alone(
    browser, user, party, receiver, work, installation, status
):
    """Section 2.8: 400 says that the token was understood and refused."""
    receiver.statuses = [status]
    browser.sign_in(user)
    sign_out(browser, browser.join(party()))

    work()

    assert [row[0] for row in queue(installation[1])] == ["failed"]


@attack("FT-26")
def test_a_client_that_is_not_there_is_told_again_later(browser, user, party, work, installation):
    browser.sign_in(user)
    sign_out(browser, browser.join(party(backchannel_logout_uri="http://127.0.0.1:9/")))

    work()

    assert queue(installation[1]) == [("todo", 1)]


@attack("FT-26")
def test_one_client_in_trouble_holds_no_other_up(browser, user, party, receiver, work):
    receiver.statuses = [500]
    clients = [party(), party()]
    browser.sign_in(user)
    grants = [browser.join(client) for client in clients]
    sign_out(browser, grants[0])

    work()

    assert len(receiver.tokens) == 2


def test_an_address_that_is_not_public_is_not_called(make_user, party, receiver, services, app):
    """Without the operator's word for it (CWE-918)."""
    browser = TestBrowser(app, services)
    browser.sign_in(make_user())
    sign_out(browser, browser.join(party()))

    JobWorker(services.settings.database_url, jobs(services)).run_until_empty()

    assert receiver.tokens == []
    assert [row[0] for row in queue(services)] == ["failed"]


def test_a_client_that_was_deleted_meanwhile_is_no_trouble(
    browser, user, party, receiver, work, installation
):
    client = party()
    browser.sign_in(user)
    sign_out(browser, browser.join(client))
    _, services = installation
    services.get(ClientService).delete(SYSTEM, client.client_id)

    work()

    assert receiver.tokens == []
    assert queue(services) == []
