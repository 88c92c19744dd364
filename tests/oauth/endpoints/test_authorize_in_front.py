"""Response types and modes (OAuth 2.0 Multiple Response Types; OpenID Connect Core, 3.2, 3.3)."""

import pytest

from tests.conftest import ISSUER
from tests.support.authorization_answers import REDIRECT_URI, assert_error
from tests.support.authorizations import FRONT_CHANNEL_TYPES
from tests.support.id_tokens import IdTokenVerifier, half_hash
from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import bearer

WITH_CODE = [name for name in FRONT_CHANNEL_TYPES if "code" in name]
WITH_TOKEN = [name for name in FRONT_CHANNEL_TYPES if "token" in name.split()]
WITH_ID_TOKEN = [name for name in FRONT_CHANNEL_TYPES if "id_token" in name]


def claims_of(flow, token):
    """The claims of an ID token whose signature is right."""
    return IdTokenVerifier(flow.http, ISSUER, flow.client_id).claims(token)


@pytest.mark.parametrize("response_type", FRONT_CHANNEL_TYPES)
def test_each_response_type_brings_what_it_names(hybrid, response_type):
    """In the fragment, which no server sees."""
    answer = hybrid.authorize(response_type=response_type)

    named = {"access_token" if word == "token" else word for word in response_type.split()}
    assert answer.location.startswith(f"{REDIRECT_URI}#")
    assert answer.params.keys() & {"code", "id_token", "access_token"} == named
    assert (answer.params["state"], answer.params["iss"]) == ("S", ISSUER)


@pytest.mark.parametrize("response_type", FRONT_CHANNEL_TYPES)
def test_no_refresh_token_travels_through_the_browser(hybrid, response_type):
    """RFC 6749, section 4.2.2."""
    answer = hybrid.authorize(response_type=response_type, scope="openid offline_access")

    assert "refresh_token" not in answer.params
    assert "offline_access" not in answer.params.get("scope", "")


@pytest.mark.parametrize("response_type", WITH_ID_TOKEN)
def test_an_id_token_vouches_for_what_comes_with_it(hybrid, response_type):
    """Sections 3.2.2.10 and 3.3.2.11: at_hash and c_hash, and the nonce."""
    params = hybrid.authorize(response_type=response_type, nonce="of-my-own").params

    claims = claims_of(hybrid, params["id_token"])
    expected = {}
    if "access_token" in params:
        expected["at_hash"] = half_hash(params["access_token"])
    if "code" in params:
        expected["c_hash"] = half_hash(params["code"])
    assert {name: claims[name] for name in ("at_hash", "c_hash") if name in claims} == expected
    assert (claims["nonce"], claims["sub"]) == ("of-my-own", str(hybrid.user.id))


def test_an_id_token_alone_has_the_claims_of_the_scope(hybrid):
    """Section 5.4: there is no access token to fetch them with."""
    alone = hybrid.authorize(response_type="id_token", scope="openid email").params
    beside = hybrid.authorize(response_type="id_token token", scope="openid email").params

    assert claims_of(hybrid, alone["id_token"])["email"] == hybrid.user.email
    assert "email" not in claims_of(hybrid, beside["id_token"])


@pytest.mark.parametrize("response_type", WITH_TOKEN)
def test_an_access_token_from_the_browser_works(hybrid, response_type):
    params = hybrid.authorize(response_type=response_type, scope="openid email").params

    answer = hybrid.http.get("/oauth2/userinfo", headers=bearer(params["access_token"]))

    assert params["token_type"] == "Bearer"
    assert int(params["expires_in"]) > 0
    assert answer.json["email"] == hybrid.user.email


@pytest.mark.parametrize("response_type", WITH_CODE)
def test_a_code_from_the_fragment_is_redeemed_as_any_other(hybrid, response_type):
    params = hybrid.authorize(response_type=response_type).params

    tokens = hybrid.redeem(params["code"]).json

    again = claims_of(hybrid, tokens["id_token"])
    assert (again["sub"], again["nonce"]) == (str(hybrid.user.id), "N")
    if "id_token" in params:
        first = claims_of(hybrid, params["id_token"])
        assert (first["iss"], first["sub"]) == (again["iss"], again["sub"])


