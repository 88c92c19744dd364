"""The kit that every HTTP surface is made with: guards, dialects, headers, limits.

Owns what a request is before and after our own code sees it. Refuses to own any table, any
endpoint of the protocol, and any decision about a user.
"""
