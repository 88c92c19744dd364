"""When to come again, and what is left: Retry-After, and the fields of the IETF's HTTPAPI group.

``RateLimit-Policy`` says how many requests in how many seconds, ``RateLimit`` how many are left and
in how many seconds there will be more (draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4).
"""

from authserver.errors import Quota, RateLimited, Unavailable
from authserver.http.messages import Headers


def policy_header(quota: Quota) -> tuple[str, str]:
    return "RateLimit-Policy", f'"{quota.name}";q={quota.amount};w={quota.seconds}'


def state_header(quota: Quota, left: int, seconds: int) -> tuple[str, str]:
    return "RateLimit", f'"{quota.name}";r={left};t={seconds}'


def headers_of_refusal(error: RateLimited | Unavailable) -> Headers:
    """What an answer of 429 or 503 carries (RFC 9110, section 10.2.3)."""
    headers: Headers = [("Retry-After", str(error.retry_after))]
    if isinstance(error, RateLimited) and error.quota is not None:
        headers += [
            policy_header(error.quota),
            state_header(error.quota, 0, error.retry_after),
        ]
    return headers
