"""The running system: one frozen value that web, worker and command line share."""

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from inbox.config import Settings
from inbox.db import Database
from inbox.profile import Profile
from inbox.storage import Storage


@dataclass(frozen=True)
class Runtime:
    """Settings, profile, database, file storage, the secret key and the clock (aware, UTC)."""

    settings: Settings
    profile: Profile
    database: Database
    storage: Storage
    secret_key: str
    clock: Callable[[], datetime]
    bell: threading.Event = field(default_factory=threading.Event)
    """Rung after a page or webhook has written something, so that the worker beside it looks at once."""

    @property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return ZoneInfo(self.profile.time_zone)

    def derive(self, purpose: str, text: str) -> bytes:
        """32 bytes that only this installation can compute from `text`; `purpose` keeps uses apart."""
        return hmac.digest(self.secret_key.encode(), f"{purpose}\n{text}".encode(), hashlib.sha256)
