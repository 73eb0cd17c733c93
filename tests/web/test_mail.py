"""E-mails as staff see them: the head, what is quoted, how it was formatted, the original, and splitting off."""

import io
import re
from html import unescape

import pytest
from desk_work import address, counted_statements, press, reload, send, token
from PIL import Image
from posted import NEWS, TIPS, answer, arrive, keep, letter, with_mailboxes
from sqlalchemy import event, insert, select, text

from inbox import worker
from inbox.channels.email.take_in import take_in
from inbox.models import Attachment, AuditEntry, Job, JobKind, Mail, Message, Status, Submission
from inbox.services import attention, mail_words, timeline, triage
from inbox.services.mail import Bounce

CANARY = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"
FRAME = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
ATTENTION = "/desk/attention"


@pytest.fixture
def newsroom(runtime, app):
    return with_mailboxes(runtime)


def item_of(runtime, arrival) -> Submission:
    with runtime.database.reading() as session:
        return session.get_one(Submission, arrival.submission_id)


def page_of(runtime, client, arrival) -> str:
    return client.get(address(item_of(runtime, arrival))).text


def of(runtime, arrival, act: str) -> str:
    """The address of a page or an act of this mail."""
    return address(item_of(runtime, arrival), f"mails/{arrival.message_id}/{act}")


def about(page: str, arrival) -> str:
    """What the page says of this mail, as words."""
    part = page.partition(f'id="m-{arrival.message_id}"')[2].partition("\n      </li>")[0]
    return " ".join(unescape(re.sub("<[^>]+>", " ", part)).split())


def joined(runtime, **values):
    """A mail that answers another one."""
    first = letter("The bridge is closed.")
    arrive(runtime, first)
    return arrive(runtime, letter("Here are pictures.", in_reply_to=first.mail_id, **values))


def draw() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(content, "PNG")
    return content.getvalue()


# The head


def test_a_mail_says_from_which_address_it_came_and_to_whom(newsroom, signed_in):
    many = (NEWS, "desk@other.example", "tips@third.example", "editor@fourth.example")
    arrival = arrive(newsroom, letter(recipients=many, reply_to="press@reader.example"))
    cc = ("friend@mail.example", "other@mail.example")
    few = arrive(
        newsroom, letter(recipients=(NEWS, *cc), headers={"cc": ["A Friend <Friend@mail.example>, other@mail.example"]})
    )
    alice = signed_in("alice")
    page = page_of(newsroom, alice, arrival)
    assert "From lin@reader.example Answers to press@reader.example To news@newsroom.example and 3 more" in about(
        page, arrival
    )
    assert "<details><summary>" in page
    page = page_of(newsroom, alice, few)
    assert "To news@newsroom.example Cc friend@mail.example, other@mail.example" in about(page, few)
    assert "more" not in about(page, few)


@pytest.mark.parametrize(
    ("subject", "is_other"),
    [("The bridge", False), ("Re: the  bridge", False), ("回覆：The bridge", False), ("Our winter festival", True)],
)
def test_a_subject_is_said_and_warned_of_only_where_it_is_another_one(newsroom, signed_in, subject, is_other):
    arrival = joined(newsroom, subject=subject)
    said = about(page_of(newsroom, signed_in("alice"), arrival), arrival)
    assert (f"Subject {subject}" in said) is is_other
    assert ("it may be about something else" in said) is is_other


@pytest.mark.parametrize("what", [{"automatic": True}, {"bounce": Bounce("lin@reader.example", "5.1.1", "")}])
def test_nobody_is_warned_of_the_subject_of_a_machine(newsroom, signed_in, what):
    first = letter()
    arrive(newsroom, first)
    arrival = arrive(newsroom, letter(subject="Away", in_reply_to=first.mail_id, **what))
    said = about(page_of(newsroom, signed_in("alice"), arrival), arrival)
    assert "Subject Away" in said
    assert "something else" not in said


