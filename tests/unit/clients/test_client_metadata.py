"""What a client may register: RFC 7591, section 2."""

from typing import Any

import pytest

from authserver.clients.members import Supported
from authserver.clients.metadata import is_client_id, validate_metadata
from authserver.errors import InvalidClientMetadata, InvalidRedirectUri
from authserver.ids import new_id

SUPPORTED = Supported(
    grant_types=("authorization_code", "refresh_token", "client_credentials", "password"),
    signing_algorithms=("ES256", "RS256"),
)


def validated(**members: Any) -> dict[str, Any]:
    """The members of a web client with these changes; None takes one away."""
    web = {"client_name": "Web", "redirect_uris": ["https://app.example/cb"]}
    return validate_metadata(web | members, SUPPORTED)


def complaints(**members: Any) -> dict[str, list[str]]:
    """By member, the sentences that the rules answer with."""
    try:
        validated(**members)
    except (InvalidClientMetadata, InvalidRedirectUri) as error:
        return error.fields
    return {}


def test_a_client_without_grant_types_has_authorization_code():
    """RFC 7591, section 2."""
    assert validated()["grant_types"] == ["authorization_code"]


def test_a_client_without_a_method_authenticates_by_basic():
    """RFC 7591, section 2."""
    assert validated()["token_endpoint_auth_method"] == "client_secret_basic"


def test_the_response_type_follows_from_authorization_code():
    """RFC 7591, section 2.1."""
    assert validated()["response_types"] == ["code"]


def test_without_authorization_code_there_is_no_response_type():
    members = validated(grant_types=["client_credentials"], redirect_uris=[])

    assert members["response_types"] == []


def test_a_response_type_without_its_grant_type_is_refused():
    """RFC 7591, section 2.1."""
    problems = complaints(grant_types=["client_credentials"], response_types=["code"])

    assert list(problems) == ["response_types"]


def test_a_grant_type_that_the_server_lacks_is_refused():
    assert list(complaints(grant_types=["implicit"])) == ["grant_types"]


@pytest.mark.parametrize("method", ["tls_client_auth", "", "None", 1, ["none"]])
def test_a_method_that_the_server_lacks_is_refused(method):
    assert list(complaints(token_endpoint_auth_method=method)) == ["token_endpoint_auth_method"]


def test_a_public_client_cannot_have_client_credentials():
    """GR-12; RFC 6749, section 4.4."""
    problems = complaints(
        token_endpoint_auth_method="none", grant_types=["client_credentials"], redirect_uris=[]
    )

    assert list(problems) == ["grant_types"]


def test_a_public_client_cannot_be_a_resource_server():
    """RFC 7662, section 2.1: who introspects authenticates."""
    problems = complaints(token_endpoint_auth_method="none", resource_server=True)

    assert list(problems) == ["resource_server"]


@pytest.mark.parametrize("uris", [["https://*.example/cb"], ["*"]])
def test_a_wildcard_is_an_invalid_redirect_uri(uris):
    """RU-26; RFC 9700, section 4.1.1; RFC 7591, section 3.2.2."""
    with pytest.raises(InvalidRedirectUri):
        validated(redirect_uris=uris)


def test_authorization_code_needs_a_redirect_uri():
    """RFC 7591, section 2."""
    with pytest.raises(InvalidRedirectUri):
        validated(redirect_uris=[])


def test_a_refusal_tells_which_of_the_redirect_uris_is_wrong():
    problems = complaints(redirect_uris=["https://app.example/cb", "http://app.example/cb"])

    assert problems["redirect_uris"] == [
        "Number 2: Expected https, or http for localhost, 127.0.0.1 or [::1]."
    ]


def test_a_refusal_never_repeats_what_was_sent():
    problems = complaints(redirect_uris=["http://evil.example/cb"], scope='"evil"')

    assert "evil" not in str(problems)


def test_50_redirect_uris_are_accepted():
    uris = [f"https://app.example/{number}" for number in range(50)]

    assert validated(redirect_uris=uris)["redirect_uris"] == uris


