"""The page of notices in a real browser."""

from collections.abc import Callable

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect


def test_choices_are_made_by_their_labels_and_without_scripts(
    browser: Browser,
    address: str,
    signed_in: Callable[[str], FlaskClient],
    check_access: Callable[[Page], None],
) -> None:
    cookie = signed_in("ada").get_cookie("inbox")
    assert cookie
    context = browser.new_context(base_url=address, java_script_enabled=False)
    context.add_cookies([{"name": "inbox", "value": cookie.value, "url": address}])
    page = context.new_page()
    page.goto("/desk/account")
    page.get_by_role("link", name="Choose notices").click()

    page.get_by_role("group", name="A sender writes again").get_by_label("In the digest").check()
    for hour in ("09:00", "16:00"):
        page.get_by_label(hour).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one time of day")
    page.get_by_label("21:00").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_contain_text("Your choices are saved.")
    expect(page.get_by_role("group", name="A sender writes again").get_by_label("In the digest")).to_be_checked()
    scripted = browser.new_context(base_url=address)
    scripted.add_cookies([{"name": "inbox", "value": cookie.value, "url": address}])
    seen = scripted.new_page()
    seen.goto("/desk/account/notices")
    check_access(seen)
