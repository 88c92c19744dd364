"""The metrics: all that is counted and measured, by the names under which Prometheus sees it.

Each is counted where its fact is known; here is what they are called, and what they mean. The
sentences are those of docs/operations/monitoring.md. No label has values that a caller chooses, or
anybody could fill the memory of two servers with them.
"""

from collections.abc import Sequence
from typing import Any

from authserver.observability.series import Counter, Family, Gauge, Histogram

# In seconds. Most answers take a few milliseconds; nothing is waited for longer than some seconds.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

# The front door -----------------------------------------------------------------------------------

REQUESTS = Counter(
    "authserver_http_requests_total",
    "Requests that were answered, by route and status.",
    ("route", "status"),
)
REQUEST_SECONDS = Histogram(
    "authserver_http_request_duration_seconds",
    "Time from the request to the beginning of its answer, by route.",
    ("route",),
    bounds=_BUCKETS,
)
THROTTLED = Counter(
    "authserver_throttle_refusals_total",
    "Requests refused because an address had used up its attempts, by throttle.",
    ("throttle",),
)

# Who signs in, and what they get ------------------------------------------------------------------

TOKENS = Counter(
    "authserver_tokens_issued_total",
    "Tokens issued, by grant and kind (access, refresh, id).",
    ("grant", "kind"),
)
SIGN_INS = Counter(
    "authserver_sign_in_attempts_total",
    "Passwords presented, by outcome (succeeded, failed, locked, throttled, unavailable).",
    ("outcome",),
)
REFRESH_REUSES = Counter(
    "authserver_refresh_token_reuses_total",
    "Refresh tokens that came a second time; their sessions were ended.",
)
CODE_REUSES = Counter(
    "authserver_authorization_code_reuses_total",
    "Authorization codes that came a second time; their sessions were ended.",
)
HASHES_RUNNING = Gauge(
    "authserver_password_hashes_running", "Passwords that are being hashed at the moment."
)
HASHES_WAITING = Gauge(
    "authserver_password_hashes_waiting", "Passwords that wait for being hashed."
)
HASHES_REFUSED = Counter(
    "authserver_password_hashes_refused_total",
    "Passwords that were refused because too many waited.",
)

# Keys ---------------------------------------------------------------------------------------------

KEY_AGE = Gauge(
    "authserver_signing_key_age_seconds",
    "For how long the key that signs has done so, by purpose and algorithm; 0 without any.",
    ("purpose", "algorithm"),
    merging="max",
)
KEYS_SIGNING = Gauge(
    "authserver_signing_keys_active",
    "Keys that sign, by purpose and algorithm: 1, or 0 where there is none.",
    ("purpose", "algorithm"),
    merging="min",
)
KEY_ROTATION = Gauge(
    "authserver_signing_key_rotation_seconds",
    "After what time a key is to give way to the next; 0 where that is done by command only.",
    merging="max",
)

# PostgreSQL and Redis -----------------------------------------------------------------------------

DATABASE_UP = Gauge(
    "authserver_database_up",
    "Whether PostgreSQL answered when it was last asked, which is done every five seconds.",
    merging="max",
)
DATABASE_FAILURES = Counter(
    "authserver_database_failures_total",
    "Statements and transactions that PostgreSQL did not answer, by pool.",
    ("pool",),
)
POOL_SIZE = Gauge(
    "authserver_database_pool_connections",
    "Connections that there may be, by pool (statements, transactions).",
    ("pool",),
)
POOL_USED = Gauge(
    "authserver_database_pool_connections_in_use",
    "Connections that are in use at the moment, by pool.",
    ("pool",),
)
POOL_WAITS = Counter(
    "authserver_database_pool_waits_total",
    "How often all connections were in use and one had to be waited for, by pool.",
    ("pool",),
)
POOL_REFUSALS = Counter(
    "authserver_database_pool_refusals_total",
    "Waits for a connection that were in vain, by pool.",
    ("pool",),
)
CACHE_LOOKUPS = Counter(
    "authserver_cache_lookups_total",
    "Look-ups in what is remembered, by cache and outcome (hit, miss).",
    ("cache", "outcome"),
)
REDIS_UP = Gauge(
    "authserver_redis_up",
    "Whether Redis answered when it was last asked; 0 without Redis in the settings.",
    merging="min",
)
REDIS_CONFIGURED = Gauge(
    "authserver_redis_configured", "Whether the settings name a Redis.", merging="max"
)
REDIS_FAILURES = Counter(
    "authserver_redis_failures_total", "How often Redis did not answer; each closes the way to it."
)

# What we call, and what is left for later ---------------------------------------------------------

OUTBOUND_CALLS = Counter(
    "authserver_outbound_calls_total",
    "Calls to addresses that clients registered, by outcome (answered, refused, failed).",
    ("outcome",),
)
JOBS = Gauge(
    "authserver_job_queue_jobs",
    "Jobs in the queue, by task and status (waiting, running, failed); failed ones of a week.",
    ("task", "status"),
    merging="max",
)
OLDEST_JOB = Gauge(
    "authserver_job_queue_oldest_waiting_seconds",
    "For how long the oldest job has been due that nobody has begun with, by task.",
    ("task",),
    merging="max",
)
JOB_ATTEMPTS = Counter(
    "authserver_job_attempts_total",
    "Attempts at jobs, by task and outcome (done, failed, given_up).",
    ("task", "outcome"),
)

# The audit record ---------------------------------------------------------------------------------

AUDIT_UNSEALED = Gauge(
    "authserver_audit_unsealed_seconds",
    "For how long the first audit event that has no seal has waited for one; 0 if all have.",
    merging="max",
)
AUDIT_RETENTION_REFUSALS = Counter(
    "authserver_audit_retention_refusals_total",
    "How often old audit events were kept because they are not as they were sealed.",
)

# The processes ------------------------------------------------------------------------------------

PROCESSES = Gauge(
    "authserver_processes",
    "Processes that answer requests (server) or do jobs (worker).",
    ("kind",),
)
PROCESSOR_SECONDS = Counter(
    "authserver_processor_seconds_total", "Processor time that these processes have used."
)
MEMORY = Gauge(
    "authserver_resident_memory_bytes",
    "Memory that these processes have, what they share counted for each.",
)
CLOCK_STEPS = Counter(
    "authserver_clock_steps_total",
    "How often somebody set the machine's clock, by a second or more.",
)
BUILD = Gauge("authserver_build_info", "The version; always 1.", ("version",), merging="max")


def families() -> Sequence[Family[Any]]:
    """All of them, in the order in which they stand here."""
    return [value for value in globals().values() if isinstance(value, Family)]
