"""Roles, the permissions that they carry, and who has which.

Owns the tables ``roles`` and ``user_roles`` and the vocabulary of permissions. Refuses to own
users, and to decide about a request: that is ``http.principal``.
"""
