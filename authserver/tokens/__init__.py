"""Tokens: from an authorization to a token set, and back from a token to whom it stands for.

Owns the form of access, refresh, ID and logout tokens (RFC 9068, RFC 7519, OpenID Connect Core
1.0), what people are called in them, and what is told of people. Refuses to own tables, keys and
HTTP.
"""
