"""One submission: what its page shows, and what staff do with it."""

import re
from datetime import timedelta

import pytest
from desk_work import address, counted_statements, press, reload, send, token

from inbox.models import Attachment, Channel, ContactPoint, FileState, Message, Priority, Status, User
from inbox.services import conversation, timeline, triage
from inbox.services.contacts import Facts, Sender
from inbox.services.intake import Incoming, receive_more
from inbox.services.media import RemoteFile

RECEIPT = "ab" * 32
CANARY = "\"'><img src=x onerror=alert(1)>"


def facts_of(page: str) -> dict[str, str]:
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return {name: " ".join(re.sub("<[^>]+>", " ", value).split()) for name, value in pairs}


def texts(page: str) -> list[str]:
    return re.findall(r'class="nr-msg-text"[^>]*>(.*?)</p>', page, re.DOTALL)


def test_messages_notes_and_acts_stand_in_the_order_of_time(runtime, signed_in, clock, cast):
    submission = send(runtime, "First", receipt_hash=RECEIPT)
    client = signed_in("alice")
    clock.advance(minutes=1)
    press(client, submission, "claim")
    clock.advance(minutes=1)
    press(client, submission, "notes", text="A note")
    clock.advance(minutes=1)
    press(client, submission, "messages", text="May we call you?")
    clock.advance(minutes=1)
    with runtime.database.writing() as session:
        answer = Incoming(Channel.WEB, "web", "more", "Call tomorrow")
        receive_more(session, session.merge(reload(runtime, submission)), answer, now=clock())
    page = client.get(address(submission)).text
    talk = page[page.index('class="nr-talk"') :]
    said = ("First</p>", "took this</span>", "A note</p>", "May we call you?</p>", "Call tomorrow</p>")
    places = [talk.index(words) for words in said]
    assert places == sorted(places)
    assert page.count("<h1") == 1
    assert "Note, seen by staff only" in page


def test_the_facts_of_the_kind_are_shown_in_words(runtime, signed_in):
    details = {
        "format": "sponsored_article",
        "budget": {"low": 60000, "high": 90000, "currency": "TWD"},
        "start_date": "2026-12-01",
        "consent": True,
    }
    advertising = send(runtime, kind="advertising", details=details)
    event = send(
        runtime,
        kind="event",
        details={
            "starts_at": {"at": "2026-12-12T11:30:00+00:00", "zone": "Europe/London"},
            "link": "javascript:alert(1)",
            "promote": False,
        },
    )
    reply = send(runtime, kind="reader_reply", details={"article_url": "https://dco.example/a?b=1&c=2"})
    client = signed_in("alice")
    shown = facts_of(client.get(address(advertising)).text)
    assert shown["Budget"] == "NT$60,000 to NT$90,000"
    assert shown["In which form?"] == "Sponsored article"
    assert shown["First day"] == "Tuesday 1 December 2026"
    assert shown["You may keep these details to answer this enquiry."] == "Yes"
    page = client.get(address(event)).text
    assert facts_of(page)["Start"] == "Saturday 12 December 2026, 19:30 given in the time of Europe/London"
    assert "javascript:alert(1)" in page and 'href="javascript' not in page
    assert "No" in facts_of(page).values()
    page = client.get(address(reply)).text
    assert 'href="https://dco.example/a?b=1&amp;c=2" rel="noreferrer noopener"' in page


@pytest.mark.parametrize("budget", [{"low": None, "high": 5, "currency": "USD"}, {"low": 1, "high": None}, [], "x", {}])
def test_facts_of_an_unexpected_shape_break_nothing(runtime, signed_in, budget):
    moment = {"at": "soon", "zone": 5}
    submission = send(runtime, kind="advertising", details={"budget": budget, "start_date": "soon", "format": 7})
    press_release = send(runtime, kind="press_release", details={"embargo": "hold", "embargo_until": moment})
    event = send(runtime, kind="event", details={"starts_at": "whenever"})
    client = signed_in("alice")
    for each in (submission, press_release, event):
        assert client.get(address(each)).status_code == 200
    assert client.get("/desk/").status_code == 200


def test_a_location_is_a_plain_link(runtime, signed_in):
    place = {"latitude": 25.03, "longitude": 121.56, "label": "台北101", "address": None}
    extra = {"location": place, "forwarded": True, "choice": {"text": "我有照片"}, "contact_card": {"name": "Ming"}}
    page = signed_in("alice").get(address(send(runtime, "", extra=extra))).text
    assert "https://www.openstreetmap.org/?mlat=25.03&amp;mlon=121.56" in page
    assert "台北101" in page and "我有照片" in page and "Ming" in page and "Forwarded" in page


