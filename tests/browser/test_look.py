"""What can be seen only by looking: which of the buttons is the one to press."""

from collections.abc import Callable

import pytest
from desk_work import address as path_of
from desk_work import send
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page

from inbox.runtime import Runtime

FILLED = """() => [...document.querySelectorAll('main .btn-primary')]
    .filter(button => button.checkVisibility() && getComputedStyle(button).backgroundColor !== 'rgba(0, 0, 0, 0)')
    .map(button => button.textContent.trim())"""


@pytest.fixture
def page(
    runtime: Runtime, browser: Browser, address: str, signed_in: Callable[[str], FlaskClient], database_url: str
) -> Page:
    """A submission that can be asked about, as Alice sees it."""
    submission = send(runtime, receipt_hash="a" * 64)
    cookie = signed_in("alice").get_cookie("inbox")
    assert cookie
    context = browser.new_context(base_url=address, reduced_motion="reduce")
    context.add_cookies([{"name": "inbox", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto(path_of(submission))
    return page


def test_one_button_is_filled_whatever_is_being_done(page: Page) -> None:
    assert page.evaluate(FILLED) == ["Accept"]
    page.get_by_label("Question to the sender").fill("Which bridge?")
    page.wait_for_function(f"JSON.stringify(({FILLED})()) === JSON.stringify(['Send'])")
