"""The queue: its views, filters, rows and pages."""

import re
from datetime import timedelta

import pytest
from desk_work import counted_statements, send

from inbox.models import Attachment, Channel, FileState, Status, User
from inbox.services import search, triage
from inbox.services.contacts import Facts, Sender

RUBBISH = ["x", "'", "\x00", "-1", "9" * 40, "１", "<script>", "%ff", "選" * 5000, "none", "all"]


def subjects(page: str) -> list[str]:
    unmarked = page.replace("<mark>", "").replace("</mark>", "")
    return re.findall(r'class="nr-row-subject"[^>]*>([^<]*)</a>', unmarked)


def test_the_queue_shows_what_waits_the_newest_first(runtime, signed_in):
    send(runtime, subject="Older", minutes_ago=10)
    send(runtime, subject="Newer")
    page = signed_in("alice").get("/desk/").text
    assert subjects(page) == ["Newer", "Older"]
    assert page.count("<h1") == 1


def test_the_address_without_its_slash_leads_to_the_queue(signed_in):
    answer = signed_in("alice").get("/desk")
    assert answer.status_code in (301, 308)
    assert answer.location.endswith("/desk/")


def test_filters_in_the_address_narrow_the_list(runtime, signed_in, cast):
    taken = send(runtime, subject="Taken", kind="event")
    send(runtime, subject="Free", channel=Channel.SMS, sender=Sender(Channel.SMS, "+886900000001"))
    gone = send(runtime, subject="Gone")
    with runtime.database.writing() as session:
        here = session.merge(taken)
        triage.claim(session, here, actor=cast["alice"], now=runtime.clock())
        triage.label(session, here, "Local 選舉", actor=cast["alice"], now=runtime.clock())
        triage.move(session, session.merge(gone), Status.DECLINED, actor=cast["bob"], seen=1, now=runtime.clock())
    client = signed_in("alice")
    expected = {
        "": {"Taken", "Free"},
        "status=declined": {"Gone"},
        "status=all": {"Taken", "Free", "Gone"},
        "kind=event": {"Taken"},
        "channel=sms": {"Free"},
        "assignee=me": {"Taken"},
        f"assignee={cast['alice'].id}": {"Taken"},
        "assignee=none": {"Free"},
        "label=local 選舉": {"Taken"},
        "q=gone": {"Gone"},
        "q=gone&status=new": set(),
    }
    for query, found in expected.items():
        assert set(subjects(client.get(f"/desk/?{query}").text)) == found, query


@pytest.mark.parametrize("name", ["status", "kind", "channel", "assignee", "label", "older"])
def test_unknown_values_are_ignored(runtime, signed_in, name):
    send(runtime, subject="Here")
    client = signed_in("alice")
    for value in RUBBISH:
        page = client.get("/desk/", query_string={name: value})
        assert page.status_code == 200
        if (name, value) not in {("status", "all"), ("assignee", "none")}:
            assert subjects(page.text) == ["Here"], value


def test_rubbish_as_words_finds_nothing_and_breaks_nothing(runtime, signed_in):
    send(runtime, subject="Here")
    client = signed_in("alice")
    for value in [*RUBBISH, '"', "* OR *", "NEAR(", "a:b", "!!!", "\\", "'; DROP TABLE submission; --"]:
        assert client.get("/desk/", query_string={"q": value}).status_code == 200, value


def test_the_views_carry_their_counts(runtime, signed_in, cast):
    for number in range(3):
        send(runtime, subject=f"Tip {number}", kind="story_tip")
    send(runtime, kind="event")
    page = signed_in("alice").get("/desk/").text
    names = re.findall(r'nr-view-name">([^<]+)</span><span class="nr-count[^"]*">([^<]+)<', page)
    counts = dict(names)
    assert counts["Open"] == "4"
    assert counts["Story tips"] == "3"
    assert counts["Mine"] == "0"
    assert [name for name, _ in names][:5] == ["Open", "Mine", "Unassigned", "Needs attention", "Story tips"]
    assert [name for name, _ in names][-4:] == ["Accepted", "Declined", "Closed", "Suspected spam"]


def test_a_count_stops_at_its_cap(runtime, signed_in, monkeypatch):
    monkeypatch.setattr(search, "MOST_COUNTED", 2)
    for _ in range(3):
        send(runtime)
    assert ">2+<" in signed_in("alice").get("/desk/").text


