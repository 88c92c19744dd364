"""Browser sessions: one row for each account that is signed in in one browser (single sign-on).

Owns the table ``browser_sessions``, the tokens in the cookie that name its rows, and the copies in
the cache. Refuses to own how somebody proves who they are (``authn``), what a client may do on
their behalf (``sessions``), and how cookies are set (``http``).
"""
