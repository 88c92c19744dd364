"""Authserver: a standalone OAuth 2.0 and OpenID Connect authorization server."""

__title__ = "Authserver"
__version__ = "0.1.0"