@pytest.mark.parametrize(
    "extra", [{"location": "x"}, {"location": {"latitude": "<b>"}}, {"choice": 5}, {"referral": []}]
)
def test_extras_of_an_unexpected_shape_break_nothing(runtime, signed_in, extra):
    assert signed_in("alice").get(address(send(runtime, extra=extra))).status_code == 200


def test_files_are_thumbnails_rows_or_placeholders(runtime, signed_in):
    files = (RemoteFile("https://x/1", "image/jpeg", "late.jpg"), RemoteFile("https://x/2", "audio/ogg", "late.ogg"))
    submission = send(runtime, remote_files=files)
    with runtime.database.writing() as session:
        message = session.query(Message).filter_by(submission_id=submission.id).one()
        made = {"message_id": message.id, "created_at": runtime.clock(), "size_bytes": 290_000}
        copied = {"copy_key": "copies/00/1", "copy_size": 290_000, "state": FileState.STORED}
        picture = Attachment(copy_type="image/png", preview_key="previews/00/1", filename="here.png", **made, **copied)
        picture.content_type = "image/png"
        document = Attachment(copy_type="application/pdf", filename="報告.pdf", **made, **copied)
        bad = Attachment(state=FileState.REJECTED, content_type="application/x-sh", filename="run.sh", **made)
        session.add_all([picture, document, bad])
    page = signed_in("alice").get(address(submission)).text
    assert f'<img src="/desk/files/{picture.id}/preview"' in page
    assert f'href="/desk/files/{document.id}"' in page
    assert "報告.pdf" in page and "283.2 KB" in page
    assert "still to be fetched" in page and "Still to be fetched" in page and "late.ogg" in page
    assert f'href="/desk/files/{bad.id}"' not in page
    assert "Refused" in page


def test_the_contact_stands_with_its_addresses(runtime, signed_in, clock):
    submission = send(runtime, channel=Channel.WHATSAPP, sender=Sender(Channel.WHATSAPP, "+886900000011", "林小姐"))
    form = send(runtime, facts=Facts("Lin", "lin@mail.example", "0900 000 012", "Museum"))
    with runtime.database.writing() as session:
        session.query(ContactPoint).one().opted_out_at = clock()
    client = signed_in("alice")
    page = client.get(address(submission)).text
    assert "Asked us to stop writing" in page
    assert 'lang="zh-Hant">林小姐' in page
    page = client.get(address(form)).text
    assert 'href="mailto:lin%40mail.example"' in page
    assert 'href="tel:%2B886900000012"' in page
    assert "Museum" in page


def test_suspected_spam_says_why(runtime, signed_in):
    submission = send(runtime, 'Buy <a href="x">this</a>')
    page = signed_in("alice").get(address(submission)).text
    assert "The text holds link markup, as machines post it." in page
    assert "Not spam" in page


def test_an_embargo_is_a_band_and_names_the_main_button(runtime, signed_in, clock):
    until = {"at": (clock() + timedelta(hours=15, minutes=43)).isoformat(), "zone": "Asia/Taipei"}
    submission = send(runtime, kind="press_release", details={"embargo": "hold", "embargo_until": until})
    client = signed_in("alice")
    page = client.get(address(submission)).text
    assert "Embargoed until" in page and "Wed 25 Nov, 05:43" in page and "15 h 43 m" in page
    assert "Accept and hold" in page
    press(client, submission, "status", status="accepted")
    assert "Held until Wed 25 Nov, 05:43" in client.get(address(submission)).text
    clock.advance(days=2)
    page = client.get(address(submission)).text
    assert "Held until" not in page and "nr-embargo" not in page


def test_a_long_conversation_is_read_in_parts_without_gap_or_repeat(runtime, signed_in, clock, cast):
    submission = send(runtime, "Text 0", receipt_hash=RECEIPT)
    with runtime.database.writing() as session:
        item, alice = session.merge(submission), session.merge(cast["alice"])
        for number in range(1, 450):  # all at the same moment, which is the hardest case
            if number % 3:
                receive_more(
                    session, item, Incoming(Channel.WEB, "web", f"more-{number}", f"Text {number}"), now=clock()
                )
            else:
                triage.note(session, item, f"Text {number}", actor=alice, now=clock())
    client, url, seen, parts = signed_in("bob"), address(submission), [], 0
    while url:
        page = client.get(url).text
        seen += texts(page)
        parts += 1
        older = re.search(r'href="([^"]+)">Earlier messages</a>', page)
        url = older[1].replace("&amp;", "&") if older else ""
    assert sorted(seen, key=lambda text: int(text.split()[1])) == [f"Text {number}" for number in range(450)]
    assert parts == 3


