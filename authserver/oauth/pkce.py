"""Proof Key for Code Exchange (RFC 7636), by S256 alone (RFC 9700, section 2.1.1)."""

import hashlib
import hmac
import re

from authserver.clients.metadata import Client
from authserver.errors import Invalid
from authserver.ids import base64url

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)


def check_challenge(client: Client, challenge: str | None, method: str | None) -> str | None:
    """The challenge that a request is bound by; None where the client may do without.

    Raises :class:`Invalid`, which says how to mend it.
    """
    if challenge is None:
        if method is not None:
            raise Invalid(hint="code_challenge_method was sent without code_challenge.")
        if client.pkce == "required":
            raise Invalid(
                hint="PKCE is required: send code_challenge with code_challenge_method=S256. "
                "A confidential client can be exempted by registering pkce=optional."
            )
        return None
    if method != METHOD:
        raise Invalid(hint="PKCE transform algorithm not supported: code_challenge_method is S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise Invalid(hint="code_challenge is 43 letters of base64url without padding.")
    return challenge


def is_proven(verifier: str | None, challenge: str | None) -> bool:
    """Whether the verifier belongs to the challenge; neither without the other (section 4.6).

    A verifier without a challenge tells of a request that somebody stripped of its challenge.
    """
    if verifier is None or challenge is None:
        return verifier is challenge
    if not _VERIFIER.fullmatch(verifier):
        return False
    computed = base64url(hashlib.sha256(verifier.encode()).digest())
    return hmac.compare_digest(computed, challenge)