def test_a_code_that_is_used_twice_leaves_what_came_beside_it(hybrid):
    """It is the session of the code that ends; the tokens in front have one of their own."""
    params = hybrid.authorize(response_type="code token").params
    tokens = hybrid.redeem(params["code"]).json

    hybrid.redeem(params["code"])

    assert hybrid.party.introspect(tokens["access_token"]).json == {"active": False}


@pytest.mark.parametrize(
    "spelling", ["id_token code", "token id_token code", "id_token token code", "token code"]
)
def test_the_order_of_the_words_means_nothing(hybrid, spelling):
    """OAuth 2.0 Multiple Response Types, section 3."""
    answer = hybrid.authorize(response_type=spelling)

    named = {"access_token" if word == "token" else word for word in spelling.split()}
    assert named <= answer.params.keys()


@pytest.mark.parametrize("response_type", FRONT_CHANNEL_TYPES)
def test_a_query_never_carries_tokens(hybrid, response_type):
    """OAuth 2.0 Multiple Response Types, section 3: it would stand in logs."""
    answer = hybrid.authorize(response_type=response_type, response_mode="query")

    assert_error(answer, "invalid_request")
    assert answer.location.startswith(f"{REDIRECT_URI}#")


def test_a_code_comes_in_the_fragment_if_the_client_wants(hybrid):
    answer = hybrid.authorize(response_mode="fragment")

    assert answer.location.startswith(f"{REDIRECT_URI}#")
    assert answer.params["code"]


def test_an_unknown_mode_is_refused(flow):
    assert_error(flow.authorize(response_mode="jwt"), "invalid_request")


@pytest.mark.parametrize("response_type", ["code", "none", *FRONT_CHANNEL_TYPES])
def test_each_answer_can_be_posted(hybrid, response_type):
    """OAuth 2.0 Form Post Response Mode, section 2."""
    answer = hybrid.authorize(response_type=response_type, response_mode="form_post")

    words = set(response_type.split()) - {"none"}
    named = {"access_token" if word == "token" else word for word in words}
    assert (answer.status, answer.location) == (200, None)
    assert f'<form method="post" action="{REDIRECT_URI}"' in answer.text
    assert answer.hidden.keys() & {"code", "id_token", "access_token"} == named
    assert (answer.hidden["state"], answer.hidden["iss"]) == ("S", ISSUER)


def test_the_page_with_the_form_may_post_it_by_the_scheme_of_the_client(hybrid):
    """docs/adr/0013: browsers look at where the client's answer leads as well."""
    answer = hybrid.authorize(response_mode="form_post")

    policy = answer.response.headers["Content-Security-Policy"]
    [sources] = [part for part in policy.split(";") if part.strip().startswith("form-action")]
    assert sources.split()[1:] == ["'self'", "https:"]


def test_a_state_in_a_form_is_text_and_nothing_else(hybrid):
    """CWE-79."""
    answer = hybrid.authorize(response_mode="form_post", state='"><script>alert(1)</script>')

    assert "<script>alert" not in answer.text
    assert answer.hidden["state"] == '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("response_type", "separator"), [("code", "?"), ("id_token", "#"), ("code token", "#")]
)
def test_an_error_comes_where_the_answer_would_have_come(hybrid, response_type, separator):
    """OAuth 2.0 Multiple Response Types, section 2.1."""
    answer = hybrid.authorize(response_type=response_type, prompt="none login")

    assert_error(answer, "invalid_request")
    assert answer.location.startswith(f"{REDIRECT_URI}{separator}")


def test_two_audiences_are_one_in_front(front_channel_authorizations):
    """RFC 8707: each of two could use the token at the other."""
    flow = front_channel_authorizations.hybrid(audience=["https://a.example", "https://b.example"])

    token = flow.authorize(response_type="id_token token").params["access_token"]

    assert payload_of(token)["aud"] in ("https://a.example", ["https://a.example"])