def test_a_long_quotation_is_folded_away(newsroom, signed_in):
    quoted = "\n".join(f"> line {number}" for number in range(7))
    arrival = arrive(newsroom, letter(f"Tuesday works.\n\nOn 24 Nov 2026, Newsroom wrote:\n{quoted}\n\nLin"))
    page = page_of(newsroom, signed_in("alice"), arrival)
    folded = re.search(r'<details class="nr-quoted">.*?</details>', page, re.DOTALL)[0]
    assert "8 lines of an earlier mail" in folded
    assert "&gt; line 6" in folded
    assert "Tuesday works." not in folded
    assert "Tuesday works." in page


# What kind of mail it is


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ({"automatic": True}, "Automatic reply"),
        ({"bulk": True}, "Sent to a list"),
        ({"defects": ("boundary",)}, "The mail is damaged; something may be missing. See the original."),
        (
            {"bounce": Bounce("x@reader.example", "5.1.1", "", words="550 no")},
            "Could not be delivered to x@reader.example: nobody has this address (5.1.1)",
        ),
        (
            {"bounce": Bounce("x@reader.example", "5.9.9", "", words="550 odd")},
            "Could not be delivered to x@reader.example: 550 odd (5.9.9)",
        ),
        (
            {"bounce": Bounce("x@reader.example", "4.4.1", "", final=False)},
            "Still on its way to x@reader.example: it is tried again: their server does not answer (4.4.1)",
        ),
    ],
)
def test_what_a_mail_is_stands_there_in_words(newsroom, signed_in, read, words):
    arrival = arrive(newsroom, letter(**read))
    assert words in about(page_of(newsroom, signed_in("alice"), arrival), arrival).replace(" :", ":")


def test_a_message_id_that_another_mail_had_is_said(newsroom, signed_in):
    arrive(newsroom, letter("One", mail_id="<same@reader.example>"))
    arrival = arrive(newsroom, letter("Two", mail_id="<same@reader.example>"))
    assert "the Message-ID of another mail" in about(page_of(newsroom, signed_in("alice"), arrival), arrival)


@pytest.mark.parametrize(
    ("told", "line", "warns"),
    [
        ({"spf": "pass", "dkim": "pass", "dmarc": "pass", "by": "mx.newsroom.example"}, "SPF pass, DKIM pass", False),
        ({"spf": "pass", "dkim": "fail"}, "SPF pass, DKIM fail", False),
        ({"spf": "fail"}, "SPF fail", True),
        ({"spf": "softfail", "dmarc": "pass"}, "SPF softfail, DMARC pass", True),
        ({"dkim": "pass", "dmarc": "fail"}, "DKIM pass, DMARC fail", True),
        ({"spf": "none", "dmarc": "temperror"}, "SPF none, DMARC temperror", False),
    ],
)
def test_what_the_receiving_server_says_is_a_hint_and_never_a_seal(newsroom, signed_in, told, line, warns):
    arrival = arrive(newsroom, letter(verdicts=told))
    page = page_of(newsroom, signed_in("alice"), arrival)
    part = re.search(r'<details class="nr-verdicts.*?</details>', page, re.DOTALL)[0]
    assert f"The receiving server says: {line}" in part
    assert "Anybody can write any name into From: this is a hint, no proof." in part
    assert ("nr-verdicts--hold" in part) is warns
    assert not re.search("check|good|done", part)


def test_where_the_server_says_nothing_nothing_is_said(newsroom, signed_in):
    page = page_of(newsroom, signed_in("alice"), arrive(newsroom, letter()))
    assert "nr-verdicts" not in page


@pytest.mark.parametrize(
    ("status", "words"), [("5.2.2", "full"), ("4.2.2", "full"), ("5.7.26", "refuses"), ("5.0.0", ""), ("", "")]
)
def test_the_status_of_a_bounce_has_its_words(status, words):
    reason = mail_words.bounce_reason({"status": status})
    assert words in reason
    assert bool(reason) is bool(words)


