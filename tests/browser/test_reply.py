"""Answering a reader in a real browser: with JavaScript, and once without."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from desk_work import address as page_of
from desk_work import send
from playwright.sync_api import Browser, Page, expect
from said import answers

from inbox import worker
from inbox.models import Channel, Role, Submission
from inbox.runtime import Runtime
from inbox.services import accounts, canned
from inbox.services.contacts import Sender

PASSWORD = "a long pass phrase for the story"
READER = Sender(Channel.WHATSAPP, "+886900000001", "Ling")
PROFILE = """
name = "DCO Global News"
[[numbers]]
number = "+886963563485"
label = "News desk"
channels = ["whatsapp", "sms"]
[[templates]]
name = "follow_up"
label = "Follow up"
content_sid = "HX0123456789abcdef0123456789abcdef"
text = "Hello {{1}}, about {{2}}: may we call you?"
variables = ["name", "subject"]
"""


@pytest.fixture
def environ(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "inbox.toml"
    path.write_text(PROFILE)
    return {**environ, "INBOX_CONFIG": str(path), "TWILIO_ACCOUNT_SID": "", "TWILIO_AUTH_TOKEN": ""}


@pytest.fixture
def minutes_ago() -> float:
    """When the reader wrote."""
    return 0


@pytest.fixture
def talk(runtime: Runtime, minutes_ago: float) -> Submission:
    with runtime.database.writing() as session:
        alice = accounts.add_staff(
            session, "alice@newsroom.example", "Alice Lin", Role.EDITOR, PASSWORD, now=runtime.clock()
        )
        canned.save(session, None, "Thanks", "Dear {name}, thank you.", actor=alice, now=runtime.clock())
    heard = {"channel": Channel.WHATSAPP, "sender": READER, "recipient": "+886963563485"}
    return send(runtime, "The bridge is closed", minutes_ago=minutes_ago, **heard)


def sign_in(browser: Browser, address: str, *, javascript: bool) -> Iterator[Page]:
    context = browser.new_context(base_url=address, java_script_enabled=javascript, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/desk/")
    page.get_by_label("E-mail").fill("alice@newsroom.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    yield page
    context.close()


@pytest.fixture
def page(browser: Browser, address: str, talk: Submission) -> Iterator[Page]:
    yield from sign_in(browser, address, javascript=True)


@pytest.fixture
def plain_page(browser: Browser, address: str, talk: Submission) -> Iterator[Page]:
    yield from sign_in(browser, address, javascript=False)


def test_a_reply_is_written_kept_sent_once_and_taken_back(
    page: Page, talk: Submission, runtime: Runtime, clock, check_access: Callable[[Page], None]
) -> None:
    page.goto(page_of(talk))
    field = page.get_by_label("Reply to the sender")
    field.press_sequentially("謝謝")
    expect(page.get_by_text("2 of 1,600")).to_be_visible()
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    expect(field).to_have_value("謝謝")

    page.locator("summary", has_text="Saved reply").click()
    page.get_by_role("button", name="Thanks").click()
    expect(field).to_have_value("謝謝\n\nDear Ling, thank you.")
    check_access(page)

    page.get_by_role("button", name="Send", exact=True).dblclick()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(field).to_have_value("")
    assert answers(runtime) == ["謝謝\n\nDear Ling, thank you."]
    check_access(page)

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken back")).to_be_visible()
    expect(field).to_have_value("謝謝\n\nDear Ling, thank you.")

    field.fill("Thank you")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    clock.advance(seconds=11)
    worker.make(runtime).run_due()
    page.reload()
    expect(page.locator(".nr-delivery").last).to_have_text("Sent")


@pytest.mark.parametrize("minutes_ago", [24 * 60 - 10])
def test_an_open_tab_turns_to_the_templates_when_the_24_hours_end(
    page: Page, talk: Submission, runtime: Runtime, clock, check_access: Callable[[Page], None]
) -> None:
    page.clock.install()
    page.goto(page_of(talk))
    field = page.get_by_label("Reply to the sender")
    field.fill("Half a sentence")
    page.clock.fast_forward("09:20")
    expect(page.locator(".nr-window-left")).to_have_text(re.compile("0:[123]"))
    expect(field).to_be_visible()

    clock.advance(minutes=10)
    page.clock.fast_forward("00:40")

    expect(page.get_by_text("The 24 hours for free text on WhatsApp ended")).to_be_visible()
    expect(field).to_have_count(0)
    expect(page.get_by_text("Half a sentence").first).to_be_visible()
    page.get_by_role("button", name="Follow up").click()
    page.get_by_label("subject").fill("the bridge")
    expect(page.locator("#preview")).to_have_text("Hello Ling, about the bridge: may we call you?")
    check_access(page)
    page.get_by_role("button", name="Send template").click()
    expect(page.get_by_text("Template", exact=True)).to_be_visible()
    assert answers(runtime) == ["Hello Ling, about the bridge: may we call you?"]


def test_a_file_is_attached_as_soon_as_it_is_chosen(page: Page, talk: Submission, tmp_path: Path) -> None:
    release = tmp_path / "release.pdf"
    release.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n")
    page.goto(page_of(talk))
    page.get_by_label("Reply to the sender").fill("")
    page.locator("summary", has_text="Attach a file").click()
    page.get_by_label("Files to send").set_input_files(release)
    expect(page.get_by_role("button", name="Take out release.pdf")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.locator(".nr-msg--ours").get_by_text("release.pdf").first).to_be_visible()


@pytest.mark.parametrize("minutes_ago", [23 * 60])
def test_everything_works_without_javascript(plain_page: Page, talk: Submission, runtime: Runtime, clock) -> None:
    page = plain_page
    page.goto(page_of(talk))
    field = page.get_by_label("Reply to the sender")
    field.fill("First this.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.locator("summary", has_text="Saved reply").click()
    page.get_by_role("button", name="Thanks").click()
    expect(field).to_have_value("First this.\n\nDear Ling, thank you.")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("First this.\n\nDear Ling, thank you.")

    clock.advance(hours=1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("More than 24 hours")
    page.get_by_role("button", name="Follow up").click()
    page.get_by_label("subject").fill("the bridge")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_have_text("Hello Ling, about the bridge: may we call you?")
    page.get_by_role("button", name="Send template").click()
    expect(page.get_by_text("Sending in 10 s")).to_be_visible()
    assert answers(runtime)[-1] == "Hello Ling, about the bridge: may we call you?"


def test_what_arrives_while_somebody_writes_holds_the_reply(
    page: Page, talk: Submission, runtime: Runtime, check_access: Callable[[Page], None]
) -> None:
    page.goto(page_of(talk))
    page.get_by_label("Reply to the sender").fill("We send somebody")
    send(runtime, "It is open again", channel=Channel.WHATSAPP, sender=READER, recipient="+886963563485")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="They wrote again")).to_be_visible()
    expect(page.get_by_text("It is open again").first).to_be_visible()
    check_access(page)
    assert answers(runtime) == []
    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    assert answers(runtime) == ["We send somebody"]
