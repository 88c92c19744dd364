"""The protocol: the only room that knows Authlib's server side. It owns no tables.

=============  ==========================================================================
RFC 6749       ``server`` (the token endpoint's phases), ``requests``, ``errors``, ``grants/``,
               ``client_auth/``
RFC 6750       ``endpoints/userinfo`` (bearer tokens in the header or in the form)
RFC 7009       ``endpoints/revocation``
RFC 7517       ``endpoints/jwks``
RFC 7523       ``client_auth/assertions``, ``client_signatures``
RFC 7591       ``endpoints/registration``, ``software_statements`` (and OpenID Connect Registration)
RFC 7592       ``endpoints/registration``
RFC 7662       ``endpoints/introspection``
RFC 8414       ``metadata``, ``endpoints/discovery`` (and OpenID Connect Discovery 1.0)
RFC 8707       ``resource_indicators``
RFC 9068       ``tokens.claims``, for which this room is the only caller over HTTP
RFC 9101       ``request_objects`` (and OpenID Connect Core 1.0, section 6)
=============  ==========================================================================
"""
