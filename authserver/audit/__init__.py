"""The record of every security-relevant event: who, what, to whom, from where.

Owns the table ``audit_events`` and the vocabulary of events. Refuses to own metrics and logs.
"""
