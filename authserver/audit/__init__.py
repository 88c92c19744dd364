"""The record of every security-relevant event: who, what, to whom, from where.

Owns the tables ``audit_events``, ``audit_seals`` and ``audit_horizon``, and the vocabulary of
events. Refuses to own metrics and logs.
"""
