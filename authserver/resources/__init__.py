"""Resource servers: the audiences that access tokens are made for, and how those are signed.

Owns the table ``resource_servers``. Refuses to own which client may ask for which: that is the
client's own ``audience``.
"""
