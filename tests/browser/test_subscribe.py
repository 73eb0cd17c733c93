"""The newsletter in a real browser with a real mail server: subscribe, open the mail, confirm, see it at the desk, leave."""

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from smtp_peer import SmtpPeer, said
from subscribing import PROFILE

from inbox import worker
from inbox.models import Role
from inbox.runtime import Runtime
from inbox.services import accounts

PASSWORD = "a long pass phrase for the story"


@pytest.fixture
def mailbox() -> Iterator[SmtpPeer]:
    with SmtpPeer() as peer:
        yield peer


@pytest.fixture
def environ(environ: dict[str, str], mailbox: SmtpPeer, tmp_path: Path) -> dict[str, str]:
    profile = tmp_path / "inbox.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    return {**environ, "INBOX_CONFIG": str(profile), "INBOX_SMTP_URL": mailbox.url}


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def context(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, java_script_enabled=request.param, locale="en-GB")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def checked(request: pytest.FixtureRequest, check_access: Callable[[Page], None]) -> Callable[[Page], None]:
    """axe, where there is JavaScript for it to run; every page is the same without."""
    return check_access if request.node.callspec.params["context"] else lambda page: None


@pytest.fixture
def editor(runtime: Runtime) -> str:
    """The e-mail address of an editor who can sign in."""
    with runtime.database.writing() as session:
        accounts.add_staff(session, "alice@newsroom.example", "Alice Lin", Role.EDITOR, PASSWORD, now=runtime.clock())
    return "alice@newsroom.example"


def followed(mailbox: SmtpPeer, place: str) -> str:
    """The path of the link in the newest mail that begins with this."""
    found = re.search(rf"http://127\.0\.0\.1:8000({place}\S+)", said(mailbox.mails[-1]))
    assert found
    return found[1]


def test_a_reader_subscribes_and_leaves_again(
    context: BrowserContext, mailbox: SmtpPeer, runtime: Runtime, editor: str, checked: Callable[[Page], None]
) -> None:
    page = context.new_page()
    page.goto("/")
    checked(page)
    page.get_by_role("link", name="Subscribe to DCO Weekly").click()
    checked(page)
    page.get_by_role("button", name="Subscribe", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("2 things to put right")
    checked(page)

    # By keyboard from the first field on.
    page.get_by_role("textbox", name="E-mail").focus()
    page.keyboard.type("ling@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    checked(page)

    worker.make(runtime).run_due()
    assert mailbox.mails[-1]["To"] == "ling@example.org"
    assert mailbox.mails[-1]["Subject"] == "請確認訂閱：DCO Weekly"
    page.set_content(said(mailbox.mails[-1], "html"))
    expect(page.get_by_role("link", name="確認訂閱")).to_be_visible()
    page.goto(followed(mailbox, "/subscribe/confirm/"))
    checked(page)
    page.get_by_role("button", name="Yes, subscribe me").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()
    checked(page)
    page.goto(followed(mailbox, "/subscribe/confirm/"))
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    checked(page)

    desk = context.new_page()
    desk.goto("/desk/subscribers")
    desk.get_by_label("E-mail").fill(editor)
    desk.get_by_label("Password", exact=True).fill(PASSWORD)
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_role("link", name="ling@example.org")).to_be_visible()
    checked(desk)
    with desk.expect_download() as download:
        desk.get_by_role("button", name="E-mail as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        assert [row[:2] for row in csv.reader(file)] == [["email", "language"], ["ling@example.org", "zh-Hant"]]
    desk.get_by_role("link", name="ling@example.org").click()
    expect(desk.get_by_text("Yes, send me “DCO Weekly” by e-mail.")).to_be_visible()
    checked(desk)

    page.goto(followed(mailbox, "/unsubscribe/"))
    checked(page)
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    checked(page)
    desk.goto("/desk/subscribers")
    expect(desk.get_by_text("Unsubscribed").last).to_be_visible()
    expect(desk.get_by_role("button", name="E-mail as CSV")).to_have_count(0)
