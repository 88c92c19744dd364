"""Sessions: one row for each sign-in of a person at a client, the family of its refresh tokens.

Owns the tables ``sessions`` and ``revoked_access_tokens``, rotation and reuse detection. Refuses
to own the form of any token: that is ``tokens``.
"""
