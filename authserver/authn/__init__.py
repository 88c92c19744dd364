"""Who is this person? Sign-in with all its gates, and the seed's ``/api/auth/*``.

Refuses to own tables: users, credentials and sessions are other rooms.
"""
