"""Getting media from Twilio, and deleting them there.

Credentials go to Twilio itself and never along with a redirect; the copy that Twilio redirects to is open to
whoever has its address, for four hours
(https://help.twilio.com/articles/223183748, Protect media access with HTTP basic authentication).
"""

import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import BinaryIO
from urllib.parse import urljoin

from inbox.channels import pinned
from inbox.channels.pinned import Forbidden, Hosts
from inbox.config import Settings
from inbox.runtime import Runtime
from inbox.services.jobs import NotNow, Refused
from inbox.services.media import Fetcher

TWILIO = ("*.twilio.com", "*.twiliocdn.com", "s3-external-1.amazonaws.com")
"""Where media lie, and where Twilio redirects to."""
_ACCOUNT_HOSTS = Hosts(("*.twilio.com",))
TOTAL_SECONDS = 300.0
MOST_REDIRECTS = 5
CHUNK_BYTES = 256 * 1024
ASK_ADMINISTRATOR_AGAIN = timedelta(minutes=15)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_AS_SOUND = re.compile(r"\.(mp3|wav)$")


def fetcher(runtime: Runtime) -> Fetcher:
    """The fetcher that the settings describe."""
    settings = runtime.settings
    return Media(allowed_hosts(settings), credentials(settings), settings.max_upload_bytes)


def allowed_hosts(settings: Settings) -> Hosts:
    """Those that media may be fetched from."""
    return Hosts.of(settings.twilio_media_hosts, TWILIO, settings.rehearses)


def may_fetch(settings: Settings, url: str) -> bool:
    """Whether media may be fetched from this address."""
    try:
        allowed_hosts(settings).place(url)
    except Forbidden:
        return False
    return True


def credentials(settings: Settings) -> list[tuple[str, str]]:
    """What media may be asked for with, in the order to try: an API key may lack the right to."""
    key, token = settings.twilio_api_secret, settings.twilio_auth_token
    pairs = [(settings.twilio_api_key, key), (settings.twilio_account_sid, token)]
    return [(user, secret.get_secret_value()) for user, secret in pairs if user and secret]


class Media:
    """Twilio's media as a `Fetcher`."""

    def __init__(
        self, hosts: Hosts, credentials: list[tuple[str, str]], most_bytes: int, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._hosts, self._credentials = hosts, [_basic(*pair) for pair in credentials]
        self._most_bytes, self._total_seconds = most_bytes, total_seconds

    def fetch(self, url: str, file: BinaryIO) -> None:
        deadline = time.monotonic() + self._total_seconds
        with _told():
            # Only the address that Twilio gave us is asked with credentials, whatever a redirect says.
            location = self._get(url, self._authorisations(url), file, deadline)
            for _ in range(MOST_REDIRECTS):
                if location is None:
                    return
                url = urljoin(url, location)
                location = self._get(url, [{}], file, deadline)
        if location is not None:
            raise Refused("redirects")

    def forget(self, url: str) -> None:
        deadline = time.monotonic() + self._total_seconds
        with _told():
            authorisations = self._authorisations(url)
            for headers in authorisations:
                with pinned.answer(self._hosts, "DELETE", _AS_SOUND.sub("", url), headers, deadline) as answer:
                    if answer.status in (200, 204, 404, 410):
                        return
                    if answer.status not in (401, 403) or headers is authorisations[-1]:
                        raise _refusal(answer, asked_with_credentials=bool(headers))

    def _authorisations(self, url: str) -> list[dict[str, str]]:
        place = self._hosts.place(url)
        ours = self._hosts.are_vouched_for(place) or _ACCOUNT_HOSTS.fits(place)
        return self._credentials if ours and self._credentials else [{}]

    def _get(self, url: str, authorisations: list[dict[str, str]], file: BinaryIO, deadline: float) -> str | None:
        """Write the file, and return None, or where it is instead."""
        for headers in authorisations:
            with pinned.answer(self._hosts, "GET", url, headers, deadline) as answer:
                if answer.status in (401, 403) and headers is not authorisations[-1]:
                    continue
                if answer.status in _REDIRECTS:
                    return answer.headers.get("Location", "")
                if answer.status != 200:
                    raise _refusal(answer, asked_with_credentials=bool(headers))
                self._save(answer, file)
        return None

    def _save(self, answer: HTTPResponse, file: BinaryIO) -> None:
        """Write the body as it comes, in pieces. What says that it is packed is not unpacked."""
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refused("encoding")
        promised = answer.length
        if (promised or 0) > self._most_bytes:
            raise Refused("too-large")
        size = 0
        file.seek(0)
        file.truncate()
        while chunk := answer.read1(CHUNK_BYTES):
            size += len(chunk)
            if size > self._most_bytes:
                raise Refused("too-large")
            file.write(chunk)
        if promised is not None and size != promised:
            raise NotNow("cut-short")


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong on the way into what the list of work understands."""
    try:
        yield
    except Forbidden as error:
        raise Refused(error.code) from None
    except TimeoutError:
        raise NotNow("too-slow") from None
    except HTTPException:
        raise NotNow("cut-short") from None
    except OSError:
        raise NotNow("unreachable") from None


def _refusal(answer: HTTPResponse, *, asked_with_credentials: bool) -> Exception:
    """What an answer without the file means. Right after a webhook a file may not be there yet (404)."""
    status, after = answer.status, _retry_after(answer.headers.get("Retry-After", ""))
    if status == 410:
        return Refused("gone")
    if status in (401, 403) and asked_with_credentials:
        return NotNow("sign-in", ASK_ADMINISTRATOR_AGAIN)
    if status == 404:
        return NotNow("missing")
    return NotNow("busy" if status == 429 or status >= 500 else "refused", after)


def _retry_after(text: str) -> timedelta | None:
    """How long a server asks us to wait (RFC 9110, 10.2.3), or None if it does not say."""
    try:
        seconds = float(text) if text.isdecimal() else parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return max(min(timedelta(seconds=seconds), LONGEST_WAIT), SHORTEST_WAIT)


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}
