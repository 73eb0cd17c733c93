"""`inbox simulate` plays Twilio's part towards a running inbox."""

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Clock
from PIL import Image
from said import answers, received
from waitress import create_server

from inbox import create_app, worker
from inbox.bootstrap import bootstrap
from inbox.channels import twilio_account
from inbox.channels.twilio import simulate
from inbox.errors import ConfigError
from inbox.models import Attachment, Channel, FileState, Message
from inbox.runtime import Runtime


@contextmanager
def served(environ: dict[str, str], clock: Clock) -> Iterator[Runtime]:
    """An inbox that really listens, at the address it is told to have."""
    waiting = create_server(lambda environ, start: [], host="127.0.0.1", port=0)
    runtime = bootstrap({**environ, "INBOX_PUBLIC_URL": f"http://127.0.0.1:{waiting.effective_port}"}, clock)
    waiting.application = create_app(runtime)
    thread = threading.Thread(target=waiting.run, daemon=True)
    thread.start()
    try:
        yield runtime
    finally:
        waiting.close()
        runtime.database.engine.dispose()


@pytest.fixture
def without_token(environ: dict[str, str]) -> dict[str, str]:
    """The settings of a newcomer who has no Twilio account."""
    return {name: value for name, value in environ.items() if not name.startswith("TWILIO_")}


def newest(runtime: Runtime) -> Message:
    with runtime.database.reading() as session:
        message = session.scalars(received()).one()
        assert message.submission.channel is message.channel
        assert len(message.attachments) == len({file.id for file in message.attachments})
        return message


@pytest.mark.parametrize("channel", [Channel.WHATSAPP, Channel.SMS])
def test_a_newcomer_without_an_account_sees_a_message_arrive(
    without_token: dict[str, str], clock: Clock, channel: Channel
) -> None:
    with served(without_token, clock) as runtime:
        status = simulate.post(runtime, channel, "洪水 & more = 100%", "+886912345678")
        assert status == 200
        assert len(answers(runtime)) == 1
        message = newest(runtime)
    assert message.channel is channel
    assert message.text == "洪水 & more = 100%"


def test_the_configured_token_and_account_are_used(environ: dict[str, str], clock: Clock) -> None:
    with served(environ, clock) as runtime:
        assert simulate.post(runtime, Channel.WHATSAPP, "Hello") == 200
        assert newest(runtime).account == environ["TWILIO_ACCOUNT_SID"]


def send_file(runtime: Runtime, tmp_path: Path) -> tuple[bool, Attachment]:
    """Whether a simulated message's file was fetched by a worker, and the file."""
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "a flood.jpg")
    with simulate.offered(tmp_path / "a flood.jpg") as medium:
        assert simulate.post(runtime, Channel.WHATSAPP, "", media=medium) == 200
        worker.make(runtime).run_due()
        fetched = medium.was_fetched.is_set()
    (file,) = newest(runtime).attachments
    return fetched, file


def test_a_newcomers_file_arrives(without_token: dict[str, str], clock: Clock, tmp_path: Path) -> None:
    with served(without_token, clock) as runtime:
        fetched, file = send_file(runtime, tmp_path)
        assert fetched
        assert runtime.storage.read(file.storage_key) == (tmp_path / "a flood.jpg").read_bytes()
    assert (file.is_ready, file.content_type) == (True, "image/jpeg")


def test_with_an_account_this_machine_is_not_asked_unless_it_is_named(
    environ: dict[str, str], clock: Clock, tmp_path: Path
) -> None:
    with served(environ, clock) as runtime:
        fetched, file = send_file(runtime, tmp_path)
    assert not fetched
    assert (file.state, file.problem) == (FileState.FAILED, "host")


def test_the_file_is_at_its_address_alone_and_not_afterwards(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with simulate.offered(tmp_path / "a.txt") as medium:
        root = medium.url.rpartition("/")[0]
        for wrong in ("/", "/a.txt", "/../a.txt"):
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(root + wrong)
        assert not medium.was_fetched.is_set()
        assert urllib.request.urlopen(medium.url).read() == b"hello"
        assert medium.was_fetched.wait(10)
    with pytest.raises(OSError):
        urllib.request.urlopen(medium.url)


def test_two_messages_are_two_even_with_the_same_text(environ: dict[str, str], clock: Clock) -> None:
    with served(environ, clock) as runtime:
        for _ in range(2):
            simulate.post(runtime, Channel.SMS, "The same")
        with runtime.database.reading() as session:
            assert len(session.scalars(received()).all()) == 2


def test_a_refusal_is_handed_back(environ: dict[str, str], clock: Clock) -> None:
    with served(environ, clock) as runtime:
        stranger = bootstrap(
            {**environ, "INBOX_PUBLIC_URL": runtime.settings.public_url, "TWILIO_AUTH_TOKEN": "x"}, clock
        )
        assert simulate.post(stranger, Channel.SMS, "Hello") == 403
        stranger.database.engine.dispose()


def test_the_trial_token_is_for_loopback_addresses_alone(without_token: dict[str, str], clock: Clock) -> None:
    here = bootstrap(without_token, clock)
    abroad = bootstrap({**without_token, "INBOX_PUBLIC_URL": "https://inbox.example.org"}, clock)
    elsewhere = bootstrap({**without_token, "INBOX_SECRET_KEY": "another secret, also long enough"}, clock)
    assert len(twilio_account.tokens(here)) == 1
    assert twilio_account.tokens(here) != twilio_account.tokens(elsewhere)
    assert twilio_account.tokens(abroad) == ()
    with pytest.raises(ConfigError, match="TWILIO_AUTH_TOKEN"):
        simulate.post(abroad, Channel.SMS, "Hello")
    for runtime in (here, abroad, elsewhere):
        runtime.database.engine.dispose()
