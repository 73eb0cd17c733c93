"""E-mails in a real browser: how they were formatted, that nothing in them runs, and splitting off."""

import io
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from desk_work import address as path_of
from flask.testing import FlaskClient
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from posted import NEWS, TIPS, arrive, letter, with_mailboxes
from sqlalchemy import select

from inbox import worker
from inbox.channels.email.take_in import take_in
from inbox.models import Direction, Message, Submission
from inbox.runtime import Runtime

EVIL = "<script>document.title = 'evil'</script><img src=x onerror=\"document.title = 'evil'\">"


def chart() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(content, "PNG")
    return content.getvalue()


def release() -> io.BytesIO:
    """A press release as mail programs send it, with a picture in its text, one from elsewhere, and much that is evil."""
    mail = EmailMessage()
    mail["From"] = "Coast Museum <press@coast.example>"
    mail["To"], mail["Message-ID"] = NEWS, "<release@coast.example>"
    mail["Subject"] = "Rice from the coast " + EVIL
    mail.set_content("Rice from the coast " + EVIL)
    html = (
        '<h1>Rice from the coast</h1><p><img src="cid:chart@coast" alt="Chart"></p><p><a href="https://coast.example/">'
        f'More</a></p><img src="https://track.example/open.gif">{EVIL}<form action="https://evil.example/"><button>Go'
        '</button></form><p style="background: url(https://track.example/x)">End</p>'
    )
    mail.add_alternative(html, subtype="html")
    part = mail.get_payload()[1]  # type: ignore[index]
    part.add_related(chart(), "image", "png", cid="<chart@coast>")  # type: ignore[union-attr]
    return io.BytesIO(mail.as_bytes())


@pytest.fixture
def newsroom(runtime: Runtime) -> Runtime:
    return with_mailboxes(runtime)


@pytest.fixture
def look(
    newsroom: Runtime, browser: Browser, address: str, signed_in: Callable[[str], FlaskClient], database_url: str
) -> Callable[..., BrowserContext]:
    """A window of Alice's, with or without JavaScript."""
    cookie = signed_in("alice").get_cookie("inbox")
    assert cookie

    def open_window(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=address, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.add_cookies([{"name": "inbox", "value": cookie.value, "url": address}])
        context.set_default_timeout(20_000)
        return context

    return open_window


def newest(runtime: Runtime) -> tuple[Submission, int]:
    with runtime.database.reading() as session:
        message = session.scalars(
            select(Message).where(Message.direction == Direction.IN).order_by(Message.id.desc())
        ).first()
        assert message
        return message.submission, message.id


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_formatted_mail_is_shown_with_its_own_pictures_and_nothing_in_it_runs(
    newsroom: Runtime,
    look: Callable[..., BrowserContext],
    check_access: Callable[[Page], None],
    scripts: bool,
    scheme: str,
) -> None:
    take_in(newsroom, release(), NEWS)
    worker.make(newsroom).run_due()
    item, number = newest(newsroom)
    context = look(java_script_enabled=scripts, color_scheme=scheme)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(path_of(item))
    # Browsers load frames at once where scripts are off (HTML standard, "lazy loading attributes").
    assert not (scripts and any("/formatted" in url for url in asked))
    page.get_by_text("Show formatted").click()
    frame = page.frame_locator(".nr-formatted iframe")
    expect(frame.get_by_role("heading", name="Rice from the coast")).to_be_visible()
    expect(frame.locator("img")).to_have_count(1)
    expect(frame.get_by_text("End")).to_be_visible()
    assert frame.locator("form, script, [style]").count() == 0
    assert any("/pictures/" in url for url in asked)
    if scripts:
        page.wait_for_function("document.querySelector('iframe').contentDocument.images[0].naturalWidth > 0")
        background = (
            "getComputedStyle(document.querySelector('iframe').contentDocument.documentElement).backgroundColor"
        )
        assert page.evaluate(background) == "rgb(255, 255, 255)"
        check_access(page)
    page.goto(path_of(item, f"mails/{number}/formatted"))
    expect(page.get_by_role("heading", name="Rice from the coast")).to_be_visible()
    assert page.title() != "evil"
    assert [url for url in asked if "track.example" in url or "evil.example" in url] == []
    context.close()


def test_even_html_that_was_never_cleaned_could_do_nothing(
    newsroom: Runtime, look: Callable[..., BrowserContext], address: str
) -> None:
    arrival = arrive(
        newsroom, letter("Hello", html=f'{EVIL}<a id="out" href="javascript:document.title=1">Out</a>Here')
    )
    assert arrival
    item, number = newest(newsroom)
    context = look()
    answered: list[str] = []
    context.on("response", lambda response: answered.append(response.url))
    page = context.new_page()
    for path in (path_of(item), path_of(item, f"mails/{number}/formatted")):
        page.goto(path)
        if page.get_by_text("Show formatted").count():
            page.get_by_text("Show formatted").click()
            expect(page.frame_locator(".nr-formatted iframe").get_by_text("Here")).to_be_visible()
        title = page.title()
        page.wait_for_load_state("networkidle")
        assert page.title() == title != "evil"
    assert [url for url in answered if url.endswith("/x")] == []
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_mail_is_split_off_by_one_press(
    newsroom: Runtime, look: Callable[..., BrowserContext], check_access: Callable[[Page], None], scripts: bool
) -> None:
    first = letter("The bridge is closed.\n" + "> earlier\n" * 6, verdicts={"spf": "fail"}, recipients=(NEWS,) * 4)
    arrive(newsroom, first)
    arrive(newsroom, first, TIPS)
    arrive(newsroom, letter("Come to our festival.", subject="Festival", in_reply_to=first.mail_id))
    item, _ = newest(newsroom)
    context = look(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(path_of(item))
    expect(page.get_by_text("Its subject is another one")).to_be_visible()
    if scripts:
        check_access(page)
    page.get_by_role("button", name="Split off").click()
    expect(page.get_by_text("This is a submission of its own now.")).to_be_visible()
    expect(page.get_by_role("heading", name="Festival")).to_be_visible()
    page.get_by_role("link", name=item.reference).first.click()
    expect(page.get_by_label("Conversation").get_by_text("split a message off")).to_be_visible()
    context.close()


def test_what_could_not_be_read_can_be_looked_at(
    newsroom: Runtime, look: Callable[..., BrowserContext], check_access: Callable[[Page], None]
) -> None:
    arrive(newsroom, letter(""), problem="too-large")
    item, _ = newest(newsroom)
    context = look()
    page = context.new_page()
    for path in (path_of(item), "/desk/attention"):
        page.goto(path)
        expect(page.get_by_text("This e-mail could not be read")).to_be_visible()
        check_access(page)
    with page.expect_download() as download:
        page.goto(path_of(item))
        page.get_by_role("link", name="Download the original").click()
    assert download.value.suggested_filename.endswith(".eml")
    context.close()
