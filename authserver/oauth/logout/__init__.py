"""Signing out, step by step (OpenID Connect RP-Initiated Logout 1.0).

``proof`` reads a request and proves where the person may be sent afterwards, ``front_channel`` says
which pages of clients are loaded. Refuses to own the notices to servers: they are jobs.
"""
