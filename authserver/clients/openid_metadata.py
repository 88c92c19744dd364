"""What a client registered by OpenID Connect, as typed properties with the specified defaults."""

import re
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, overload

from authserver.clients.members import TRANSLATED

T = TypeVar("T")
# RFC 5646 in outline: what is no language finds no reader, and does no harm.
_TAGGED = re.compile(rf"({'|'.join(TRANSLATED)})#([A-Za-z]{{2,8}}(?:-[A-Za-z0-9]{{1,8}}){{0,4}})")


class Member(Generic[T]):
    """A member of the metadata under its own name; what was not said has the default."""

    def __init__(self, default: T) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, client: None, owner: type) -> "Member[T]": ...

    @overload
    def __get__(self, client: "OpenIdMetadata", owner: type) -> T: ...

    def __get__(self, client: "OpenIdMetadata | None", owner: type) -> "Member[T] | T":
        if client is None:
            return self
        value: T = client.metadata.get(self._name, self._default)
        return value


class OpenIdMetadata:
    """The members that have no column of their own."""

    __slots__ = ()
    client_name: str
    metadata: Mapping[str, Any]

    application_type = Member("web")
    jwks: Member[dict[str, Any] | None] = Member(None)
    jwks_uri: Member[str | None] = Member(None)
    sector_identifier_uri: Member[str | None] = Member(None)
    subject_type = Member("public")
    id_token_signed_response_alg = Member("RS256")
    id_token_encrypted_response_alg: Member[str | None] = Member(None)
    id_token_encrypted_response_enc: Member[str | None] = Member(None)
    userinfo_signed_response_alg: Member[str | None] = Member(None)
    userinfo_encrypted_response_alg: Member[str | None] = Member(None)
    userinfo_encrypted_response_enc: Member[str | None] = Member(None)
    request_object_signing_alg: Member[str | None] = Member(None)
    require_signed_request_object = Member(default=False)
    token_endpoint_auth_signing_alg: Member[str | None] = Member(None)
    default_max_age: Member[int | None] = Member(None)
    require_auth_time = Member(default=False)
    default_acr_values: Member[tuple[str, ...]] = Member(())
    initiate_login_uri: Member[str | None] = Member(None)
    request_uris: Member[tuple[str, ...]] = Member(())
    post_logout_redirect_uris: Member[tuple[str, ...]] = Member(())
    backchannel_logout_uri: Member[str | None] = Member(None)
    backchannel_logout_session_required = Member(default=False)
    frontchannel_logout_uri: Member[str | None] = Member(None)
    frontchannel_logout_session_required = Member(default=False)
    pkce = Member("required")

    def name_in(self, locale: str) -> str:
        """The client's name as people of that language are shown it."""
        return self.text_in("client_name", locale) or self.client_name

    def text_in(self, member: str, locale: str) -> str | None:
        """A member that people read: in their language, in the general form of it, or as it is."""
        tagged = {name.lower(): value for name, value in self.metadata.items() if "#" in name}
        for tag in (locale, locale.partition("-")[0]):
            found = tagged.get(f"{member}#{tag}".lower())
            if found is not None:
                return str(found)
        value = self.metadata.get(member)
        return None if value is None else str(value)


def untagged(member: str) -> str | None:
    """The member of which this is the form in some language, or None."""
    match = _TAGGED.fullmatch(member)
    return match[1] if match else None
