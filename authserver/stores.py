"""Where state lives, and the way out: opened once from the settings, before all that uses it."""

from dataclasses import dataclass

from authserver.clock import Clock
from authserver.http.outbound import OutboundFetcher
from authserver.http.outbound_policy import OutboundPolicy
from authserver.settings import Settings
from authserver.signing.keystores import KeyStore, load_key_store
from authserver.storage.cache import Cache, NoCache, RedisCache
from authserver.storage.db import Database, open_database
from authserver.storage.notices import LocalNotices, Notices, RedisNotices
from authserver.storage.rate_limits import ProcessRateLimits, RateLimits, RedisRateLimits
from authserver.storage.redis import RedisDoor


@dataclass(frozen=True)
class Stores:
    """Where state lives, what time it is, and the one door to servers of others."""

    database: Database
    redis: RedisDoor | None
    cache: Cache
    limits: RateLimits
    notices: Notices
    clock: Clock
    key_store: KeyStore
    outbound: OutboundFetcher


def open_stores(settings: Settings, clock: Clock) -> Stores:
    """No connection is made yet. Raises :class:`KeyStoreError`."""
    key_store = load_key_store(settings.keys_dir, settings.key_encryption_key)
    database = open_database(settings.database_url, settings.database_pool_size)
    # Half of the threads that serve requests remain for what needs nobody else's server.
    outbound = OutboundFetcher(
        OutboundPolicy(frozenset(settings.outbound_allowed_hosts)),
        places=max(1, settings.threads // 2),
    )
    if not settings.redis_url:
        return Stores(
            *(database, None, NoCache(), ProcessRateLimits(), LocalNotices(), clock, key_store),
            outbound=outbound,
        )
    redis = RedisDoor(settings.redis_url)
    return Stores(
        database=database,
        redis=redis,
        cache=RedisCache(redis),
        limits=RedisRateLimits(redis),
        notices=RedisNotices(redis),
        clock=clock,
        key_store=key_store,
        outbound=outbound,
    )
