"""Sector identifiers: which redirect URIs share their pairwise subjects.

OpenID Connect Core 1.0, section 8.1; Registration 1.0, section 5. Without the check a client could
name the sector of another one, and learn who their common users are (attack OI-17).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authserver.clients.rules import flat
from authserver.errors import Invalid, InvalidClientMetadata, Unavailable
from authserver.http.json_body import load_json
from authserver.http.outbound import (
    OutboundBusy,
    OutboundFailed,
    OutboundFetcher,
    OutboundRefused,
)
from authserver.setting_rules import LOCAL_HOSTS

Sector = tuple[str, frozenset[str]]
_MEMBERS = frozenset({"sector_identifier_uri", "redirect_uris"})


@dataclass(frozen=True)
class SectorIdentifiers:
    """Asks the sector which redirect URIs belong to it."""

    outbound: OutboundFetcher

    def check(self, members: Mapping[str, Any]) -> Sector | None:
        """The sector of a client of these members, which lists each of its redirect URIs.

        Raises :class:`InvalidClientMetadata` where it does not. Call it outside of any
        transaction: it waits for somebody else's server.
        """
        sector = sector_of(members)
        if sector is None:
            return None
        address, redirect_uris = sector
        try:
            listed = load_json(self.outbound.get(address))
        except OutboundRefused as error:
            raise _refusal(str(error)) from error
        except OutboundBusy as error:
            raise Unavailable(detail=f"sector_identifier_uri: {error}") from error
        except (OutboundFailed, Invalid) as error:
            raise _refusal("Expected a JSON list of redirect URIs at this address.") from error
        if not isinstance(listed, list):
            raise _refusal("Expected a JSON list of redirect URIs at this address.")
        if not all(uri in listed for uri in redirect_uris):
            raise _refusal("The list at this address lacks some of the redirect URIs.")
        return sector


def concern_sector(changes: Mapping[str, Any]) -> bool:
    """Whether the changes call for another look at the list."""
    return not _MEMBERS.isdisjoint(changes)


def sector_of(members: Mapping[str, Any]) -> Sector | None:
    """The address of the sector and the redirect URIs within; None where none was named."""
    values = flat(members)
    address = values.get("sector_identifier_uri")
    return None if address is None else (address, frozenset(values["redirect_uris"]))


def sector_host(sector_identifier_uri: str | None, redirect_uris: Collection[str]) -> str | None:
    """The sector identifier (section 8.1): a host, which may be that of several clients.

    A client that has neither one host nor a ``sector_identifier_uri`` has none, and so has one at a
    loopback address or under a private-use scheme: those are nobody's, and whoever registered there
    would learn the subjects of the others.
    """
    uris = [sector_identifier_uri] if sector_identifier_uri else redirect_uris
    hosts = {_host(uri) for uri in uris}
    return hosts.pop() if len(hosts) == 1 else None


def _host(uri: str) -> str | None:
    """The host, if it is one by which its owner can be told from others."""
    parts = urlsplit(uri)
    if parts.scheme != "https" or parts.hostname in LOCAL_HOSTS:
        return None
    return parts.hostname


def _refusal(sentence: str) -> InvalidClientMetadata:
    return InvalidClientMetadata(fields={"sector_identifier_uri": [sentence]})
