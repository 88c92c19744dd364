"""The form of standard claims (OpenID Connect Core 1.0, section 5.1)."""

import pytest

from authserver.errors import Invalid
from authserver.users.standard_claims import MAX_BYTES, READERS, merged, read_claims


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("given_name", "Zoë"),
        ("preferred_username", "j.doe+1"),
        ("profile", "https://example.com/~una?tab=1#top"),
        ("picture", "http://example.com/a%20b.png"),
        ("website", "https://[2001:db8::1]:8443/"),
        ("gender", "female"),
        ("birthdate", "1990-02-28"),
        ("birthdate", "0000-02-29"),
        ("birthdate", "1990"),
        ("zoneinfo", "Europe/Paris"),
        ("zoneinfo", "America/Argentina/Buenos_Aires"),
        ("zoneinfo", "UTC"),
        ("zoneinfo", "Etc/GMT+5"),
        ("locale", "en"),
        ("locale", "zh-Hant-TW"),
        ("locale", "en_US"),
        ("phone_number", "+15555550123"),
        ("phone_number", "+1555555012;ext=5678"),
        ("phone_number_verified", True),
        ("address", {"street_address": "1 Main St\nFlat 2", "country": "FR"}),
        ("nickname", None),
    ],
)
def test_good_values_stay_as_they_are(name, value):
    assert read_claims({name: value}) == {name: value}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("given_name", ""),
        ("given_name", "   "),
        ("given_name", "x" * 256),
        ("given_name", "a\nb"),
        ("given_name", "a\x00b"),
        ("given_name", "\ud800"),
        ("given_name", 1),
        ("given_name", ["Una"]),
        ("profile", "javascript:alert(1)"),
        ("profile", "//example.com"),
        ("profile", "https://"),
        ("profile", "https:///path"),
        ("profile", "https://exa mple.com"),
        ("profile", 'https://example.com/"onload="x'),
        ("picture", "data:image/png;base64,AAAA"),
        ("picture", "https://[::1"),
        ("website", "https://example.com/\n"),
        ("website", "https://example.com/" + "x" * 1024),
        ("birthdate", "1990-02-30"),
        ("birthdate", "1990-2-3"),
        ("birthdate", "90"),
        ("birthdate", "0000"),
        ("birthdate", "1990-13-01"),
        ("birthdate", "\uff11\uff19\uff19\uff10"),
        ("birthdate", 1990),
        ("zoneinfo", "Europe/Paris/x/y"),
        ("zoneinfo", "../../etc/passwd"),
        ("zoneinfo", "+02:00"),
        ("locale", "e"),
        ("locale", "en--US"),
        ("locale", "en US"),
        ("phone_number", "0123456"),
        ("phone_number", "+0123456"),
        ("phone_number", "+1 555 555 0123"),
        ("phone_number", "+1234567890123456"),
        ("phone_number_verified", "true"),
        ("phone_number_verified", 1),
        ("address", "1 Main St"),
        ("address", {}),
        ("address", {"city": "Paris"}),
        ("address", {"country": 1}),
        ("address", {"country": "F\nR"}),
        ("email_verified", True),
        ("sub", "x"),
        ("admin", True),
    ],
)
def test_bad_values_are_refused(name, value):
    with pytest.raises(Invalid) as caught:
        read_claims({name: value})

    [sentence] = caught.value.fields["profile"]
    assert "Expected" in sentence


@pytest.mark.parametrize("claims", [None, [], "x", 1])
def test_claims_are_an_object(claims):
    with pytest.raises(Invalid):
        read_claims(claims)


def test_all_mistakes_are_told_at_once_and_none_of_them_is_repeated():
    with pytest.raises(Invalid) as caught:
        read_claims({"birthdate": "<secret>", "locale": "<secret>", "<secret>": 1})

    sentences = caught.value.fields["profile"]
    assert [sentence.split(":")[0] for sentence in sentences[:2]] == ["birthdate", "locale"]
    assert len(sentences) == 3
    assert "secret" not in str(sentences)


def test_texts_have_one_spelling():
    assert read_claims({"given_name": " Zoe\u0308 "}) == {"given_name": "Zoë"}


def test_parts_of_an_address_that_are_null_are_not_there():
    claims = read_claims({"address": {"country": "FR", "region": None}})

    assert claims == {"address": {"country": "FR"}}


# Changes ------------------------------------------------------------------------------------------


def test_what_is_not_sent_stays_and_null_takes_away():
    """RFC 7396."""
    present = {"nickname": "U", "locale": "fr"}

    assert merged(present, {"locale": None, "gender": "x"}) == {"nickname": "U", "gender": "x"}


def test_an_address_is_replaced_as_a_whole():
    present = {"address": {"country": "FR", "locality": "Paris"}}

    assert merged(present, {"address": {"country": "DE"}}) == {"address": {"country": "DE"}}


NUMBER, OTHER = "+15555550123", "+15555550124"
VERIFIED = {"phone_number": NUMBER, "phone_number_verified": True}


def test_a_number_is_not_verified_at_first():
    assert merged({}, {"phone_number": NUMBER})["phone_number_verified"] is False


def test_a_new_number_is_not_verified_because_the_old_one_was():
    assert merged(VERIFIED, {"phone_number": OTHER})["phone_number_verified"] is False


def test_the_same_number_stays_verified():
    assert merged(VERIFIED, {"phone_number": NUMBER}) == VERIFIED


def test_who_may_say_so_says_it_with_the_number():
    changes = {"phone_number": OTHER, "phone_number_verified": True}

    assert merged(VERIFIED, changes) == changes


def test_without_a_number_there_is_nothing_to_verify():
    assert merged(VERIFIED, {"phone_number": None}) == {}
    assert merged({}, {"phone_number_verified": True}) == {}


def test_all_claims_together_have_a_limit():
    """An ID token that carries them must still fit into a URL."""
    url = "https://example.com/" + "x" * 1000
    many = dict.fromkeys(["profile", "picture", "website"], url)
    text = dict.fromkeys([name for name in READERS if name.endswith("name")], "ü" * 250)

    with pytest.raises(Invalid, match="malformed") as caught:
        merged(many, text)
    assert str(MAX_BYTES) in caught.value.fields["profile"][0]
