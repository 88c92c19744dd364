"""The protocol: the only room that knows Authlib's server side. It owns no tables.

=============  ==========================================================================
RFC 6749       ``server`` (the token endpoint's phases), ``requests``, ``errors``, ``grants/``,
               ``client_auth/``, ``endpoints/authorize`` and its steps in ``authorization/``
RFC 6750       ``endpoints/userinfo`` (bearer tokens in the header or in the form)
RFC 7009       ``endpoints/revocation``
RFC 7517       ``endpoints/jwks``
RFC 7523       ``client_auth/assertions``, ``client_signatures``
RFC 7591       ``endpoints/registration``, ``software_statements`` (and OpenID Connect Registration)
RFC 7592       ``endpoints/registration``
RFC 7636       ``pkce``
RFC 7662       ``endpoints/introspection``
RFC 8414       ``metadata``, ``endpoints/discovery`` (and OpenID Connect Discovery 1.0)
RFC 8707       ``resource_indicators``
RFC 9068       ``tokens.claims``, for which this room is the only caller over HTTP
RFC 9101       ``request_objects`` (and OpenID Connect Core 1.0, section 6)
RFC 9207       ``endpoints/authorize`` (the parameter ``iss`` of each answer)
OIDC Core      ``authorization/`` (sections 3 and 5.5), ``endpoints/userinfo`` (section 5.3)
OIDC Logout    ``endpoints/end_session`` and its steps in ``logout/`` (RP-Initiated, Front-Channel);
               Back-Channel is a job: ``authn.back_channel_logout``
OIDC Session   ``session_state``, ``endpoints/check_session`` (Session Management 1.0)
=============  ==========================================================================
"""
