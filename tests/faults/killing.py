"""Kills web and worker with SIGKILL in the middle of a mixed load, and counts afterwards.

Readers write by WhatsApp and by form, an editor answers; each repeats what was not answered, as Twilio and
people do. What was answered with 2xx or 3xx must be there once, and no reply may have reached Twilio twice.
"""

import http.client
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

from conftest import ACCOUNT, TOKEN
from signing import sign, text_message
from sqlalchemy import select
from twilio_peer import TwilioPeer

from inbox import create_app, migrations
from inbox.bootstrap import bootstrap
from inbox.models import DeliveryState, Direction, Message, Role, Submission, User
from inbox.runtime import Runtime

FORM = "application/x-www-form-urlencoded"
EDITOR = "e" * 32
SETTLE_SECONDS = 180
START_SECONDS = 60
AT_START = 0.2
"""How often a process is killed while it may still be starting."""


class Forms(HTMLParser):
    """The forms of a page: for each address it posts to, the hidden fields that it sends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = self.found.setdefault(values.get("action", "").partition("?")[0].partition("#")[0], {})
        if tag == "input" and values.get("type") == "hidden":
            self._fields[values["name"]] = values.get("value", "")


@dataclass
class Inbox:
    """The processes of one inbox: web with a worker, and further workers where the database allows many machines."""

    environ: dict[str, str]
    port: int
    workers: int
    _running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self) -> None:
        """Start what is not running."""
        log = (Path(self.environ["INBOX_DATA_DIR"]) / "faults.log").open("ab")
        wanted = [["serve", "--port", str(self.port)], *[["worker"]] * self.workers]
        for place, words in enumerate(wanted):
            if place < len(self._running) and self._running[place].poll() is None:
                continue
            command = [sys.executable, "-m", "inbox.cli", *words]
            process = subprocess.Popen(command, env={**os.environ, **self.environ}, stdout=log, stderr=log)
            self._running[place : place + 1] = [process]

    def kill(self, rng: random.Random) -> None:
        """Kill one of the processes, as a power cut would, and start it again."""
        victim = rng.choice(self._running)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.start()

    def wait_until_up(self) -> None:
        """Wait until the web server answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                connection.getresponse()
                return
            time.sleep(0.05)
        raise RuntimeError("the inbox did not start; see faults.log in its data folder")

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(60)


