"""Clients that register themselves: who may, what such a client may be, and how it is managed.

Owns the table ``initial_access_tokens``. Refuses to own what any client may be, which is
``clients``, and the dialect of RFC 7591 and RFC 7592, which is ``oauth.endpoints.registration``.
"""
