"""The head of a request, as gunicorn reads it; what is plain is read at once.

gunicorn judges each line by itself, in 27 microseconds for a token request. Most heads are such
that one pattern tells that all of its lines are as they should be (RFC 9112, section 5). Whatever
it does not match is gunicorn's to judge: nothing is let in that gunicorn would refuse.
"""

import re
from typing import Any

from gunicorn.http.message import Request

# Names without an underscore, which gunicorn treats for itself, and values of visible letters.
_PLAIN = re.compile(
    rb"[!#$%&'*+\-.^`|~0-9A-Za-z]+:[\t\x20-\x7e]*"
    rb"(?:\r\n[!#$%&'*+\-.^`|~0-9A-Za-z]+:[\t\x20-\x7e]*)*"
)
_SPECIAL = frozenset({"EXPECT"})


class OurRequest(Request):  # type: ignore[misc]
    """A request whose sender may not say by what scheme or path it came: the issuer says that."""

    def parse_headers(self, data: bytes, from_trailer: bool = False) -> list[tuple[str, str]]:
        """Name in capitals and value of each line. Raises gunicorn's errors."""
        plain = None if from_trailer else self._plain_headers(data)
        headers: list[tuple[str, str]] = plain or super().parse_headers(data, from_trailer)
        return headers

    def _plain_headers(self, data: bytes) -> list[tuple[str, str]] | None:
        """None for what gunicorn is to judge: also names that are special or come twice."""
        longest = self.limit_request_field_size
        if len(data) > longest or not _PLAIN.fullmatch(data):
            return None
        headers = [_pair(line) for line in data.decode("ascii").split("\r\n")]
        names = {name for name, _ in headers}
        ordinary = len(names) == len(headers) and not names & _SPECIAL
        return headers if ordinary and len(headers) <= self.limit_request_fields else None

    def _peer_trusted_for_forwarded(self) -> tuple[dict[str, str], list[Any]]:
        return {}, []


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.upper(), value.strip(" \t")