@pytest.mark.parametrize("cursor", ["x", "1.2", "9" * 30 + ".1.1", "-1.0.0", "1.9.1", "\x00", "１.１.１"])
def test_a_cursor_that_cannot_be_read_is_no_error(runtime, signed_in, cursor):
    submission = send(runtime)
    assert signed_in("alice").get(address(submission), query_string={"older": cursor}).status_code == 200


def test_the_number_of_statements_does_not_grow_with_the_conversation(runtime, signed_in, clock, cast):
    submission, numbers = send(runtime, receipt_hash=RECEIPT), []
    client = signed_in("alice")
    for wanted in (2, 40):
        with runtime.database.writing() as session:
            item = session.merge(reload(runtime, submission))
            for number in range(wanted):
                files = (RemoteFile(f"https://x/{number}", "image/jpeg"),)
                more = Incoming(Channel.WEB, "web", f"{wanted}-{number}", "More", remote_files=files)
                receive_more(session, item, more, now=clock())
                person = session.merge(cast["bob" if number % 2 else "ada"])
                triage.note(session, item, "Note", actor=person, now=clock())
                conversation.ask(session, item, "Question", actor=person, now=clock())
        with counted_statements(runtime) as statements:
            assert client.get(address(submission)).status_code == 200
        numbers.append(len(statements))
    assert numbers[0] == numbers[1], statements


def test_the_timeline_loads_nothing_row_by_row(runtime, cast):
    submission = send(runtime)
    with runtime.database.reading() as session:
        entry = timeline.load(session, session.merge(submission)).entries[0]
        with pytest.raises(Exception, match=r"lazy=.raise"):
            _ = entry.item.submission


def test_every_act_changes_one_thing_and_leaves_its_trace(runtime, signed_in, cast):
    submission = send(runtime, receipt_hash=RECEIPT)
    client = signed_in("alice")
    acts = [
        ("claim", {}),
        ("assign", {"assignee": str(cast["bob"].id)}),
        ("assign", {"assignee": ""}),
        ("status", {"status": "open"}),
        ("priority", {"priority": "high"}),
        ("labels", {"name": "Culture"}),
        ("labels/remove", {"key": "culture"}),
        ("notes", {"text": "Remember this"}),
        ("messages", {"text": "Who saw it?"}),
        ("status", {"status": "accepted"}),
    ]
    for act, values in acts:
        answer = press(client, submission, act, **values)
        assert answer.status_code == 303, act
        assert answer.location.split("#")[0] == address(submission)
    after = reload(runtime, submission)
    assert after.status is Status.ACCEPTED
    assert after.priority is Priority.HIGH
    assert after.assignee is None
    assert after.labels == []
    assert [note.text for note in after.notes] == ["Remember this"]
    assert after.messages[-1].text == "Who saw it?"
    assert [entry.verb for entry in after.history if entry.actor == "Alice Lin"] == [
        "submission:claim",
        "submission:assign",
        "submission:assign",
        "submission:open",
        "submission:prioritise",
        "submission:label",
        "submission:unlabel",
        "submission:note",
        "submission:ask",
        "submission:accepted",
    ]
    assert client.get(address(submission)).status_code == 200


def test_acts_lead_back_to_the_list_one_came_from(runtime, signed_in):
    submission = send(runtime, kind="event")
    client = signed_in("alice")
    here = address(submission) + "?kind=event"
    page = client.get(here).text
    assert f'action="{address(submission, "claim")}?kind=event"' in page
    answer = client.post(address(submission, "claim") + "?kind=event", data={"csrf_token": token(page)})
    assert answer.location == here
    assert 'href="/desk/?kind=event"' in page


@pytest.mark.parametrize("act", ["notes", "messages"])
@pytest.mark.parametrize("text", ["", "   \n ", "x" * 20_001])
def test_a_text_that_cannot_be_saved_comes_back_with_the_reason(runtime, signed_in, act, text):
    submission = send(runtime, receipt_hash=RECEIPT)
    answer = press(signed_in("alice"), submission, act, text=text)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text and 'role="alert"' in answer.text
    assert text in answer.text
    assert reload(runtime, submission).notes == []
    assert len(reload(runtime, submission).messages) == 1


