"""The authorization endpoint, step by step (RFC 6749, section 3.1; OpenID Connect Core 1.0, 3).

``parameters`` reads the request, ``proof`` (with ``redirect_uris``) proves to whom an answer may
go, ``checks`` is the table of everything else that must hold (``response_types`` and
``claims_requests`` belong to it), ``steps`` decides what a person must still do, ``issuing`` makes
the answer, ``response_modes`` sends it. ``error_pages`` are for what can be told to no client.
"""
