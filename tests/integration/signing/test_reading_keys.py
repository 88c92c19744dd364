import orjson
import pytest
from sqlalchemy import create_engine, text

from authserver.actor import SYSTEM
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.errors import Unavailable
from authserver.signing.keys import SigningKeysError
from authserver.signing.keystores import AesGcmKeyStore, KeyStoreError
from authserver.signing.repository import SigningKeyRepository
from authserver.storage.base import Base
from authserver.storage.db import open_database


def execute(database, statement, **values):
    with database.transaction() as tx:
        tx.execute(text(statement), values)


@pytest.fixture(scope="module")
def mortal_server(tmp_path_factory):
    """A PostgreSQL of our own, that we may stop.

    In good order: children of one that was killed may answer for another moment.
    """
    with EmbeddedPostgres(tmp_path_factory.mktemp("mortal")) as server:
        yield server


@pytest.fixture
def mortal_database(mortal_server):
    engine = create_engine(mortal_server.url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
    database = open_database(mortal_server.url, 4)
    yield database
    database.close()


# At the start -------------------------------------------------------------------------------------


def test_an_empty_table_stops_the_start_and_says_what_to_run(make_service):
    with pytest.raises(SigningKeysError, match="authserver bootstrap"):
        make_service().ring()


def test_a_missing_table_stops_the_start_and_says_what_to_run(make_service, mortal_database):
    execute(mortal_database, "DROP TABLE signing_keys")

    with pytest.raises(SigningKeysError, match="authserver migrate"):
        make_service(database=mortal_database).ring()


def test_a_wrong_key_encryption_key_stops_the_start_and_names_the_setting(signing, make_service):
    with pytest.raises(KeyStoreError, match="AUTHSERVER_KEY_ENCRYPTION_KEY"):
        make_service(key_store=AesGcmKeyStore(b"\x01" * 32)).ring()


def test_a_damaged_private_part_stops_the_start(signing, make_service, database):
    """KT-07."""
    execute(database, "UPDATE signing_keys SET sealed = substr(sealed, 1, 40)")

    with pytest.raises(KeyStoreError, match="restore the table signing_keys"):
        make_service().ring()


def test_a_public_part_of_another_key_stops_the_start(signing, make_service, database):
    """KT-07."""
    kid = signing.signing_key("ES256").kid
    execute(
        database,
        "UPDATE signing_keys SET"
        " public_jwk = jsonb_set(public_jwk, '{x}', to_jsonb(CAST(:x AS text))) WHERE kid = :kid",
        x="A" * 43,
        kid=kid,
    )

    with pytest.raises(SigningKeysError, match=f"{kid} does not belong"):
        make_service().ring()


def test_a_damaged_key_that_has_expired_does_not_stop_the_start(
    signing, make_service, database, clock
):
    former = signing.signing_key("ES256").kid
    signing.rotate(SYSTEM)
    execute(database, "UPDATE signing_keys SET sealed = '' WHERE kid = :kid", kid=former)
    clock.advance(2 * 86_400)

    ring = make_service().ring()

    assert ring.find(former) is None


def test_an_operator_may_look_at_keys_that_do_not_open(signing, make_service):
    stranger = make_service(key_store=AesGcmKeyStore(b"\x01" * 32))

    assert stranger.list_keys() == signing.list_keys()


def test_a_dead_database_at_the_start_is_told(make_service, mortal_server, mortal_database):
    mortal_server.stop()

    try:
        with pytest.raises(Unavailable):
            make_service(database=mortal_database).ring()
    finally:
        mortal_server.start()


# While running ------------------------------------------------------------------------------------


def test_the_ring_survives_a_dead_database(make_service, mortal_server, mortal_database, monotonic):
    """FT-04."""
    service = make_service(database=mortal_database)
    service.ensure_keys(SYSTEM)
    kid, document = service.signing_key("ES256").kid, service.jwks()
    mortal_server.stop()

    try:
        monotonic.seconds += 60
        survived = (service.signing_key("ES256").kid, service.jwks())
        with pytest.raises(Unavailable):
            service.list_keys()
    finally:
        mortal_server.start()

    assert survived == (kid, document)


def test_the_ring_is_read_again_when_the_database_returns(
    make_service, mortal_server, mortal_database, monotonic
):
    service, other = (make_service(database=mortal_database) for _ in range(2))
    service.ensure_keys(SYSTEM)
    service.ring()
    mortal_server.stop()
    monotonic.seconds += 60
    service.ring()

    mortal_server.start()
    other.rotate(SYSTEM)
    monotonic.seconds += 2

    assert service.signing_key("ES256").kid == other.signing_key("ES256").kid


def test_damage_does_not_take_the_keys_of_a_running_process(signing, database, monotonic):
    """KT-07: a running process keeps its last good key."""
    kid = signing.signing_key("ES256").kid
    execute(database, "UPDATE signing_keys SET sealed = '', public_jwk = NULL")
    monotonic.seconds += 60

    assert signing.signing_key("ES256").kid == kid


def test_an_emptied_table_does_not_take_the_keys_of_a_running_process(signing, database, monotonic):
    kid = signing.signing_key("ES256").kid
    execute(database, "DELETE FROM signing_keys")
    monotonic.seconds += 60

    assert signing.signing_key("ES256").kid == kid


def test_another_process_obeys_a_rotation_within_two_seconds(signing, make_service, monotonic):
    other = make_service()
    other.ring()
    signing.rotate(SYSTEM)

    monotonic.seconds += 2

    assert other.signing_key("ES256").kid == signing.signing_key("ES256").kid


def test_keys_that_have_not_changed_are_the_same_ring(signing, monotonic):
    """So that the JWKS stays the same bytes and nothing is opened twice."""
    ring, document = signing.ring(), signing.jwks()
    monotonic.seconds += 2

    assert signing.ring() is ring
    assert signing.jwks() is document


def test_a_key_is_opened_once(signing, monotonic):
    former = signing.signing_key("ES256")
    signing.rotate(SYSTEM)

    retired = signing.verification_key(former.kid, "token")

    assert retired.expires_at is not None
    assert retired.private is former.private


def test_a_key_read_too_late_is_found_when_somebody_shows_a_token_of_it(
    signing, make_service, monotonic
):
    """A process that could not read the keys for a while still accepts what its siblings sign."""
    other = make_service()
    other.ring()
    signing.rotate(SYSTEM)
    (new,) = [
        key.kid for key in signing.list_keys() if (key.purpose, key.state) == ("token", "next")
    ]
    monotonic.seconds += 1

    assert other.verification_key(new, "token").kid == new


def test_unknown_kids_cost_one_reading_a_second(signing, make_service, monotonic):
    """JW-10, DO: a flood of invented ids does not become a flood of queries."""
    readings = []

    class Counting(SigningKeyRepository):
        def read(self, database):
            readings.append(monotonic.seconds)
            return super().read(database)

    service = make_service(keys=Counting())
    for hundredth in range(300):
        monotonic.seconds = hundredth / 100
        service.verification_key(f"invented-{hundredth}", "token")

    assert len(readings) == 3


@pytest.mark.parametrize("kid", [None, 7, {"a": 1}, ["k"], "", "\x00", "../../keys/private.pem"])
def test_a_kid_that_nobody_has_verifies_nothing(signing, kid):
    """JW-10."""
    assert signing.verification_key(kid, "token") is None


def test_a_key_of_one_purpose_verifies_nothing_of_the_other(signing):
    """A refresh token is not an access token, whatever it says of itself."""
    assert signing.verification_key(signing.refresh_key().kid, "token") is None
    assert signing.verification_key(signing.signing_key("ES256").kid, "refresh") is None


def test_the_jwks_holds_no_secret(signing):
    """OI-05."""
    keys = orjson.loads(signing.jwks())["keys"]

    assert {key["kty"] for key in keys} == {"EC"}
    assert {name for key in keys for name in key} == {"alg", "crv", "kid", "kty", "use", "x", "y"}