# Why it is here, and the way out


def test_a_mail_that_answers_ours_or_an_earlier_one_says_so(newsroom, signed_in):
    first = arrive(newsroom, letter())
    ours = answer(newsroom, first)
    to_ours = arrive(newsroom, letter("At nine.", in_reply_to=ours))
    to_theirs = joined(newsroom)
    alice = signed_in("alice")
    page = page_of(newsroom, alice, to_ours)
    assert "Belongs here because it answers our mail." in about(page, to_ours)
    assert page.count("Split off") == 1
    assert "Belongs here because it answers an earlier mail." in about(page_of(newsroom, alice, to_theirs), to_theirs)


def test_the_same_mail_in_another_mailbox_is_one_slim_line(newsroom, signed_in):
    read = letter("The bridge is closed.", verdicts={"spf": "pass"})
    first, copy = arrive(newsroom, read), arrive(newsroom, read, TIPS)
    page = page_of(newsroom, signed_in("alice"), first)
    assert "The same e-mail also came to tips@newsroom.example" in page
    assert page.count("The bridge is closed.</p>") == 1
    assert f'id="m-{copy.message_id}"' in page
    assert "Split off" not in page


def test_splitting_off_leads_to_a_submission_of_its_own_and_both_say_so(newsroom, signed_in):
    arrival = joined(newsroom, subject="Our winter festival")
    old, alice = item_of(newsroom, arrival), signed_in("alice")
    gone = press(alice, old, f"mails/{arrival.message_id}/split")
    with newsroom.database.reading() as session:
        new = session.get_one(Message, arrival.message_id).submission
    assert gone.status_code == 303
    assert gone.location == f"{address(new)}?split=1#m-{arrival.message_id}"
    assert new.id != old.id
    page = alice.get(gone.location).text
    assert "This is a submission of its own now." in page
    assert "It was split off from <a" in page
    assert "split this off from <a" in page
    assert "Belongs here" not in page
    page = alice.get(address(old)).text
    assert f'split a message off: <a class="nr-link" href="{address(new)}">' in page
    assert "Here are pictures." not in page
    assert "submission of its own" not in alice.get(f"{address(old)}?split=1").text


def test_a_second_press_leads_to_where_the_first_one_put_it(newsroom, signed_in):
    arrival = joined(newsroom)
    old, alice = item_of(newsroom, arrival), signed_in("alice")
    page = alice.get(address(old)).text
    one, two = (press(alice, old, f"mails/{arrival.message_id}/split", page) for _ in range(2))
    assert one.location == two.location
    with newsroom.database.reading() as session:
        assert len(session.scalars(select(Submission)).all()) == 2


def test_what_a_submission_began_with_stays(newsroom, signed_in):
    arrival = arrive(newsroom, letter())
    alice = signed_in("alice")
    assert press(alice, item_of(newsroom, arrival), f"mails/{arrival.message_id}/split").status_code == 409


def test_no_mail_of_another_submission_can_be_split_off_here(newsroom, signed_in):
    theirs = joined(newsroom)
    other = send(newsroom, kind="advertising")
    carol = signed_in("carol")
    assert press(carol, other, f"mails/{theirs.message_id}/split").status_code == 404
    assert press(carol, other, "mails/999999/split").status_code == 404


# How it was formatted


HTML = '<h1>Rice</h1><p>For <b>now</b> <img src="cid:chart@coast" alt="Chart"> <img src="cid:late" alt="Logo"></p>'


