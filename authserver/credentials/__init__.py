"""How a person proves who they are: passwords, and what happens after too many wrong ones.

Owns the counters of failed sign-ins. Refuses to own users, sessions and Flask.
"""
