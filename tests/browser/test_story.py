"""The whole story, in a real browser: a press release comes in, is worked on, and its sender sees the end."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from inbox.models import Role
from inbox.runtime import Runtime
from inbox.services import accounts

PASSWORD = "a long pass phrase for the story"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


@pytest.fixture
def editor(runtime: Runtime) -> str:
    """The e-mail address of an editor who can sign in."""
    with runtime.database.writing() as session:
        accounts.add_staff(session, "alice@newsroom.example", "Alice Lin", Role.EDITOR, PASSWORD, now=runtime.clock())
    return "alice@newsroom.example"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def context(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=address, java_script_enabled=request.param, locale="en-GB")
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def checked(request: pytest.FixtureRequest, check_access: Callable[[Page], None]) -> Callable[[Page], None]:
    """axe, where there is JavaScript for it to run; every page is the same without."""
    with_javascript = request.node.callspec.params["context"]
    return check_access if with_javascript else lambda page: None


def test_a_press_release_from_the_form_to_the_decision(
    context: BrowserContext, editor: str, tmp_path: Path, checked: Callable[[Page], None]
) -> None:
    reader = context.new_page()
    asked_elsewhere: list[str] = []
    context.on("request", lambda r: asked_elsewhere.append(r.url) if "127.0.0.1" not in r.url else None)

    reader.goto("/")
    checked(reader)
    reader.get_by_role("link", name=re.compile("press release", re.IGNORECASE)).first.click()
    checked(reader)

    # A first try that is refused keeps everything that was typed.
    release = tmp_path / "reopening.pdf"
    release.write_bytes(PDF)
    reader.get_by_label("Headline").fill("Harbour Museum reopens on 1 December")
    reader.get_by_label("Organisation", exact=True).fill("Harbour Museum Taichung")
    reader.get_by_label("Text of the release").fill("The east wing opens again with 412 objects.\n港口博物館重新開放。")
    reader.get_by_label("No, hold it until a date and time").check()
    reader.locator("[name=embargo_until_date]").fill("2020-01-01")
    reader.locator("[name=embargo_until_time]").fill("06:00")
    reader.locator("[name=attachments]").set_input_files(release)
    reader.get_by_label("Name", exact=True).fill("Lin Pei-shan")
    reader.locator("[name=email]").fill("press@museum.example")
    reader.locator("[name=consent]").check()
    reader.get_by_role("button", name="Send the press release").click()
    expect(reader.get_by_role("alert")).to_be_visible()
    expect(reader.get_by_label("Headline")).to_have_value("Harbour Museum reopens on 1 December")
    expect(reader.get_by_text("reopening.pdf").first).to_be_visible()
    checked(reader)

    reader.locator("[name=embargo_until_date]").fill("2030-12-01")
    reader.get_by_role("button", name="Send the press release").click()
    code = reader.get_by_text(re.compile(r"^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$")).inner_text()
    reference = reader.get_by_text(re.compile(r"^PR-[0-9A-Z]{6}$")).inner_text()
    checked(reader)
    reader.reload()
    assert code not in reader.content()

    page = context.new_page()
    page.goto("/desk/")
    checked(page)
    page.get_by_label("E-mail").fill(editor)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    checked(page)
    page.get_by_role("link", name="Harbour Museum reopens").click()
    checked(page)
    expect(page.get_by_text(reference).first).to_be_visible()
    page.get_by_role("button", name="Take it").first.click()
    expect(page.get_by_text("Yours").first).to_be_visible()
    page.locator("summary", has_text=re.compile("label", re.IGNORECASE)).first.click()
    page.get_by_label("New label").fill("Culture")
    page.get_by_label("New label").press("Enter")
    expect(page.get_by_text("Culture").first).to_be_visible()
    page.get_by_role("radio", name="Note").check()
    page.get_by_label("Note, seen by staff only").fill("Ask for the ferry log.")
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Ask for the ferry log.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Accept")).first.click()
    expect(page.get_by_text("Accepted").first).to_be_visible()
    checked(page)

    reader.goto("/status")
    checked(reader)
    reader.get_by_label("Receipt code").fill(code.lower())
    reader.get_by_role("button", name="Open").click()
    expect(reader.get_by_text("We use it")).to_be_visible()
    checked(reader)
    assert asked_elsewhere == []