@pytest.fixture
def release(newsroom):
    """A mail with a picture that is ready, and another one that is not."""
    files = (
        keep(newsroom, draw(), "chart.png", "image/png", "chart@coast"),
        keep(newsroom, b"not yet", "logo.png", "image/png", "late"),
    )
    arrival = arrive(newsroom, letter("Rice", html=HTML), files=files)
    with newsroom.database.writing() as session:
        chart = session.scalars(select(Attachment).order_by(Attachment.id)).first()
        stored = newsroom.storage.keep(io.BytesIO(draw()))
        chart.copy_key, chart.preview_key, chart.copy_type = stored.key, stored.key, "image/png"
    return arrival


def test_a_formatted_mail_is_a_page_that_can_do_nothing(newsroom, signed_in, release):
    answer = signed_in("alice").get(of(newsroom, release, "formatted"))
    pictures = f"http://localhost{of(newsroom, release, 'pictures/')}"
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"] == (
        f"default-src 'none'; img-src {pictures}; style-src http://localhost/static/mail.css; form-action 'none'; "
        f"base-uri 'none'; frame-ancestors 'self'; sandbox {FRAME}"
    )
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<h1>Rice</h1><p>For <b>now</b>" in answer.text


def test_a_formatted_mail_shows_the_clean_copies_of_its_own_pictures(newsroom, signed_in, release):
    alice = signed_in("alice")
    page = alice.get(of(newsroom, release, "formatted")).text
    (source,) = re.findall(r'<img src="([^"]+)"', page)
    assert '<img  alt="Logo">' in page
    picture = alice.get(source)
    assert picture.data == draw()
    assert picture.headers["Content-Type"] == "image/webp"
    assert picture.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    late = int(source.rpartition("/")[2]) + 1
    assert alice.get(of(newsroom, release, f"pictures/{late}")).status_code == 404
    assert alice.get(of(newsroom, release, "pictures/999999")).status_code == 404
    other = arrive(newsroom, letter())
    assert alice.get(of(newsroom, other, f"pictures/{source.rpartition('/')[2]}")).status_code == 404


def test_the_page_offers_the_formatted_mail_in_a_frame_that_is_loaded_when_it_is_opened(newsroom, signed_in, release):
    page = page_of(newsroom, signed_in("alice"), release)
    path = of(newsroom, release, "formatted")
    assert f'<iframe src="{path}" sandbox="{FRAME}" loading="lazy"' in page
    assert f'href="{path}"' in page
    assert "allow-scripts" not in page


def test_a_mail_without_html_has_no_formatted_page(newsroom, signed_in):
    arrival = arrive(newsroom, letter())
    alice = signed_in("alice")
    assert "Show formatted" not in page_of(newsroom, alice, arrival)
    assert alice.get(of(newsroom, arrival, "formatted")).status_code == 404
    web = send(newsroom)
    assert alice.get(address(web, f"mails/{reload(newsroom, web).messages[0].id}/formatted")).status_code == 404


def test_nothing_of_a_hostile_mail_runs_or_is_loaded(newsroom, signed_in):
    with open("tests/samples/email/17_html_only_with_script.eml", "rb") as file:
        take_in(newsroom, file, NEWS)
    with newsroom.database.reading() as session:
        message = session.scalars(select(Message)).one()
        reference = message.submission.reference
    page = signed_in("alice").get(f"/desk/submissions/{reference}/mails/{message.id}/formatted").text
    assert "<script" not in page.lower()
    assert not re.search(r"\son\w+=|javascript:|src=\"http", page, re.IGNORECASE)


def test_markup_from_outside_is_never_markup_here(newsroom, signed_in):
    bounce = Bounce(f"x{CANARY}", CANARY, "", words=CANARY)
    told = {"subject": CANARY, "sender_name": CANARY, "recipients": (NEWS, CANARY, CANARY), "reply_to": CANARY}
    verdicts = {"spf": CANARY, "by": CANARY}
    first = letter(f"{CANARY}\n" + f"> {CANARY}\n" * 5)
    arrive(newsroom, first)
    arrival = arrive(newsroom, letter(CANARY, in_reply_to=first.mail_id, bounce=bounce, verdicts=verdicts, **told))
    unreadable = arrive(newsroom, letter(CANARY, **told), problem="unreadable")
    alice = signed_in("alice")
    pages = [page_of(newsroom, alice, each) for each in (arrival, unreadable)]
    for page in (*pages, alice.get(ATTENTION).text, alice.get("/desk/").text):
        assert "<img src=x" not in page
        assert "<script>alert" not in page
        assert "img src=x" in page


