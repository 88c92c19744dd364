"""The members of OpenID Connect Registration 1.0 and of the logout specifications, as JSON."""

from typing import Any

from marshmallow import Schema, fields, post_dump, post_load, pre_load

from authserver.clients.openid_metadata import untagged


def optional(description: str) -> fields.String:
    return fields.String(allow_none=True, metadata={"description": description})


def optional_strings(description: str) -> fields.List[Any]:
    return fields.List(fields.String(), allow_none=True, metadata={"description": description})


class Flag(fields.Boolean):
    """True or false, and nothing that only equals it: to Python 1 does."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


def _optional_flag(description: str) -> Flag:
    return Flag(allow_none=True, metadata={"description": description})


class OpenIdSchema(Schema):
    """What has a default of its specification, and may be left out."""

    application_type = optional("web (the default), or native for an application on a device.")
    jwks = fields.Dict(
        allow_none=True, metadata={"description": "Its public keys, as a JWK Set (RFC 7517)."}
    )
    jwks_uri = optional("Where its public keys are, instead of jwks.")
    sector_identifier_uri = optional("A list of redirect URIs that share pairwise subjects.")
    subject_type = optional("public (the default), or pairwise: other subjects than elsewhere.")
    id_token_signed_response_alg = optional("Algorithm of its ID tokens. Default: RS256.")
    id_token_encrypted_response_alg = optional("How the key of an encrypted ID token is sent.")
    id_token_encrypted_response_enc = optional("How an ID token is encrypted.")
    userinfo_signed_response_alg = optional("Signs answers of userinfo; left out, they are JSON.")
    userinfo_encrypted_response_alg = optional("How the key of encrypted user info is sent.")
    userinfo_encrypted_response_enc = optional("How user info is encrypted.")
    request_object_signing_alg = optional("The only algorithm of its request objects.")
    require_signed_request_object = _optional_flag("Whether each request must be a signed one.")
    token_endpoint_auth_signing_alg = optional("The only algorithm of its assertions.")
    default_max_age = fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"description": "Seconds after which people must sign in anew."},
    )
    require_auth_time = _optional_flag("Whether ID tokens always tell the time of the sign-in.")
    default_acr_values = optional_strings("Authentication contexts that it asks for by default.")
    initiate_login_uri = optional("Where others may send people to sign in to it.")
    request_uris = optional_strings("Where its request objects are.")
    post_logout_redirect_uris = optional_strings("Where people may be sent after signing out.")
    backchannel_logout_uri = optional("Where it is told that somebody signed out.")
    backchannel_logout_session_required = _optional_flag("Whether it must be told the session.")
    frontchannel_logout_uri = optional("A page of it that is framed when somebody signs out.")
    frontchannel_logout_session_required = _optional_flag("Whether it must be told the session.")
    pkce = optional("required (the default), or optional for a confidential client.")


class TranslatedSchema(Schema):
    """Members that people read may come in other languages: `client_name#de` (RFC 7591, 2.2)."""

    @pre_load
    def set_translations_apart(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if not untagged(name)}

    @post_load(pass_original=True)
    def bring_translations_back(
        self, members: dict[str, Any], original: dict[str, Any], **_: Any
    ) -> dict[str, Any]:
        """What they may be is checked with all other members."""
        return members | {name: value for name, value in original.items() if untagged(name)}

    @post_dump(pass_original=True)
    def show_translations(self, members: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        return members | {name: value for name, value in original.items() if untagged(name)}
