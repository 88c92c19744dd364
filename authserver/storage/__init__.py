"""How we reach PostgreSQL and Redis.

Owns connections, transactions, prepared statements, the cache and the counters of the throttles.
Refuses to own any table or any key: those belong to the rooms.
"""