@pytest.mark.parametrize("act", ["notes", "messages"])
def test_a_text_is_given_back_when_the_page_was_too_old(runtime, signed_in, client, act):
    submission = send(runtime, receipt_hash=RECEIPT)
    for person, status in ((signed_in("alice"), 400), (client, 400)):
        answer = person.post(address(submission, act), data={"csrf_token": "stale", "text": "Long thoughts <b>"})
        assert answer.status_code == status
        assert "Long thoughts &lt;b&gt;</textarea>" in answer.text


def test_a_text_is_given_back_when_somebody_was_signed_out(runtime, signed_in):
    submission = send(runtime, receipt_hash=RECEIPT)
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    with alice.session_transaction() as cookie:
        cookie.pop("_user_id")
    answer = alice.post(address(submission, "notes"), data={"csrf_token": token(page), "text": "Long thoughts"})
    assert answer.status_code == 401
    assert "Long thoughts</textarea>" in answer.text
    assert reload(runtime, submission).notes == []


def test_only_a_sender_with_a_receipt_code_can_be_asked(runtime, signed_in):
    submission = send(runtime, channel=Channel.SMS, sender=Sender(Channel.SMS, "+886900000015"))
    client = signed_in("alice")
    page = client.get(address(submission)).text
    assert "Ask the sender" not in page and "Save note" in page
    assert press(client, submission, "messages", text="Hello?").status_code == 403


def test_a_label_that_is_too_long_is_given_back_with_words(runtime, signed_in):
    submission = send(runtime)
    answer = press(signed_in("alice"), submission, "labels", name="a" * 61)
    assert "A label has 60 characters at most" in answer.text
    assert f'value="{"a" * 61}"' in answer.text
    assert reload(runtime, submission).labels == []


def test_rubbish_is_refused_and_changes_nothing(runtime, signed_in, cast):
    submission = send(runtime)
    client = signed_in("alice")
    before = reload(runtime, submission).version
    rubbish = ["", "x", "\x00", "-1", "9" * 5000, "<b>", "１"]
    for act, field in (("status", "status"), ("priority", "priority")):
        for value in rubbish:
            assert press(client, submission, act, **{field: value}).status_code == 400, (act, value)
    for value in ["x", "\x00", "-1", "9" * 5000, str(cast["victor"].id)]:
        assert press(client, submission, "assign", assignee=value).status_code == 400
    for value in ["", " ", "x" * 61]:
        assert press(client, submission, "labels", name=value).status_code == 422
    for value in ["", "no such label", "\x00"]:
        assert press(client, submission, "labels/remove", key=value).status_code == 303
    assert (
        press(client, submission, "labels", name="\x00\ud7ff").status_code == 303
    )  # a label of odd characters is a label
    assert reload(runtime, submission).version == before + 1


def test_a_move_that_cannot_follow_is_refused(runtime, signed_in):
    submission = send(runtime)
    client = signed_in("alice")
    press(client, submission, "status", status="closed")
    assert press(client, submission, "status", status="accepted").status_code == 409
    assert reload(runtime, submission).status is Status.CLOSED


def test_a_tip_cannot_be_given_to_advertising_staff(runtime, signed_in, cast):
    submission = send(runtime, kind="story_tip")
    client = signed_in("alice")
    assert "Carol Wu" not in client.get(address(submission)).text
    assert press(client, submission, "assign", assignee=str(cast["carol"].id)).status_code == 400
    assert "Carol Wu" in client.get(address(send(runtime, kind="advertising"))).text


@pytest.mark.parametrize("reference", ["PR-000000", "x", "'", "%00", "選舉", "9" * 300, "pr-%F0%9F%98%80"])
def test_what_is_not_here_says_so(signed_in, reference):
    answer = signed_in("alice").get(f"/desk/submissions/{reference}")
    assert answer.status_code == 404
    assert "This item is not here" in answer.text


def test_gone_and_not_allowed_look_the_same(runtime, signed_in):
    tip = send(runtime, kind="story_tip")
    client = signed_in("carol")
    hidden = client.get(address(tip)).text
    missing = client.get("/desk/submissions/ST-000000").text
    clean = [re.sub(r'value="[^"]+"', "", page) for page in (hidden, missing)]
    assert clean[0] == clean[1]


