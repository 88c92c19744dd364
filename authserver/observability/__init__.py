"""What can be seen of a running server: its logs, its numbers, its traces and its crashes.

Refuses to own the audit record, which is data and not a log.
"""