# The original


def test_the_original_is_handed_out_byte_for_byte_and_that_is_written_down(newsroom, signed_in):
    arrival = arrive(newsroom, letter())
    alice = signed_in("alice")
    path = of(newsroom, arrival, "original")
    assert f'href="{path}"' in page_of(newsroom, alice, arrival)
    answer = alice.get(path)
    with newsroom.database.reading() as session:
        mail = session.scalars(select(Mail)).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "mail:open_original")).one()
    assert answer.data == newsroom.storage.read(mail.original_key)
    assert answer.headers["Content-Type"] == "message/rfc822"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    name = f"{item_of(newsroom, arrival).reference}-{arrival.message_id}.eml"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert (entry.actor, entry.submission_id) == ("Alice Lin", arrival.submission_id)
    assert entry.facts == {"message": arrival.message_id}
    assert "You downloaded the original of an e-mail" in unescape(
        re.sub("<[^>]+>", "", page_of(newsroom, alice, arrival))
    )


def test_an_original_that_is_lost_or_never_was_is_not_here(newsroom, signed_in):
    arrival = arrive(newsroom, letter())
    alice = signed_in("alice")
    with newsroom.database.writing() as session:
        mail = session.scalars(select(Mail)).one()
        newsroom.storage.delete([mail.original_key])
    assert alice.get(of(newsroom, arrival, "original")).status_code == 404
    with newsroom.database.writing() as session:
        session.scalars(select(Mail)).one().original_key = ""
    assert alice.get(of(newsroom, arrival, "original")).status_code == 404
    assert "Download the original" not in page_of(newsroom, alice, arrival)
    with newsroom.database.reading() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.verb == "mail:open_original")).first() is None


# What could not be read


def unreadable(runtime, problem="too-large", **values):
    return arrive(runtime, letter("", **values), problem=problem)


@pytest.mark.parametrize(
    ("problem", "words"), [("too-large", "larger"), ("unreadable", "not built as mails are"), ("fault", "our side")]
)
def test_a_placeholder_says_what_is_wrong_and_what_to_do(newsroom, signed_in, problem, words):
    arrival = unreadable(newsroom, problem)
    alice = signed_in("alice")
    said = about(page_of(newsroom, alice, arrival), arrival)
    assert "This e-mail could not be read" in said
    assert words in said
    assert re.search(r"Download the original \d+ B Process again", said)
    assert alice.get(of(newsroom, arrival, "original")).status_code == 200
    listed = unescape(re.sub("<[^>]+>", " ", alice.get(ATTENTION).text))
    assert words in listed
    assert "from Lin Ya-ting" in " ".join(listed.split())


@pytest.mark.parametrize("place", ["page", "list"])
def test_a_placeholder_is_processed_again_by_a_press(newsroom, signed_in, place):
    arrival = unreadable(newsroom)
    alice = signed_in("alice")
    page = alice.get(ATTENTION).text if place == "list" else page_of(newsroom, alice, arrival)
    path = re.search(r'action="([^"]+/again[^"]*)"', page)[1]
    for _ in range(2):
        gone = alice.post(unescape(path), data={"csrf_token": token(page)})
        assert gone.status_code == 303
    back = ATTENTION if place == "list" else f"{address(item_of(newsroom, arrival))}#m-{arrival.message_id}"
    assert gone.location == back
    with newsroom.database.reading() as session:
        assert session.scalars(select(Job.subject_id).where(Job.kind == JobKind.MAIL)).all() == [arrival.message_id]
    assert "had an e-mail processed again" in page_of(newsroom, alice, arrival)
    assert "Nothing needs attention" in alice.get(ATTENTION).text


