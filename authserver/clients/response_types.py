"""The response types that there are (OAuth 2.0 Multiple Response Type Encoding Practices)."""

ALWAYS = ("code", "none")
# What carries tokens through the browser: RFC 9700, section 2.1.2 advises against all of them.
FRONT_CHANNEL = (
    "id_token",
    "id_token token",
    "code id_token",
    "code token",
    "code id_token token",
)
_BY_WORDS = {frozenset(name.split(" ")): name for name in (*ALWAYS, *FRONT_CHANNEL)}


def supported_response_types(front_channel: bool) -> tuple[str, ...]:
    """What the server answers to at all, and a client may therefore register for."""
    return (*ALWAYS, *FRONT_CHANNEL) if front_channel else ALWAYS


def canonical(response_type: str | None) -> str | None:
    """The response type in its registered spelling; the order of its words means nothing."""
    words = (response_type or "").split(" ")
    return _BY_WORDS.get(frozenset(words)) if len(words) == len(set(words)) else None