class Client:
    """Somebody with a browser, or a provider: every request is repeated until it is answered."""

    def __init__(self, port: int, stopped: threading.Event, cookies: dict[str, str] | None = None) -> None:
        self._port, self._stopped = port, stopped
        self.cookies = cookies or {}

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """Return status and body; (0, "") if the load ends before an answer comes."""
        while not self._stopped.is_set():
            try:
                status, body = self._ask_once(method, path, fields, headers)
            except (OSError, http.client.HTTPException):
                self._stopped.wait(0.05)
                continue
            if status < 500:
                return status, body
        return 0, ""

    def _ask_once(
        self, method: str, path: str, fields: dict[str, str] | None, headers: dict[str, str]
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if fields is not None:
            sent["Content-Type"] = FORM
        connection.request(method, path, urlencode(fields).encode() if fields is not None else None, sent)
        answer = connection.getresponse()
        body = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        connection.close()
        return answer.status, body


@dataclass
class Load:
    """What was answered, by what can be counted afterwards: message ids and texts."""

    url: str
    port: int
    cookies: dict[str, str]
    senders: int
    stopped: threading.Event = field(default_factory=threading.Event)
    messages: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def start(self) -> list[threading.Thread]:
        acts: list[Callable[[], None]] = [self._write, self._write, self._fill_in, self._answer]
        threads = [threading.Thread(target=self._repeat, args=(act,), daemon=True) for act in acts]
        for thread in threads:
            thread.start()
        return threads

    def _repeat(self, act: Callable[[], None]) -> None:
        while not self.stopped.is_set():
            try:
                act()
            except Exception as error:
                self.complaints.append(f"{act.__name__}: {error!r}")
                return

    def _write(self) -> None:
        """A reader's message, by WhatsApp, which Twilio repeats until it gets its 200."""
        sid = f"SM{secrets.token_hex(16)}"
        sender = f"whatsapp:+88690000{random.randrange(self.senders):04d}"
        fields = text_message(f"text of {sid}", sid, From=sender)
        signature = sign(fields, f"{self.url}/hooks/twilio/messages")
        client = Client(self.port, self.stopped)
        status, _ = client.ask("POST", "/hooks/twilio/messages", fields, X_Twilio_Signature=signature)
        self._note(status, (200,), self.messages, sid, "webhook")

    def _fill_in(self) -> None:
        """A reader's form; who gets no answer sends it again."""
        client, text = Client(self.port, self.stopped), f"form {secrets.token_hex(8)}"
        _, page = client.ask("GET", "/send/message")
        hidden = Forms(page).found.get("/send/message", {})
        fields = {**hidden, "name": "Ling", "subject": "Bus lanes", "body": text, "consent": "y"}
        status, _ = client.ask("POST", "/send/message", fields) if hidden else (0, "")
        self._note(status, (303,), self.forms, text, "form")

    def _answer(self) -> None:
        """An editor's reply to somebody on WhatsApp; who gets no answer presses Send again."""
        client, text = Client(self.port, self.stopped, dict(self.cookies)), f"reply {secrets.token_hex(8)}"
        _, queue = client.ask("GET", "/desk/?channel=whatsapp")
        references = re.findall(r"/desk/submissions/(\w+-\w+)", queue)
        if not references:
            self.stopped.wait(0.1)
            return
        path = f"/desk/submissions/{random.choice(references)}"
        _, page = client.ask("GET", path)
        hidden = Forms(page).found.get(f"{path}/reply")
        if not hidden:
            return
        status, _ = client.ask("POST", f"{path}/reply", {**hidden, "text": text})
        self._note(status, (302, 303, 409), self.replies if status != 409 else [], text, "reply")

    def _note(self, status: int, good: tuple[int, ...], kept: list[str], what: str, name: str) -> None:
        if status in good:
            kept.append(what)
        elif status:
            self.complaints.append(f"{name}: {status}")


@dataclass(frozen=True)
class Outcome:
    """What the counting found; `faults` is empty if every promise was kept."""

    messages: int
    forms: int
    replies: int
    kills: int
    faults: list[str]


def run(environ: dict[str, str], kills: int, seed: int, *, workers: int = 0, peer: TwilioPeer) -> Outcome:
    """Load an inbox with these settings, kill its processes so many times, let it settle, and count."""
    rng = random.Random(seed)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environ = {**environ, **_settings(url, peer)}
    runtime = bootstrap(environ)
    cookies = _prepare(runtime)
    inbox = Inbox(environ, port, workers)
    inbox.start()
    load = Load(url, port, cookies, senders=40)
    threads = load.start()
    for _ in range(kills):
        if rng.random() > AT_START:
            inbox.wait_until_up()
        time.sleep(rng.uniform(0.2, 2.5))
        for _ in range(rng.randrange(3)):
            peer.next(rng.choice(["drop-before", "drop-after", "fault-before", "fault-after", "busy"]))
        inbox.kill(rng)
    inbox.wait_until_up()
    time.sleep(3)
    load.stopped.set()
    for thread in threads:
        thread.join(60)
    peer.behave()
    _settle(runtime, peer)
    inbox.stop()
    faults = [*load.complaints, *_count(runtime, load, peer)]
    runtime.database.engine.dispose()
    return Outcome(len(load.messages), len(load.forms), len(load.replies), kills, faults)


def _settings(url: str, peer: TwilioPeer) -> dict[str, str]:
    return {
        "INBOX_PUBLIC_URL": url,
        "INBOX_SECRET_KEY": "a secret for tests only, long enough",
        "INBOX_MIN_FILL_SECONDS": "0",
        "INBOX_PUBLIC_POST_LIMIT": "1000000 per minute",
        "INBOX_SIGN_IN_LIMIT": "1000000 per minute",
        "INBOX_REQUIRE_MFA": "false",
        "INBOX_TWILIO_API_BASE": peer.url,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
    }


def _prepare(runtime: Runtime) -> dict[str, str]:
    """Make the tables and an editor; return the cookies of the editor's session."""
    migrations.upgrade(runtime.database.engine)
    with runtime.database.writing() as session:
        session.add(
            User(
                email="editor@newsroom.example",
                name="Editor",
                role=Role.EDITOR,
                fs_uniquifier=EDITOR,
                created_at=datetime.now(UTC),
            )
        )
    app = create_app(runtime)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    values = {"_user_id": EDITOR, "_fresh": True, "fs_cc": "set", "fs_paa": 4_000_000_000}
    return {app.config["SESSION_COOKIE_NAME"]: serializer.dumps(values)}


def _settle(runtime: Runtime, peer: TwilioPeer) -> None:
    """Wait until nothing waits or is being sent, and what is in doubt is cleared as far as Twilio has it.

    What Twilio does not have stays in doubt for minutes; that is waited for by nobody.
    """
    deadline = time.monotonic() + SETTLE_SECONDS  # the lease of a worker that was killed has to run out first
    while time.monotonic() < deadline:
        with runtime.database.reading() as session:
            ours = session.execute(select(Message.delivery_state, Message.recipient, Message.text).where(_OURS)).all()
        at_twilio = _reached(peer)
        if not any(state in _MOVING or (state == "unknown" and at_twilio[to, text]) for state, to, text in ours):
            return
        time.sleep(0.5)


_OURS = Message.delivery_state != ""
_MOVING = (DeliveryState.QUEUED, DeliveryState.SENDING)


def _reached(peer: TwilioPeer) -> Counter[tuple[str, str]]:
    """How often each text reached each person."""
    return Counter((message["To"].removeprefix("whatsapp:"), message["Body"]) for message in list(peer.messages))


def _count(runtime: Runtime, load: Load, peer: TwilioPeer) -> list[str]:
    """Everything that is not as promised."""
    with runtime.database.reading() as session:
        incoming = select(Message.external_id, Message.text).where(Message.direction == Direction.IN)
        received = session.execute(incoming).all()
        ours = session.execute(select(Message.recipient, Message.text, Message.delivery_state).where(_OURS)).all()
        threads = session.scalars(select(Submission.thread_key).where(Submission.thread_key.is_not(None))).all()
    ids, texts = Counter(sid for sid, _ in received), Counter(text for _, text in received)
    written, reached = Counter((to, text) for to, text, _ in ours), _reached(peer)
    replies = Counter(text for _, text, _ in ours)
    return [
        *(f"a webhook's message is there {ids[sid]} times" for sid in load.messages if ids[sid] != 1),
        *(f"a form is there {texts[text]} times" for text in load.forms if texts[text] != 1),
        *(f"a reply is there {replies[text]} times" for text in load.replies if replies[text] != 1),
        *(
            f"Twilio has {times} of {written[each]} messages"
            for each, times in reached.items()
            if times > written[each]
        ),
        *(
            f"a message is {state} and at Twilio {reached[to, text]} times"
            for to, text, state in ours
            if not _agrees(DeliveryState(state), reached[to, text])
        ),
        *(["one sender has two open submissions"] if len(set(threads)) != len(threads) else []),
    ]


def _agrees(state: DeliveryState, times: int) -> bool:
    """Whether what the desk shows fits what Twilio has."""
    if state is DeliveryState.UNKNOWN:
        return times == 0
    return times == (0 if state in (DeliveryState.FAILED, DeliveryState.CANCELLED) else 1)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def redis(server: str, folder: Path) -> Iterator[str]:
    """A Redis of its own, from the program `server`; yields its address."""
    port = free_port()
    command = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(30)
