"""The keys that sign: made, sealed, published, rotated.

Owns the tables ``signing_keys`` and ``installation_secrets``, and the JWKS. Refuses to own what is
signed: that is ``tokens``.
"""
