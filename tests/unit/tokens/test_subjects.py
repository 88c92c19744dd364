"""What people are called at clients (OpenID Connect Core 1.0, section 8)."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from authserver.tokens.subjects import Subjects

UNA, BEN = UUID(int=1), UUID(int=2)
SUBJECTS = Subjects(lambda: b"k" * 32)


def pairwise(*redirect_uris: str, sector: str | None = None, client_id: str = "web"):
    return SimpleNamespace(
        client_id=client_id,
        subject_type="pairwise",
        sector_identifier_uri=sector,
        redirect_uris=redirect_uris,
    )


A, B = pairwise("https://a.example/cb"), pairwise("https://b.example/cb")


def test_a_public_subject_is_the_id_of_the_user():
    public = SimpleNamespace(subject_type="public")

    assert SUBJECTS.of(public, UNA) == str(UNA)


def test_a_pairwise_subject_tells_nothing_of_the_user():
    """Section 8.1: it must not be reversible by anybody but us."""
    subject = SUBJECTS.of(A, UNA)

    assert len(subject) == 43
    assert UNA.hex not in subject
    assert Subjects(lambda: b"x" * 32).of(A, UNA) != subject


def test_a_pairwise_subject_is_the_same_each_time():
    assert SUBJECTS.of(A, UNA) == SUBJECTS.of(A, UNA)


def test_two_sectors_know_two_subjects():
    assert SUBJECTS.of(A, UNA) != SUBJECTS.of(B, UNA)


def test_two_people_are_two_subjects():
    assert SUBJECTS.of(A, UNA) != SUBJECTS.of(A, BEN)


@pytest.mark.parametrize(
    "other",
    [
        pairwise("https://a.example/other", "https://A.example:8443/third", client_id="spa"),
        pairwise("https://b.example/cb", sector="https://a.example/uris.json"),
        pairwise("https://b.example/", "https://c.example/", sector="https://a.example/uris.json"),
    ],
)
def test_clients_of_one_sector_know_one_subject(other):
    """Section 8.1: the host of the sector_identifier_uri, or that of the redirect URIs."""
    assert SUBJECTS.of(other, UNA) == SUBJECTS.of(A, UNA)


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("com.example.app:/cb",),
        ("com.example.app://a.example/cb",),
        ("http://localhost:8080/cb",),
        ("https://127.0.0.1/cb",),
        ("http://[::1]/cb",),
        ("https://a.test/", "https://b.test/"),
    ],
)
def test_a_client_without_a_host_of_its_own_is_a_sector_of_its_own(uris):
    """Or else anybody could move in: these addresses belong to nobody."""
    one, two = pairwise(*uris, client_id="one"), pairwise(*uris, client_id="two")

    assert len({SUBJECTS.of(client, UNA) for client in (one, two, A)}) == 3


def test_no_client_becomes_another_sector_by_its_id():
    imitator = pairwise(client_id="a.example")

    assert SUBJECTS.of(imitator, UNA) != SUBJECTS.of(A, UNA)


def test_a_sign_in_has_another_name_at_each_client():
    """Back-Channel Logout 1.0, section 2.1: what two clients know must not lead to one another."""
    assert SUBJECTS.sid("web", UNA) != SUBJECTS.sid("spa", UNA)
    assert SUBJECTS.sid("web", UNA) != SUBJECTS.sid("web", BEN)
    assert SUBJECTS.sid("web", UNA) == SUBJECTS.sid("web", UNA)
    assert len(SUBJECTS.sid("web", UNA)) == 22


def test_a_subject_and_a_sid_are_never_the_same():
    client = pairwise("https://web/")

    assert not SUBJECTS.of(client, UNA).startswith(SUBJECTS.sid("web", UNA))


def test_the_secret_is_not_shown():
    assert "kkk" not in repr(SUBJECTS)