def test_51_redirect_uris_are_refused():
    uris = [f"https://app.example/{number}" for number in range(51)]

    assert list(complaints(redirect_uris=uris)) == ["redirect_uris"]


def test_repeated_entries_are_kept_once():
    members = validated(redirect_uris=["https://app.example/cb"] * 2)

    assert members["redirect_uris"] == ["https://app.example/cb"]


def test_scopes_are_kept_in_order_each_once():
    assert validated(scope="openid  email openid")["scope"] == "openid email"


@pytest.mark.parametrize(
    "scope", ['a"b', "a\\b", "a\tb", "größe", "a\x00", "a\nb", ["a"], "a" * 4097]
)
def test_scopes_of_other_characters_are_refused(scope):
    """RFC 6749, section 3.3."""
    assert list(complaints(scope=scope)) == ["scope"]


@pytest.mark.parametrize(
    "audience", [["two words"], [""], ["https://api.example/#f"], "orders", [1]]
)
def test_wrong_audiences_are_refused(audience):
    """RFC 8707, section 2."""
    assert list(complaints(audience=audience)) == ["audience"]


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256", 1])
def test_an_algorithm_without_a_key_is_refused(algorithm):
    """RFC 8725, section 3.1."""
    assert list(complaints(access_token_signing_alg=algorithm)) == ["access_token_signing_alg"]


@pytest.mark.parametrize("name", ["", "a" * 256, "a\nb", "\x1b[31m", "a\x00", "\ud800", None, 1])
def test_wrong_names_are_refused(name):
    assert list(complaints(client_name=name)) == ["client_name"]


@pytest.mark.parametrize("member", ["client_uri", "logo_uri", "policy_uri", "tos_uri"])
@pytest.mark.parametrize("uri", ["javascript:alert(1)", "http://app.example/", 1])
def test_pages_of_a_client_are_https(member, uri):
    """LO-08 for pages: nobody can make us link to a script."""
    assert list(complaints(**{member: uri})) == [member]


@pytest.mark.parametrize("member", ["first_party", "strict", "resource_server"])
@pytest.mark.parametrize("value", [1, "true", "false", []])
def test_flags_are_true_or_false_and_nothing_like_it(member, value):
    assert list(complaints(**{member: value})) == [member]


@pytest.mark.parametrize("contacts", ["a@b.example", [1], ["a\nb"], [""]])
def test_contacts_are_a_list_of_lines(contacts):
    assert list(complaints(contacts=contacts)) == ["contacts"]


def test_what_only_people_read_is_kept_apart():
    members = validated(contacts=["ops@app.example"], software_id="web", tos_uri=None)

    assert members["metadata"] == {"contacts": ["ops@app.example"], "software_id": "web"}


def test_members_that_we_do_not_know_are_left_out():
    """RFC 7591, section 2."""
    assert "favourite_colour" not in str(validated(favourite_colour="green"))


def test_nobody_can_register_a_built_in_client():
    """CWE-915."""
    assert {"built_in", "enabled", "version"}.isdisjoint(
        validated(built_in=True, enabled=True, version=7)
    )


def test_all_mistakes_are_told_at_once():
    problems = complaints(client_name="", scope='"', grant_types=["implicit"])

    assert set(problems) == {"client_name", "scope", "grant_types"}


@pytest.mark.parametrize("client_id", ["web", "A.b_c~d-1", "1", "authserver", "a" * 255])
def test_ids_of_clients_are_of_unreserved_characters(client_id):
    assert is_client_id(client_id)


@pytest.mark.parametrize(
    "client_id",
    ["", "a" * 256, "a b", "a/b", "a:b", "a\x00", "größe", "..", "-rf", "web\n", "a%2e"],
)
def test_ids_of_other_characters_are_refused(client_id):
    assert not is_client_id(client_id)


@pytest.mark.parametrize("form", [str, lambda id_: str(id_).upper(), lambda id_: id_.hex])
def test_the_id_of_a_client_never_reads_as_that_of_a_person(form):
    """GR-13; RFC 9068, section 5."""
    assert not is_client_id(form(new_id()))
