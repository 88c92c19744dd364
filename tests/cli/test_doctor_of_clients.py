"""``authserver doctor --clients``: where each client deviates from the profiles."""

import pytest

from tests.attacks.rows import attack
from tests.cli.conftest import Cli
from tests.factories.clients import ClientFactory
from tests.support.client_keys import ClientKey, key_set

SOUND = {
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": ["https://app.example/cb"],
    "token_endpoint_auth_method": "private_key_jwt",
    "id_token_signed_response_alg": "ES256",
    "jwks": key_set(ClientKey()),
    "pkce": "required",
}


@attack("OP-05")
def test_a_client_that_keeps_all_profiles_is_not_named(cli: Cli, make_client: ClientFactory):
    make_client("sound", **SOUND)

    rows = cli("doctor", "--clients", "--output", "json").json

    assert [row for row in rows if row["client_id"] == "sound"] == []


@attack("OP-05")
@pytest.mark.parametrize(
    ("changed", "profiles"),
    [
        (
            {"grant_types": ["password"], "redirect_uris": []},
            {"OAuth 2.1, section 10", "RFC 9700, section 2.4"},
        ),
        (
            {"token_endpoint_auth_method": "client_secret_basic", "jwks": None},
            {"RFC 9700, section 2.5", "FAPI 2.0, section 5.3.2.1"},
        ),
        (
            {"token_endpoint_auth_method": "none", "jwks": None},
            {"FAPI 2.0, section 5.3.2.1"},
        ),
        ({"pkce": "optional"}, {"OAuth 2.1, section 7.5"}),
        ({"id_token_signed_response_alg": "RS256"}, {"FAPI 2.0, section 5.4.1"}),
        ({"redirect_uris": ["http://127.0.0.1/cb"]}, {"FAPI 2.0, section 5.3.2.2"}),
    ],
    ids=["password", "secret", "public", "no PKCE", "RS256", "plain http"],
)
def test_each_deviation_is_named_with_its_section_and_mend(cli, make_client, changed, profiles):
    make_client("deviant", **(SOUND | changed))

    rows = cli("doctor", "--clients", "--output", "json").json

    assert {row["profile"] for row in rows if row["client_id"] == "deviant"} == profiles
    assert all(row["deviation"] and row["mend"] for row in rows)
