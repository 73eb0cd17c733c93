"""The first page, the ways to reach the newsroom, the pages about us, and what every public page keeps to."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from channels.webform.conftest import ANSWERS
from reader import Reader, page_of

from inbox import kinds
from inbox.profile import load_profile

EXAMPLE = Path(__file__).parents[3] / "examples" / "dco-global-news.toml"
FORMS = [f"/send/{kind.slug}" for kind in kinds.ALL]
PAGES = ["/", "/status", "/privacy", "/receipt", "/not-here", *FORMS]
DISCREET = ["/status", "/receipt", "/send/story-tip"]


@pytest.fixture
def dco(environ, request):
    """A reader of the example newsroom."""
    environ["INBOX_CONFIG"] = str(EXAMPLE)
    return Reader(request.getfixturevalue("client"))


def test_the_example_profile_loads_and_prints_what_the_newsroom_prints():
    profile = load_profile(EXAMPLE)
    assert profile.name == "DCO Global News"
    assert [number.number for number in profile.numbers] == ["+886963563485", "+886970840314"]
    assert [number.label for number in profile.numbers] == ["News desk", "Second line"]
    assert all(number.channels == ("whatsapp", "voice") for number in profile.numbers)
    assert [link.label for link in profile.social] == ["Facebook", "Twitter", "LinkedIn", "Tumblr", "YouTube"]


def test_the_door_shows_every_kind_and_leads_with_the_tip(dco):
    page = dco.open("/")
    doors = [link for link in page.links if link.startswith("/send/")]
    assert doors[0] == "/send/story-tip"
    assert set(doors) == set(FORMS)
    for invitation in ("Share your stories with us", "Send us enquiries, press releases", "Advertise with us"):
        assert invitation in page.text


def test_the_door_shows_every_way_to_reach_the_newsroom(dco):
    page = dco.open("/")
    for digits in ("886963563485", "886970840314"):
        assert {f"https://wa.me/{digits}", f"tel:+{digits}"} <= set(page.links)
        assert f"/qr/{digits}.svg" in page.loads
    assert "mailto:news@dcoglobalnews.example" in page.links
    assert "+886 963 563 485" in page.text
    assert "Must nobody know who you are?" in page.text
    assert "https://www.youtube.com/@dcoglobalnews" in page.links


def test_a_newsroom_without_numbers_shows_no_empty_parts(reader):
    page = reader.open("/")
    assert "Rather talk or write?" not in page.text
    assert "Follow us" not in page.text


def test_a_code_opens_whatsapp_and_is_drawn_here(dco):
    response = dco.client.get("/qr/886963563485.svg")
    assert response.mimetype == "image/svg+xml"
    assert "max-age" in response.headers["Cache-Control"]
    assert b"<script" not in response.data
    assert dco.client.get("/qr/886900000000.svg").status_code == 404
    assert dco.client.get("/qr/%2e%2e.svg").status_code == 404


def test_no_code_is_drawn_for_a_number_without_whatsapp(environ, tmp_path, request):
    profile = tmp_path / "inbox.toml"
    profile.write_text('[[numbers]]\nnumber = "+886223456789"\nlabel = "Switchboard"\nchannels = ["voice"]\n')
    environ["INBOX_CONFIG"] = str(profile)
    client = request.getfixturevalue("client")
    assert client.get("/qr/886223456789.svg").status_code == 404
    page = Reader(client).open("/")
    assert "tel:+886223456789" in page.links
    assert not [link for link in page.links if "wa.me" in link or link.startswith("sms:")]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_loads_anything_from_elsewhere_or_carries_script_or_style(path, dco):
    response = dco.client.get(path)
    page = page_of(response)
    assert not [address for address in page.loads if urlsplit(address).netloc]
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|<iframe|@import", page.html)
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_keeps_to_itself(path, dco):
    headers = dco.client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_for_people_who_may_be_afraid_have_a_quick_way_out(path, dco):
    page = dco.open(path)
    assert ("Leave this page now" in page.text) == (path in DISCREET)
    if path in DISCREET:
        assert 'href="https://www.cwa.gov.tw/" rel="noreferrer"' in page.html


def test_an_error_after_a_tip_has_the_quick_way_out_too(environ, request):
    environ["INBOX_PUBLIC_POST_LIMIT"] = "1 per hour"
    reader = Reader(request.getfixturevalue("client"))
    for _ in range(2):
        page = reader.send(reader.open("/send/story-tip"), **ANSWERS["story-tip"])
    assert page.status == 429
    assert "Leave this page now" in page.text


@pytest.mark.parametrize("path", PAGES)
def test_only_what_exists_is_linked(path, dco):
    for link in dco.open(path).links:
        if link.startswith("/"):
            assert dco.client.get(link).status_code == 200, link


def test_a_page_that_is_not_there_says_what_one_can_do(dco):
    page = dco.open("/send/nothing")
    assert page.status == 404
    assert {"/", "/status"} <= set(page.links)


def test_a_door_that_is_used_the_wrong_way_is_an_ordinary_page(client):
    for method, path in (("post", "/"), ("get", "/status/answer"), ("put", "/send/message"), ("post", "/receipt")):
        page = page_of(getattr(client, method)(path))
        assert page.status in (400, 405)
        assert "/status" in page.links


def test_the_promise_of_a_time_stands_only_where_the_newsroom_gives_one(reader):
    assert "normally reads" not in reader.open("/send/story-tip").text


def test_a_newsroom_may_promise_a_time(environ, tmp_path, request):
    profile = tmp_path / "inbox.toml"
    profile.write_text('answer_within = "one working day"')
    environ["INBOX_CONFIG"] = str(profile)
    reader = Reader(request.getfixturevalue("client"))
    assert "normally reads it within one working day" in reader.open("/send/story-tip").text


def test_pages_work_under_a_path_of_the_public_address(environ, request):
    environ["INBOX_PUBLIC_URL"] = "https://news.example/inbox"
    client = request.getfixturevalue("client")
    page = page_of(client.get("/inbox/send/message", base_url="https://news.example"))
    assert page.action == "/inbox/send/message"
    response = client.post(page.action, data=page.answers | ANSWERS["message"], base_url="https://news.example")
    assert response.status_code == 303
    assert response.location == "/inbox/receipt#main"
