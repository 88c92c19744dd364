"""Addresses of clients with parameters added to them (RFC 6749, section 4.1.2)."""

from collections.abc import Mapping
from urllib.parse import urlencode


def in_query(uri: str, parameters: Mapping[str, str]) -> str:
    """The parameters after those that the address was registered with."""
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(parameters)}"


def in_fragment(uri: str, parameters: Mapping[str, str]) -> str:
    """The parameters where only the browser sees them; registered addresses have no fragment."""
    return f"{uri}#{urlencode(parameters)}"


def link_to_client(uri: str, response_mode: str, parameters: Mapping[str, str]) -> str:
    """An address that a person may follow; what would be posted cannot be, and goes as a query."""
    return (in_fragment if response_mode == "fragment" else in_query)(uri, parameters)
