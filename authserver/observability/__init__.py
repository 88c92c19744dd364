"""What can be seen of a running server: its logs.

Refuses to own the audit record, which is data and not a log.
"""
