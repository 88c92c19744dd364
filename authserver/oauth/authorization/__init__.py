"""The authorization endpoint, step by step (RFC 6749, section 3.1; OpenID Connect Core 1.0, 3).

``parameters`` reads the request, ``client_check`` and ``redirect_uris`` prove to whom an answer may
go, ``checks`` is the table of everything else that must hold, ``steps`` decides what a person must
still do, ``issuing`` makes the answer, ``response_modes`` sends it.
"""
