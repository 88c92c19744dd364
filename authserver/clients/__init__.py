"""OAuth clients: their metadata by the names of RFC 7591 and OpenID Connect, and their secrets.

Owns the tables ``clients`` and ``client_secrets``. Refuses to own how a request presents a
secret: that is ``oauth.client_auth``.
"""
