"""Where the steps of an authorization lie. A step knows its own and the way back, no other."""

from urllib.parse import urlencode

SIGN_IN = "/sign-in"
ACCOUNTS = "/accounts"
CONSENT = "/consent"
SIGN_OUT = "/sign-out"
RESUME = "/oauth2/authorize"
PARAMETER = "flow"


def step(path: str, sealed: str) -> str:
    """The address of a step with what it carries along."""
    return f"{path}?{urlencode({PARAMETER: sealed})}"
