"""The header Forwarded (RFC 7239), as far as it tells addresses."""

import re

# A proxy that writes more than this forwards for somebody who wants it to be read for long.
_MAX_LENGTH = 2048
_FOR = re.compile(
    r"""(?:^|;)[ \t]*for=(?:"\[([0-9a-f:.]+)\](?::\w+)?"|"?([0-9.]+)(?::\w+)?"?)[ \t]*(?:;|$)""",
    re.IGNORECASE,
)


def as_x_forwarded_for(header: str) -> str:
    """The addresses in the form of X-Forwarded-For; ``unknown`` for what is not an address.

    Each hop stays where it was, so that what a stranger wrote stays before what our proxy added:
    a quoted comma in it makes more hops, none of them nearer to us than the true ones.
    """
    if not header:
        return ""
    return ", ".join(map(_address, header[-_MAX_LENGTH:].split(",")))


def _address(element: str) -> str:
    found = _FOR.search(element)
    return (found[1] or found[2]) if found else "unknown"
