"""How often something was done lately: in Redis, where all processes share it, else in this process's memory."""

import time
from collections.abc import Callable
from math import ceil
from typing import Any

import redis
from limits import RateLimitItem
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, RateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from inbox.logs import log

REDIS_SECONDS = 1
"""How long a request may wait for Redis; it is on the same network or is away."""
AWAY_SECONDS = 5
SAY_AGAIN_SECONDS = 60


class Budgets:
    """Counts acts. While Redis is away this process counts for itself: a budget must not stop what it guards."""

    def __init__(self, redis_url: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._own = FixedWindowRateLimiter(MemoryStorage())
        self._shared = _shared(redis_url) if redis_url else None
        self._clock = clock
        self._away_until = self._silent_until = clock()

    def hit(self, limit: RateLimitItem, *key: str) -> int | None:
        """Count one act; return None if it was within the limit, else in how many seconds there is room again."""
        if self._shared and self._clock() >= self._away_until:
            try:
                return _hit(self._shared, limit, key)
            except redis.RedisError as error:
                self._leave_alone(error)
        return _hit(self._own, limit, key)

    def _leave_alone(self, error: Exception) -> None:
        now = self._clock()
        self._away_until = now + AWAY_SECONDS
        if now >= self._silent_until:
            self._silent_until = now + SAY_AGAIN_SECONDS
            log.warning("redis is away: budgets are counted in this process", error=type(error).__name__)


def trouble(redis_url: str) -> str:
    """Why Redis does not answer at this address, as one word, or ""."""
    try:
        with redis.Redis.from_url(redis_url, **_patience()) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        return type(error).__name__
    return ""


def _shared(redis_url: str) -> RateLimiter:
    scheme, _, rest = redis_url.partition("://")
    address = f"redis+unix://{rest}" if scheme == "unix" else redis_url
    return FixedWindowRateLimiter(storage_from_string(address, **_patience()))


def _patience() -> dict[str, Any]:
    once = Retry(NoBackoff(), 0)
    return {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS, "retry": once}


def _hit(limiter: RateLimiter, limit: RateLimitItem, key: tuple[str, ...]) -> int | None:
    if limiter.hit(limit, *key):
        return None
    return max(ceil(limiter.get_window_stats(limit, *key).reset_time - time.time()), 1)
