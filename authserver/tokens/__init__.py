"""Tokens: from an authorization to a token set, and back from a token to whom it stands for.

Owns the form of access and refresh tokens (RFC 9068, RFC 7519). Refuses to own tables, keys and
HTTP.
"""
