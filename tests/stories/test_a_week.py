"""A reader's week, end to end: photographs by WhatsApp, two answers, a template after a day, a call, and an opt-out."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import Call, tell
from flask import Flask
from media_peer import MediaPeer
from newsroom import Newsroom
from PIL import Image
from sqlalchemy import select
from twilio_peer import TwilioPeer

from inbox.errors import ReplyRefused
from inbox.models import Attachment, Channel, DeliveryState, FileState, Message, Submission, User
from inbox.runtime import Runtime

HX = "HX0123456789abcdef0123456789abcdef"
PROFILE = f"""
name = "DCO Global News"
[[numbers]]
number = "+886963563485"
label = "News desk"
channels = ["whatsapp", "voice"]
[[templates]]
name = "follow_up"
label = "Follow up"
content_sid = "{HX}"
text = "Hello {{{{1}}}}, may we call you?"
variables = ["name"]
[guide]
enabled = false
"""


@pytest.fixture
def peer() -> Iterator[TwilioPeer]:
    with TwilioPeer() as peer:
        peer.contents[HX] = {"variables": {"1": "name"}, "status": "approved"}
        yield peer


@pytest.fixture
def media() -> Iterator[MediaPeer]:
    with MediaPeer() as media:
        yield media


@pytest.fixture
def environ(environ: dict[str, str], peer: TwilioPeer, media: MediaPeer, tmp_path: Path) -> dict[str, str]:
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE)
    return {
        **environ,
        "INBOX_CONFIG": str(profile),
        "INBOX_TWILIO_API_BASE": peer.url,
        "INBOX_TWILIO_MEDIA_HOSTS": media.hosts,
    }


@pytest.fixture
def newsroom(app: Flask, runtime: Runtime, cast: dict[str, User], clock) -> Newsroom:
    return Newsroom(app, runtime, cast["alice"], clock)


def picture(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (number * 20, 90, 120)).save(out, "JPEG")
    return out.getvalue()


def states(runtime: Runtime) -> list[DeliveryState | None]:
    with runtime.database.reading() as session:
        ours = select(Message).where(Message.author_id.is_not(None)).order_by(Message.id)
        return [message.delivery for message in session.scalars(ours)]


def test_a_readers_week(newsroom: Newsroom, runtime: Runtime, peer: TwilioPeer, media: MediaPeer) -> None:
    # Monday: a tip with ten photographs, acknowledged once.
    urls = [media.add(picture(number)) for number in range(10)]
    album = {f"MediaUrl{n}": url for n, url in enumerate(urls)}
    types = {f"MediaContentType{n}": "image/jpeg" for n in range(10)}
    newsroom.hears("The bridge on Road 21", NumMedia="10", ProfileName="Ling", **album, **types)
    newsroom.waits()
    with runtime.database.reading() as session:
        files = session.scalars(select(Attachment)).all()
        assert [file.state for file in files] == [FileState.STORED] * 10
        assert all(file.is_ready for file in files)
    assert len(peer.messages) == 1

    # Two answers, each once, delivered and read.
    for number, text in enumerate(("Thank you, are you still there?", "We are on our way")):
        newsroom.replies(text, key=f"monday-{number}")
        newsroom.waits(seconds=11)
    for message in peer.messages[1:]:
        for status in ("sent", "delivered", "read"):
            assert newsroom.is_told(message["sid"], status) == 204
    assert states(runtime) == [DeliveryState.READ, DeliveryState.READ]

    # Tuesday: free text is over, a template goes.
    newsroom.clock.advance(hours=24)
    with pytest.raises(ReplyRefused):
        newsroom.replies("One more question", key="too late")
    newsroom.replies("", key="tuesday", template=runtime.profile.templates[0], values={"name": "Ling"})
    newsroom.waits(seconds=11)
    assert peer.messages[-1]["ContentSid"] == HX
    assert "Body" not in peer.messages[-1]

    # Wednesday: they call, and leave a message.
    call = Call(caller="+886900000001")
    tell(newsroom.client, call.ring(), call.choose("1"), call.action(), call.recording(), call.ended())
    with runtime.database.reading() as session:
        called = session.scalars(select(Submission).where(Submission.channel == Channel.VOICE)).one()
        assert "0:42" in called.subject
        assert called.messages[0].external_id == call.recording_sid

    # Thursday: enough.
    newsroom.hears("STOP")
    with pytest.raises(ReplyRefused):
        newsroom.replies("", key="thursday", template=runtime.profile.templates[0], values={"name": "Ling"})
    newsroom.waits(hours=1)
    assert len(peer.messages) == 4
