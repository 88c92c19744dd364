"""Consents: what somebody has allowed a client to do on their behalf, until they take it back.

Owns the table ``consents``. Refuses to own when consent is asked for, and the sessions that came of
it: those are told to end.
"""