def test_a_press_that_comes_when_it_is_read_already_changes_nothing(newsroom, signed_in):
    arrival = unreadable(newsroom)
    alice = signed_in("alice")
    page = page_of(newsroom, alice, arrival)
    with newsroom.database.writing() as session:
        session.scalars(select(Mail)).one().problem = ""
    assert press(alice, item_of(newsroom, arrival), f"mails/{arrival.message_id}/again", page).status_code == 303
    with newsroom.database.reading() as session:
        assert session.scalars(select(Job).where(Job.kind == JobKind.MAIL)).first() is None


def test_what_fails_again_is_listed_once(newsroom, signed_in):
    arrival = unreadable(newsroom, "unreadable")
    alice = signed_in("alice")
    press(alice, item_of(newsroom, arrival), f"mails/{arrival.message_id}/again")
    newsroom.storage.delete([_original(newsroom)])
    worker.make(newsroom).run_due()
    page = alice.get(ATTENTION).text
    assert len(re.findall("<h3>", page)) == 1
    assert "An e-mail still cannot be read" in page


def _original(runtime) -> str:
    with runtime.database.reading() as session:
        return session.scalars(select(Mail.original_key)).one()


def test_a_placeholder_needs_attention_until_its_submission_is_decided(newsroom, signed_in, cast):
    arrival = unreadable(newsroom)
    alice = signed_in("alice")
    assert 'nr-count nr-count--bad">1<' in alice.get("/desk/").text
    with newsroom.database.writing() as session:
        item = session.get_one(Submission, arrival.submission_id)
        triage.move(session, item, Status.CLOSED, actor=cast["alice"], seen=item.version, now=newsroom.clock())
    assert 'nr-count nr-count--bad"' not in alice.get("/desk/").text
    assert "Nothing needs attention" in alice.get(ATTENTION).text


def test_advertising_staff_know_of_no_other_placeholders(newsroom, signed_in):
    unreadable(newsroom)
    page = signed_in("carol").get(ATTENTION).text
    assert "could not be read" not in page
    assert "Nothing needs attention" in page


def test_a_long_list_of_placeholders_is_read_in_parts(newsroom, signed_in, monkeypatch):
    monkeypatch.setattr("inbox.services.unreadable.PAGE_SIZE", 3)
    for _ in range(7):
        unreadable(newsroom)
    alice, seen, path = signed_in("alice"), [], ATTENTION
    while path:
        page = alice.get(path).text
        seen += re.findall(r"/mails/(\d+)/again", page)
        following = re.search(r'href="(/desk/attention\?before=[^"]+)"', page)
        path = following and following[1]
    assert len(seen) == len(set(seen)) == 7
    assert "More e-mails" not in page


# Rights


@pytest.mark.parametrize("who", ["alice", "ada"])
def test_editors_and_administrators_do_everything_with_mails(newsroom, signed_in, release, who):
    client, other = signed_in(who), joined(newsroom)
    for act in ("formatted", "original"):
        assert client.get(of(newsroom, release, act)).status_code == 200
    assert press(client, item_of(newsroom, other), f"mails/{other.message_id}/split").status_code == 303
    broken = unreadable(newsroom)
    assert press(client, item_of(newsroom, broken), f"mails/{broken.message_id}/again").status_code == 303


def test_viewers_look_at_mails_and_change_nothing(newsroom, signed_in, release):
    victor, other, broken = signed_in("victor"), joined(newsroom), unreadable(newsroom)
    assert victor.get(of(newsroom, release, "formatted")).status_code == 200
    assert victor.get(of(newsroom, release, "original")).status_code == 403
    assert press(victor, item_of(newsroom, other), f"mails/{other.message_id}/split").status_code == 403
    assert press(victor, item_of(newsroom, broken), f"mails/{broken.message_id}/again").status_code == 403
    pages = [page_of(newsroom, victor, each) for each in (release, other, broken)] + [victor.get(ATTENTION).text]
    for page in pages:
        assert not re.search("Split off|Process again|/original", page)


