"""The claims parameter (OpenID Connect Core 1.0, section 5.5)."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import Invalid
from authserver.oauth.authorization.claims_requests import parse_claims

EXAMPLE = {
    "userinfo": {
        "given_name": {"essential": True},
        "nickname": None,
        "http://example.info/claims/groups": None,
    },
    "id_token": {
        "auth_time": {"essential": True},
        "acr": {"values": ["urn:mace:incommon:iap:silver"]},
    },
}


def test_the_example_of_the_standard_is_read():
    assert parse_claims(json.dumps(EXAMPLE)) == EXAMPLE


@pytest.mark.parametrize("text", [None, "{}", '{"userinfo":null}', '{"userinfo":{}}', '{"x":[1]}'])
def test_what_asks_for_nothing_is_nothing(text):
    assert parse_claims(text) is None


def test_members_that_nobody_knows_are_left_out():
    """Section 5.5: other members MAY be present, and are ignored."""
    assert parse_claims('{"verified":{"a":1},"id_token":{"email":null}}') == {
        "id_token": {"email": None}
    }


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "null", "1", '"userinfo"', "{", '{"userinfo":[]}', '{"userinfo":1}'),
        '{"userinfo":{"email":true}}',
        '{"userinfo":{"email":"x"}}',
        '{"userinfo":{"email":[]}}',
        '{"userinfo":{"email":{"essential":1}}}',
        '{"userinfo":{"email":{"essential":null}}}',
        '{"userinfo":{"email":{"values":"x"}}}',
        '{"userinfo":{"email":null,"email":null}}',
        '{"userinfo":{"email":{"value":NaN}}}',
        '{"userinfo":{"email":{"value":"\\ud800"}}}',
        '{"userinfo":{"email":{"value":"\\u0000"}}}',
        '{"userinfo":{"\\u0000":null}}',
        f'{{"userinfo":{{"email":{{"value":{2**64}}}}}}}',
        '{"userinfo":{"email":{"values":' + "[" * 40 + "]" * 40 + "}}}",
        '{"userinfo":{"' + "x" * 5000 + '":null}}',
    ],
)
def test_what_is_malformed_is_refused(text):
    with pytest.raises(Invalid) as refused:
        parse_claims(text)

    assert "claims" in refused.value.hint


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["essential", "value", "values"]) | st.text(), inner)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["userinfo", "id_token"]), st.dictionaries(st.text(max_size=5), _JSON)
    ),
    st.booleans(),
)
def test_what_is_read_can_be_sealed_and_stored(asked, ascii_only):
    """Whatever it is; the rest is refused."""
    try:
        found = parse_claims(json.dumps(asked, ensure_ascii=ascii_only))
    except Invalid:
        return

    assert rb"\u0000" not in orjson.dumps(found)
