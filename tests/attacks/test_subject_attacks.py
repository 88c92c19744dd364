"""Rows OI-16 and OI-17: what people are called, for good and by nobody else's name."""

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.support.internet import answer_with, internet  # noqa: F401 - a fixture
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import bearer

NEW = ("new@example.com", "correct horse battery staple")


@pytest.fixture
def users(services):
    return services.get(UserService)


@attack("OI-16")
def test_the_subject_stays_when_the_address_changes(flow, users):
    """ASVS 10.5.2 and 10.3.3."""
    before = payload_of(flow.tokens()["id_token"])["sub"]

    users.update(SYSTEM, None, flow.user.id, None, {"email": "other@example.com"})

    after = payload_of(flow.tokens()["id_token"])["sub"]
    assert after == before
    assert "@" not in before


@attack("OI-16")
def test_the_subject_is_never_given_to_somebody_else(party, users):
    """Who takes over an address takes over no account of the one before."""
    relying_party = party()
    subjects = []
    for _ in range(2):
        user = users.create(SYSTEM, None, *NEW)
        answer = relying_party.token(grant_type="password", username=NEW[0], password=NEW[1])
        subjects.append(payload_of(answer.json["id_token"])["sub"])
        users.delete(SYSTEM, None, user.id)

    assert len(set(subjects)) == 2


@attack("OI-17")
def test_two_sectors_cannot_find_out_that_they_know_one_person(authorizations, user):
    """Core, section 8.1."""
    told = []
    for host in ("a.example", "a.example", "b.example"):
        uri = f"https://{host}/cb"
        flow = authorizations(
            user=user,
            redirect_uris=[uri],
            subject_type="pairwise",
            parameters={"redirect_uri": uri},
        )
        claims = payload_of(flow.tokens(scope="openid profile email")["id_token"])
        told.append({claims["sub"], claims["sid"]})

    one, same_sector, other = told
    assert len(one & same_sector) == 1
    assert not one & other
    assert str(user.id) not in str(told)


@pytest.fixture
def register(internet, make_app, new_client, admin_token):  # noqa: F811 - the fixture
    """``register(listed)``: what becomes of a client whose sector lists these redirect URIs."""

    def register(listed):
        site = internet.site("sector.example", answer_with(listed))
        http = new_client(make_app()[0])
        members = in_sector(site.url("/uris.json"))
        return http.post("/api/clients", json=members, headers=bearer(admin_token)), site

    return register


def in_sector(address):
    return {
        "client_name": "A",
        "redirect_uris": ["https://a.example/cb"],
        "subject_type": "pairwise",
        "sector_identifier_uri": address,
    }


@attack("OI-17")
@pytest.mark.parametrize(
    ("listed", "sentence"),
    [
        (b'["https://b.example/cb"]', "lacks some of the redirect URIs"),
        (b'["https://a.example/cb/"]', "lacks some of the redirect URIs"),
        (b'{"https://a.example/cb": 1}', "Expected a JSON list"),
        (b'"https://a.example/cb"', "Expected a JSON list"),
        (b"not JSON", "Expected a JSON list"),
    ],
)
def test_nobody_moves_into_a_sector_that_does_not_list_them(register, listed, sentence):
    """Registration 1.0, section 5; conformance suite, oidcc-registration-sector-bad."""
    answer, site = register(listed)

    assert answer.status_code == 400
    assert sentence in answer.json["errors"]["sector_identifier_uri"][0]
    assert site.requests == ["/uris.json"]


@attack("OI-17")
def test_a_sector_that_lists_the_client_is_asked_once(register):
    answer, site = register(b'["https://a.example/cb", "https://b.example/cb"]')

    assert answer.status_code == 201
    assert site.requests == ["/uris.json"]


@attack("OI-17")
def test_a_sector_without_tls_is_none(client, admin_token):
    members = in_sector("http://sector.example/uris")

    answer = client.post("/api/clients", json=members, headers=bearer(admin_token))

    assert answer.status_code == 400
