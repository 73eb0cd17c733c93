"""Files in a real browser: they appear by themselves, and recordings play."""

import io
import math
import wave
from collections.abc import Callable
from struct import pack

from PIL import Image
from playwright.sync_api import Browser, Page, expect
from signing_in import PASSWORD, give_password

from inbox import worker
from inbox.models import Channel, User
from inbox.runtime import Runtime
from inbox.services import media
from inbox.services.intake import Incoming, receive


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(out, "JPEG")
    return out.getvalue()


def recording() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(pack("<h", round(9000 * math.sin(n / 9))) for n in range(64_000)))
    return out.getvalue()


def send(runtime: Runtime, *files: tuple[str, bytes]) -> str:
    """A submission with these files, which nobody has looked at yet; returns its reference."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        uploads = [
            media.hold(
                session,
                runtime.storage.keep(io.BytesIO(content)),
                filename=name,
                content_type=media.inspect(io.BytesIO(content), name),
                form_token="t" * 64,
                now=now,
            )
            for name, content in files
        ]
        incoming = Incoming(Channel.WEB, "web", "1", "Look at this", uploads=tuple(uploads))
        return receive(session, incoming, region="TW", now=now).reference


def test_files_appear_by_themselves_and_recordings_play(
    browser: Browser,
    address: str,
    runtime: Runtime,
    cast: dict[str, User],
    check_access: Callable[[Page], None],
) -> None:
    give_password(runtime, cast["alice"])
    reference = send(runtime, ("flood.jpg", photo()), ("call.wav", recording()))
    context = browser.new_context(base_url=address, locale="en-GB")
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"/desk/submissions/{reference}")
    page.get_by_label("E-mail").fill("alice@newsroom.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Photo 1 is being made safe")).to_be_visible()
    expect(page.get_by_text("Being made safe").first).to_be_visible()
    check_access(page)

    worker.make(runtime).run_due()

    expect(page.locator(".nr-photos img")).to_be_visible(timeout=20_000)
    expect(page.locator("#files").get_by_title("Download")).to_have_count(2)
    player = page.locator("audio")
    expect(player).to_be_visible()
    player.evaluate("audio => { audio.muted = true; return audio.play(); }")
    assert abs(player.evaluate("audio => audio.duration") - 8) < 0.1
    player.evaluate("audio => new Promise(done => { audio.onseeked = done; audio.currentTime = 6; })")
    player.evaluate("audio => audio.ended || new Promise(done => { audio.onended = done; })")
    check_access(page)
    context.close()