def test_older_and_newest_walk_the_list_without_gap_or_repeat(runtime, signed_in):
    for number in range(120):
        send(runtime, subject=f"Number {number:03}", minutes_ago=number // 3)
    client, address, seen = signed_in("alice"), "/desk/?status=new", []
    while address:
        page = client.get(address).text
        seen += subjects(page)
        send(runtime, subject="Just in")
        older = re.search(r'href="([^"]+)">Older</a>', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert len(seen) == 120
    assert len(set(seen)) == 120
    assert ">Newest</a>" in page


def test_rows_stand_under_their_day_in_the_newsrooms_zone(runtime, signed_in):
    send(runtime, subject="This morning")
    send(runtime, subject="Just before midnight in Taipei", minutes_ago=14 * 60 + 1)  # it is 14:00 there
    send(runtime, subject="Long ago", minutes_ago=60 * 24 * 400)
    page = signed_in("alice").get("/desk/").text
    days = [" ".join(re.sub("<[^>]+>", " ", day).split()) for day in re.findall(r'<h2 class="nr-day">(.*?)</h2>', page)]
    assert days == [
        "Today Tuesday 24 November",
        "Yesterday Monday 23 November",
        "Monday 20 October 2025 Monday 20 October",
    ]


def test_a_row_tells_sender_channel_what_came_labels_and_age(runtime, signed_in, cast):
    submission = send(
        runtime,
        "現場照片，剛剛拍的",
        subject="Landslide",
        kind="photo_video",
        facts=Facts(name="陳冠宇"),
        minutes_ago=6,
    )
    with runtime.database.writing() as session:
        item = session.merge(submission)
        message = item.messages[0]
        for type_ in ("image/jpeg", "image/png", "video/mp4"):
            session.add(
                Attachment(
                    message_id=message.id, state=FileState.STORED, content_type=type_, created_at=runtime.clock()
                )
            )
        for label in ("Breaking", "Roads", "Weather"):
            triage.label(session, item, label, actor=cast["alice"], now=runtime.clock())
        triage.claim(session, item, actor=cast["bob"], now=runtime.clock())
    page = signed_in("alice").get("/desk/").text
    row = re.search(r'<li class="nr-row.*?</li>', page, re.DOTALL)[0]
    assert "2 photos, 1 video" in row
    assert 'lang="zh-Hant">陳冠宇' in row
    assert "6 min</time>" in row
    assert "Breaking" in row and "Roads" in row and "Weather" not in row and "+1" in row
    assert 'title="Bob Chen"' in row
    assert "nr-row--unread" in row


@pytest.mark.parametrize(
    ("minutes", "shown"), [(32, "nr-clock--strong"), (943, "15 h 43 m"), (60 * 24 * 3, "27 Nov"), (-5, None)]
)
def test_an_embargo_is_the_rows_clock(runtime, signed_in, minutes, shown):
    until = runtime.clock() + timedelta(minutes=minutes)
    details = {"embargo": "hold", "embargo_until": {"at": until.isoformat(), "zone": "Asia/Taipei"}}
    send(runtime, kind="press_release", details=details)
    page = signed_in("alice").get("/desk/").text
    assert (shown in page) if shown else ("nr-clock--" not in page)


def test_an_empty_list_says_what_to_do(runtime, signed_in):
    client = signed_in("alice")
    assert "send a test message" in client.get("/desk/").text
    assert "Nothing waits for you" in client.get("/desk/?assignee=me").text
    assert "Everything has somebody" in client.get("/desk/?assignee=none").text
    assert "Nothing here" in client.get("/desk/?kind=event").text
    page = client.get("/desk/?q=no+such+thing&kind=event").text
    assert "Nothing found for “no such thing”" in page
    assert "Search everywhere" in page


@pytest.mark.parametrize("query", ["", "?q=bridge", "?kind=message&assignee=none"])
def test_the_number_of_statements_does_not_grow_with_the_list(runtime, signed_in, cast, query):
    client, numbers = signed_in("alice"), []
    for wanted in (1, 49, 150):
        for number in range(wanted):
            submission = send(runtime, f"The bridge {number}")
            with runtime.database.writing() as session:
                triage.label(
                    session, session.merge(submission), f"L{number % 7}", actor=cast["bob"], now=runtime.clock()
                )
        with counted_statements(runtime) as statements:
            assert client.get(f"/desk/{query}").status_code == 200
        numbers.append(len(statements))
    assert len(set(numbers)) == 1, statements
    assert numbers[0] <= 11


def test_no_list_loads_anything_row_by_row(runtime, cast):
    send(runtime)
    with runtime.database.reading() as session:
        row = search.find_page(session, session.merge(cast["alice"]), search.Filters()).submissions[0]
        with pytest.raises(Exception, match=r"lazy=.raise"):
            _ = row.messages


def test_markup_from_outside_is_never_markup_here(runtime, signed_in, cast):
    canary = '"><img src=x onerror=alert(1)>'
    submission = send(runtime, canary, subject=canary, facts=Facts(name=canary))
    with runtime.database.writing() as session:
        triage.label(session, session.merge(submission), canary, actor=cast["alice"], now=runtime.clock())
        session.get(User, cast["bob"].id).name = canary
    client = signed_in("alice")
    for query in ({}, {"q": canary}, {"label": canary.casefold()}, {"older": canary}):
        page = client.get("/desk/", query_string=query).text
        assert "<img" not in page
    assert "&lt;img src=x" in page


def test_advertising_staff_see_advertising_and_nothing_else(runtime, signed_in, cast):
    send(runtime, subject="A tip", kind="story_tip")
    send(runtime, subject="A banner", kind="advertising")
    tip = send(runtime, subject="Another tip", kind="story_tip")
    with runtime.database.writing() as session:
        triage.label(session, session.merge(tip), "Secret affair", actor=cast["alice"], now=runtime.clock())
    client = signed_in("carol")
    for query in ("", "?status=all", "?kind=story_tip", "?q=tip", "?label=secret affair"):
        page = client.get(f"/desk/{query}").text
        assert "A tip" not in page and "Another tip" not in page
        assert "Secret affair" not in page
        assert "Story tips" not in page
    assert subjects(client.get("/desk/").text) == ["A banner"]


def test_the_filters_stay_in_the_links_and_in_the_search(runtime, signed_in):
    submission = send(runtime, kind="event")
    page = signed_in("alice").get("/desk/?kind=event&channel=web").text
    assert f"/desk/submissions/{submission.reference}?kind=event&amp;channel=web" in page
    assert '<input type="hidden" name="kind" value="event">' in page


def test_nothing_on_the_page_is_inline_or_from_elsewhere(runtime, signed_in):
    send(runtime)
    answer = signed_in("alice").get("/desk/")
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", answer.text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert "no-store" in answer.headers["Cache-Control"]
