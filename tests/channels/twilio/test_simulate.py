"""`inbox simulate` plays Twilio's part towards a running inbox."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import Clock
from said import answers, received
from waitress import create_server

from inbox import create_app
from inbox.bootstrap import bootstrap
from inbox.channels import twilio_account
from inbox.channels.twilio import simulate
from inbox.errors import ConfigError
from inbox.models import Channel, FileState, Message
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


def test_a_file_is_announced_and_waits(environ: dict[str, str], clock: Clock) -> None:
    with served(environ, clock) as runtime:
        assert simulate.post(runtime, Channel.WHATSAPP, "", media=Path("a flood.jpg")) == 200
        (file,) = newest(runtime).attachments
        assert file.source_url == f"{runtime.settings.public_url}/simulated-media/a%20flood.jpg"
    assert (file.state, file.content_type) == (FileState.PENDING, "image/jpeg")


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
