"""The queue of jobs as operators see it: what waits, what failed, and trying that again.

Owns no table: those of the queue are procrastinate's. Refuses to own what a job does (``jobs``),
how it is left (``storage.jobs``) and how it is done (``storage.job_worker``).
"""
