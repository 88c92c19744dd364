"""Flows: authorizations in progress, carried by the browser itself and not by rows of ours.

Owns the form of sealed authorization requests and of authorization codes, and opens them. Refuses
to own who signs in, what is granted, and any page: it is where the protocol and the pages meet.
"""
