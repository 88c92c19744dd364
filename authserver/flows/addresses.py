"""Where the steps of an authorization and of a sign-out lie, and what they carry along.

A step knows its own address and the way back, no other.
"""

from urllib.parse import urlencode

SIGN_IN = "/sign-in"
ACCOUNTS = "/accounts"
CONSENT = "/consent"
SIGN_OUT = "/sign-out"
# The ways back. What decides there is ``oauth.endpoints``.
RESUME = "/oauth2/authorize"
RESUME_LOGOUT = "/oauth2/end_session"
PARAMETER = "flow"
# A form that was posted goes on as an address: another site's form brings no cookie along.
POSTED = "posted"


def step(path: str, sealed: str) -> str:
    """The address of a step with what it carries along."""
    return f"{path}?{urlencode({PARAMETER: sealed})}"