def test_markup_from_outside_is_never_markup_here(runtime, signed_in, cast):
    details = dict.fromkeys(
        ("dateline", "website", "embargo", "where", "when", "source_of_knowledge", "article_url", "print_name"), CANARY
    )
    extra = {
        "location": {"latitude": 1.0, "longitude": 2.0, "label": CANARY, "address": CANARY},
        "choice": {"text": CANARY},
        "contact_card": {"name": CANARY},
        "referral": {"headline": CANARY, "source_url": f"https://x/{CANARY}"},
        "in_reply_to": CANARY,
    }
    pages = []
    for kind in ("press_release", "story_tip", "reader_reply"):
        submission = send(
            runtime,
            CANARY,
            kind=kind,
            subject=CANARY,
            facts=Facts(CANARY, CANARY, CANARY, CANARY),
            details=details,
            extra=extra,
            receipt_hash=None if pages else RECEIPT,
            remote_files=(RemoteFile("https://x", CANARY, CANARY), RemoteFile("https://x", "image/png", CANARY)),
            suspicions=(CANARY,),
        )
        with runtime.database.writing() as session:
            item = session.merge(submission)
            message = item.messages[0]
            session.add(
                Attachment(
                    message_id=message.id,
                    state=FileState.STORED,
                    content_type="image/png",
                    filename=CANARY,
                    created_at=runtime.clock(),
                )
            )
            bob = session.get(User, cast["bob"].id)
            bob.name = CANARY
            triage.label(session, item, CANARY, actor=bob, now=runtime.clock())
            triage.note(session, item, CANARY, actor=bob, now=runtime.clock())
            triage.assign(session, item, bob, actor=bob, seen=item.version, now=runtime.clock())
        pages.append(signed_in("alice").get(address(submission)).text)
        pages.append(press(signed_in("alice"), submission, "status", page=None, version="1", status="open").text)
        pages.append(press(signed_in("alice"), submission, "claim").text)
    assert all("<img src=x" not in page for page in pages)
    assert "&lt;img src=x" in pages[0]


def test_each_state_of_a_file_has_words_and_the_buttons_that_help(runtime, signed_in):
    submission = send(runtime)
    states = [
        (FileState.PENDING, "", "", "Still to be fetched", False),
        (FileState.PENDING, "sign-in", "", "Twilio did not accept our sign-in", True),
        (FileState.STORED, "", "x", "Being made safe", False),
        (FileState.STORED, "No clean copy can be made.", "x", "Only the original is here", False),
        (FileState.HELD, "scanner", "x", "The virus scanner does not answer", True),
        (FileState.FAILED, "gone", "", "The provider has deleted it", True),
        (FileState.FAILED, "This file is damaged.", "x", "This file is damaged.", True),
        (FileState.REJECTED, "kind", "x", "Files of this kind are not taken", False),
        (FileState.REJECTED, "infected:Eicar", "x", "The virus scanner found “Eicar” in it", False),
        (FileState.FAILED, "a-code-of-tomorrow", "", "Something went wrong on our side", True),
    ]
    for state, problem, key, words, can_be_retried in states:
        with runtime.database.writing() as session:
            message = session.merge(submission).messages[0]
            file = Attachment(state=state, problem=problem, storage_key=key, content_type="text/plain")
            file.message_id, file.created_at = message.id, runtime.clock()
            session.add(file)
        page = signed_in("alice").get(address(submission)).text
        assert words in page
        assert (f'action="/desk/files/{file.id}/retry"' in page) is can_be_retried
        assert (f'href="/desk/files/{file.id}/original"' in page) is (bool(key) and file.may_be_opened)
        assert f'href="/desk/files/{file.id}"' not in page
        looked_at = signed_in("victor").get(address(submission)).text
        assert words in looked_at
        assert f"/desk/files/{file.id}/" not in looked_at


def test_a_page_asks_for_news_of_its_files_only_while_there_may_be_some(runtime, signed_in):
    submission = send(runtime, remote_files=(RemoteFile("https://x/1", "image/jpeg"),))
    assert 'hx-select-oob="#file-' in signed_in("alice").get(address(submission)).text
    with runtime.database.writing() as session:
        session.query(Attachment).one().state = FileState.FAILED
    assert 'hx-select-oob="#file-' not in signed_in("alice").get(address(submission)).text


def test_nothing_on_the_page_is_inline_or_loaded_from_elsewhere(runtime, signed_in):
    page = signed_in("alice").get(address(send(runtime, receipt_hash=RECEIPT))).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r'src="(?:https?:)?//', page)
