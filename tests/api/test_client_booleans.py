"""The flags of a client are true or false, and nothing that only equals it."""

import pytest

FLAGS = ("first_party", "strict", "resource_server")


@pytest.fixture
def headers(bearer, admin_token):
    return bearer(admin_token)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("value", [1, 0, 1.0, "true", "", None, [], {}])
def test_what_only_looks_like_a_boolean_is_refused(client, headers, flag, value):
    """To Python 1 equals True (ASVS 2.2.1)."""
    new = {"client_name": "Web", "grant_types": ["client_credentials"], flag: value}

    answer = client.post("/api/clients", json=new, headers=headers)

    assert (answer.status_code, list(answer.json["errors"])) == (400, [flag])


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_taken_as_it_is(client, headers, flag, value):
    new = {"client_name": "Web", "grant_types": ["client_credentials"], flag: value}

    answer = client.post("/api/clients", json=new, headers=headers)

    assert answer.json[flag] is value
