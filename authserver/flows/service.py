"""Sealing and opening what is carried along."""

from dataclasses import dataclass

from authserver.clock import Clock
from authserver.errors import FlowExpired, FlowInvalid, InvalidGrant
from authserver.flows.authorization_code import AuthorizationCode
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.sealing import Sealer, for_address

_REQUEST = "authorization request"
_CODE = "authorization code"
_FORM = "posted form"
_FORM_TTL = 60


@dataclass(frozen=True)
class FlowService:
    """Authorizations in progress. Lives are in seconds."""

    sealer: Sealer
    clock: Clock
    issuer: str
    request_ttl: int
    code_ttl: int

    def seal_request(self, request: AuthorizationRequest, browser: str) -> str:
        """The request, bound to the value that ``browser`` has in its cookie.

        Raises :class:`Invalid` when it is too long for an address.
        """
        return for_address(self.sealer.seal(_REQUEST, request.to_members(), browser), _REQUEST)

    def open_request(self, sealed: str, browser: str | None) -> AuthorizationRequest:
        """The request that this browser carries.

        Raises :class:`FlowInvalid` for that of another browser (RFC 9700, section 4.7) and for
        anything else, :class:`FlowExpired` after its time.
        """
        if browser is None:
            raise FlowInvalid(detail="no cookie")
        members = self.sealer.open(_REQUEST, sealed, browser)
        try:
            request = AuthorizationRequest.from_members(members)
        except TypeError as error:
            raise FlowInvalid(detail="sealed by another release") from error
        if self.clock.now().timestamp() >= request.started_at + self.request_ttl:
            back_url = request.back_url(self.issuer, "access_denied")
            raise FlowExpired(request.client_id, back_url)
        return request

    def seal_form(self, text: bytes) -> str:
        """A form that was posted, to be read once more from an address at once.

        It says no more than an address that anybody could write, and so is bound to nobody. Raises
        :class:`Invalid` when it is too long.
        """
        members = [text.decode("latin-1"), self.clock.now().timestamp() + _FORM_TTL]
        return for_address(self.sealer.seal(_FORM, members), _FORM)

    def open_form(self, sealed: str) -> bytes:
        """The form. Raises :class:`FlowInvalid`."""
        text, expires_at = self.sealer.open(_FORM, sealed)
        if self.clock.now().timestamp() >= expires_at:
            raise FlowInvalid(detail="the form is old")
        return str(text).encode("latin-1")

    def seal_code(self, code: AuthorizationCode) -> str:
        """The code as the client gets it."""
        return self.sealer.seal(_CODE, code.to_members())

    def open_code(self, text: str) -> AuthorizationCode:
        """Raises :class:`InvalidGrant` for what is no code of ours, or too old."""
        try:
            code = AuthorizationCode.from_members(self.sealer.open(_CODE, text))
        except FlowInvalid as error:
            raise InvalidGrant(detail="not an authorization code of ours") from error
        if self.clock.now().timestamp() >= code.expires_at:
            raise InvalidGrant(detail="the authorization code has expired")
        return code

    def code_expiry(self) -> int:
        """When a code that is made now ends."""
        return int(self.clock.now().timestamp()) + self.code_ttl
