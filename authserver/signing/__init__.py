"""The keys that sign: made, sealed, published, rotated.

Owns the table ``signing_keys`` and the JWKS. Refuses to own what is signed: that is ``tokens``.
"""
