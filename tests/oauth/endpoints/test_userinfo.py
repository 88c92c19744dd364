"""UserInfo (OpenID Connect Core 1.0, section 5.3), bearer tokens by RFC 6750."""

import pytest

from tests.support.relying_party import FORM, RelyingParty, bearer

USERINFO = "/oauth2/userinfo"


@pytest.fixture
def claims(client, relying_party, make_user):
    """``claims(scope)``: what userinfo says with that scope."""

    def claims(scope: str, **of_user):
        token = relying_party.password(make_user(**of_user), scope=scope).json["access_token"]
        return client.get(USERINFO, headers=bearer(token)).json

    return claims


# What it says -------------------------------------------------------------------------------------


def test_openid_alone_says_who_and_no_more(client, relying_party, user):
    """OpenID Connect Core, section 5.3.2."""
    token = relying_party.password(user, scope="openid").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    assert answer.json == {"sub": str(user.id)}


def test_profile_says_the_name(claims):
    """OpenID Connect Core, section 5.4."""
    found = claims("openid profile", full_name="Una Example")

    assert found["name"] == "Una Example"
    assert isinstance(found["updated_at"], int)
    assert "email" not in found


def test_email_says_the_address_and_whether_it_was_verified(claims):
    """OpenID Connect Core, section 5.4."""
    found = claims("openid email", email="una@example.com")

    assert (found["email"], found["email_verified"]) == ("una@example.com", False)
    assert "name" not in found


def test_what_is_not_known_is_left_out(claims):
    """OpenID Connect Core, section 5.3.2: no nulls."""
    assert "name" not in claims("openid profile", full_name=None)


def test_the_answer_is_json_that_is_never_stored(client, tokens):
    answer = client.get(USERINFO, headers=bearer(tokens["access_token"]))

    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


# How the token is sent ----------------------------------------------------------------------------


def test_the_token_may_be_sent_by_post_in_the_header(client, tokens, user):
    """OpenID Connect Core, section 5.3.1."""
    answer = client.post(USERINFO, headers=bearer(tokens["access_token"]))

    assert answer.json["sub"] == str(user.id)


def test_the_token_may_be_sent_in_the_form(client, tokens, user):
    """RFC 6750, section 2.2."""
    answer = client.post(USERINFO, data={"access_token": tokens["access_token"]})

    assert answer.json["sub"] == str(user.id)


def test_the_token_may_be_of_any_audience(client, party, user):
    """protocol.md, What real clients taught."""
    other = party(audience=["https://elsewhere.example"])
    token = other.password(user).json["access_token"]

    assert client.get(USERINFO, headers=bearer(token)).status_code == 200


def test_the_scheme_may_be_written_in_any_case(client, tokens):
    """RFC 9110, section 11.1."""
    token = tokens["access_token"]

    assert client.get(USERINFO, headers={"Authorization": f"bEARER {token}"}).status_code == 200


def test_a_token_sent_in_two_places_is_refused(client, tokens):
    """RFC 6750, section 2."""
    token = tokens["access_token"]

    answer = client.post(USERINFO, data={"access_token": token}, headers=bearer(token))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_request"'


def test_a_token_in_the_query_is_no_token(client, tokens):
    """RFC 6750, section 2.3; RFC 9700, section 4.3.2."""
    answer = client.get(f"{USERINFO}?access_token={tokens['access_token']}")

    assert answer.status_code == 401


def test_a_form_without_a_token_sends_none(client):
    answer = client.post(USERINFO, data="x=y", headers={"Content-Type": FORM})

    assert answer.status_code == 401


# What is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_sends_no_token_is_told_the_scheme_and_nothing_else(client, method):
    """RFC 6750, sections 3 and 3.1: never the scheme alone, and no error."""
    answer = client.open(USERINFO, method=method)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="authserver"'


@pytest.mark.parametrize("header", ["Bearer x", "Bearer ", "Basic eDp5", "Bearer a b", "x"])
def test_a_token_that_is_none_is_invalid(client, header):
    """RFC 6750, section 3.1."""
    answer = client.get(USERINFO, headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_bad_token_in_the_form_is_invalid(client):
    answer = client.post(USERINFO, data={"access_token": "x"})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_refresh_token_is_no_access_token(client, tokens):
    """RFC 8725, section 3.11."""
    answer = client.get(USERINFO, headers=bearer(tokens["refresh_token"]))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_without_openid_the_scope_is_insufficient(client, relying_party, user):
    """RFC 6750, section 3.1; OpenID Connect Core, section 5.3."""
    token = relying_party.password(user, scope="profile").json["access_token"]

    answer = client.get(USERINFO, headers=bearer(token))

    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'


def test_a_client_that_acts_for_itself_is_nobody(client, party):
    own = party(scope="openid reports:read").token(grant_type="client_credentials")

    answer = client.get(USERINFO, headers=bearer(own.json["access_token"]))

    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")


def test_an_expired_token_is_invalid(make_app, make_client, user):
    app, _ = make_app(access_token_ttl=0)
    http = app.test_client()
    token = RelyingParty(http, make_client()).password(user).json["access_token"]

    assert http.get(USERINFO, headers=bearer(token)).status_code == 401


def test_a_token_of_an_ended_session_is_invalid(client, relying_party, tokens):
    relying_party.revoke(tokens["refresh_token"])

    answer = client.get(USERINFO, headers=bearer(tokens["access_token"]))

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")


def test_scripts_of_a_registered_origin_may_ask(client, make_client, tokens):
    make_client(grant_types=["authorization_code"], redirect_uris=["https://spa.example/cb"])

    headers = bearer(tokens["access_token"]) | {"Origin": "https://spa.example"}
    answer = client.get(USERINFO, headers=headers)

    assert answer.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    assert "www-authenticate" in answer.headers["Access-Control-Expose-Headers"]
