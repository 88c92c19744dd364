"""The algorithms that a client may register for (RFC 7518; RFC 8037; RFC 9864)."""

UNSIGNED = "none"
# Under the secret of a client, which is then kept so that it can be read (docs/adr/0011).
BY_SECRET = ("HS256",)
# Under the client's own key: its assertions and its request objects.
BY_CLIENT_KEY = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
# RSA-OAEP with SHA-1 and RSA1_5 are not among them (RFC 8725, section 3.2).
KEY_MANAGEMENT = ("RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW")
CONTENT_ENCRYPTION = ("A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM")
# OpenID Connect Registration 1.0, section 2, wherever only the other algorithm is named.
DEFAULT_CONTENT_ENCRYPTION = "A128CBC-HS256"