@pytest.mark.parametrize("act", ["formatted", "original", "pictures/1"])
def test_advertising_staff_reach_no_other_mails(newsroom, signed_in, release, act):
    assert signed_in("carol").get(of(newsroom, release, act)).status_code == 404


def test_advertising_staff_work_on_mails_about_advertising(newsroom, signed_in):
    arrival = arrive(newsroom, letter(kind="advertising", html="<p>Rates</p>"))
    carol = signed_in("carol")
    for act in ("formatted", "original"):
        assert carol.get(of(newsroom, arrival, act)).status_code == 200


# Cost


def test_the_timeline_costs_the_same_however_many_mails_it_shows(newsroom, signed_in, cast):
    first = letter(html="<p>One</p>", verdicts={"spf": "pass"})
    arrival = arrive(newsroom, first)
    alice, numbers = signed_in("alice"), []
    for _ in range(2):
        with counted_statements(newsroom) as statements:
            page_of(newsroom, alice, arrival)
        numbers.append(len(statements))
        for number in range(5):
            arrive(newsroom, letter(f"Answer {number}", in_reply_to=first.mail_id, html="<p>x</p>"))
    assert numbers[0] == numbers[1]
    assert not any("SELECT mail.html" in each or ", mail_1.html," in each for each in statements)
    with newsroom.database.reading() as session, counted_statements(newsroom) as statements:
        timeline.load(session, session.get_one(Submission, arrival.submission_id))
    assert len([each for each in statements if " mail " in each]) == 1


def test_what_could_not_be_read_is_counted_on_an_index(newsroom, signed_in, cast):
    unreadable(newsroom)
    arrival = arrive(newsroom, letter())
    with newsroom.database.writing() as session:
        plain = {"channel": "email", "direction": "in", "account": NEWS, "text": "", "extra": {}, "raw": {}}
        more = [
            {"submission_id": arrival.submission_id, "external_id": f"<{n}>", "at": newsroom.clock(), **plain}
            for n in range(3000)
        ]
        ids = session.scalars(insert(Message).returning(Message.id), more).all()
        session.execute(insert(Mail), [{"message_id": each, "mail_id": f"<{each}>"} for each in ids])
    with newsroom.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    ran = []

    def note(connection, cursor, statement, parameters, *others):
        ran.append((statement, parameters))

    for who in ("alice", "carol"):
        ran.clear()
        event.listen(newsroom.database.engine, "before_cursor_execute", note)
        with newsroom.database.reading() as session:
            user = session.merge(cast[who], load=False)
            assert attention.standing(session, user, now=newsroom.clock()).unreadable == (who == "alice")
        event.remove(newsroom.database.engine, "before_cursor_execute", note)
        (ran_one,) = [each for each in ran if "mail.problem" in each[0]]
        explain = "EXPLAIN QUERY PLAN " if newsroom.database.is_sqlite else "EXPLAIN "
        with newsroom.database.engine.connect() as connection:
            plan = [str(row) for row in connection.exec_driver_sql(explain + ran_one[0], ran_one[1])]
        assert any("ix_mail_problem" in line for line in plan), plan
        assert not any("Seq Scan on m" in line for line in plan), plan


def test_a_page_of_placeholders_costs_the_same_however_many_there_are(newsroom, signed_in):
    alice, numbers = signed_in("alice"), []
    for wanted in (1, 20):
        for _ in range(wanted):
            unreadable(newsroom)
        with counted_statements(newsroom) as statements:
            assert alice.get(ATTENTION).status_code == 200
        numbers.append(len(statements))
    assert numbers[0] == numbers[1], statements
