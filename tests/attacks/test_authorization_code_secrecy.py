"""What an authorization code gives away, and what it is taken for (rows CO)."""

import base64

from authserver.flows.service import FlowService
from tests.attacks.rows import attack

CODES = 10_000


def assert_worthless(answer):
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("CO-11")
def test_codes_have_neither_structure_nor_duplicates(flow, services):
    """RFC 6749, section 10.10. Of ten thousand of one and the same request, every eleventh bit
    is as often set as chance would have it: within six standard deviations."""
    flows = services.get(FlowService)
    opened = flows.open_code(flow.code())
    codes = [flows.seal_code(opened) for _ in range(CODES)]

    assert len(set(codes)) == CODES
    decoded = [base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)) for code in codes]
    length = len(decoded[0])
    allowed = 6 * (CODES / 4) ** 0.5
    for bit in range(0, 8 * length, 11):
        ones = sum(code[bit // 8] >> bit % 8 & 1 for code in decoded)
        assert abs(ones - CODES / 2) < allowed, f"bit {bit}"


@attack("CO-12")
def test_a_code_is_stored_nowhere(flow, rows):
    """RFC 6819, section 5.1.4.1: it travels, and until it is redeemed no row knows of it."""
    tables = rows.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    before = {name: rows.sql(f"SELECT count(*) FROM {name}")[0][0] for (name,) in tables}  # noqa: S608

    code = flow.code()

    after = {name: rows.sql(f"SELECT count(*) FROM {name}")[0][0] for (name,) in tables}  # noqa: S608
    assert after == before
    flow.redeem(code)
    contents = [
        str(row)
        for (name,) in tables
        for row in rows.sql(f"SELECT * FROM {name}")  # noqa: S608
    ]
    assert contents
    assert not [row for row in contents if code in row]


@attack("CO-13")
def test_a_code_is_in_no_log(flow, log_text, secrets_used):
    """RFC 9700, section 4.2: the redirect, and a redemption that is refused, leave no trace.

    That none of ``secrets_used`` is in the log is checked at the end.
    """
    code = flow.code()
    flow.redeem(code, code_verifier="w" * 43)
    flow.redeem(code)
    flow.go(f"/oauth2/authorize?{flow.query()}&code={code}")

    assert code in secrets_used
    assert "/oauth2/token" in log_text()


@attack("CO-13")
def test_a_code_is_in_no_referrer(front_channel_authorizations):
    """RFC 9700, section 4.2.4: neither a redirect nor the page with the form tells where from."""
    flow = front_channel_authorizations.hybrid()

    answers = [flow.authorize(), flow.authorize(response_mode="form_post")]

    for answer in answers:
        assert answer.response.headers["Referrer-Policy"] in ("no-referrer", "same-origin")
        assert "no-store" in answer.response.headers["Cache-Control"]


# As something else --------------------------------------------------------------------------------


@attack("CO-14")
def test_a_code_is_no_refresh_token(flow):
    """RFC 6749, section 6."""
    assert_worthless(flow.party.refresh(flow.code()))


@attack("CO-14")
def test_a_refresh_token_is_no_code(flow):
    """The same the other way round."""
    assert_worthless(flow.redeem(flow.tokens()["refresh_token"]))


@attack("CO-15")
def test_a_code_beside_a_refresh_token_widens_nothing(flow):
    """The scope is that of the session."""
    tokens = flow.tokens(scope="openid")
    broader = flow.code(scope="openid profile email")

    answer = flow.party.refresh(tokens["refresh_token"], code=broader)

    assert answer.json["scope"] == "openid"
    assert flow.redeem(broader).status_code == 200
