"""People who can sign in: their address, their name, whether they are enabled.

Owns the table ``users``. Refuses to own how they prove who they are (``credentials``) and what
they may do (``roles``).
"""
