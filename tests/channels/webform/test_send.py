"""Sending a form: what is accepted, kept, refused, and never stored twice."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from channels.webform.conftest import ANSWERS, PDF, code_on
from PIL import Image
from reader import Page, Reader, page_of
from sqlalchemy import func, select

from inbox import kinds, worker
from inbox.budgets import Budgets
from inbox.models import Attachment, Contact, FileState, Status
from inbox.services import receipts, spam


def files_for(slug, pdf):
    return {"attachments": [(BytesIO(PDF), "square.pdf")]} if slug == "photo-video" else {}


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.slug)
def test_every_kind_is_accepted_with_nothing_but_what_it_requires(kind, reader, stored, pdf):
    form = reader.open(f"/send/{kind.slug}")
    receipt = reader.send(form, **ANSWERS[kind.slug], **files_for(kind.slug, pdf))
    assert receipt.status == 200
    [submission] = stored()
    assert submission.kind == kind.name
    assert submission.status is Status.NEW
    assert submission.reference in receipt.text
    assert submission.receipt_hash == receipts.hash_code(code_on(receipt))
    assert submission.messages[0].text == ANSWERS[kind.slug].get("body", "")


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.slug)
def test_the_answers_given_here_are_all_that_the_page_marks_as_required(kind, reader):
    form = reader.open(f"/send/{kind.slug}")
    given = {*ANSWERS[kind.slug], *(name for name, value in form.answers.items() if value)}
    assert form.required <= given | {"attachments"}


@pytest.mark.parametrize("kind", kinds.ALL, ids=lambda kind: kind.slug)
def test_an_empty_form_comes_back_with_words_at_every_required_field(kind, reader, stored):
    form = reader.open(f"/send/{kind.slug}")
    again = reader.send(form)
    chosen = {name for name, value in form.answers.items() if value}
    assert again.status == 422
    assert again.title.startswith("Error: ")
    assert again.wrong - {"venue"} == form.required - chosen  # an event needs a venue or a link
    assert stored() == []


def test_the_details_of_a_kind_are_kept_as_values(reader, stored):
    answers = ANSWERS["press-release"] | {
        "website": "ocean-trust.example/reefs",
        "embargo": "hold",
        "embargo_until_date": "2026-11-30",
        "embargo_until_time": "09:00",
        "embargo_until_zone": "Asia/Taipei",
    }
    reader.send(reader.open("/send/press-release"), **answers)
    [submission] = stored()
    assert submission.details == {
        "website": "https://ocean-trust.example/reefs",
        "embargo": "hold",
        "embargo_until": {"at": "2026-11-30T01:00:00+00:00", "zone": "Asia/Taipei"},
        "consent": True,
    }
    assert submission.subject == "Coral off Taitung recovers"
    assert submission.contact.organisation == "Taitung Ocean Trust"
    assert submission.contact.email == "press@ocean-trust.example"


def test_a_budget_is_kept_with_its_currency(reader, stored):
    budget = {"budget_low": "NT$ 30,000", "budget_high": "50 000", "start_date": "2027-01-01"}
    reader.send(reader.open("/send/advertising"), **ANSWERS["advertising"], **budget)
    [submission] = stored()
    assert submission.details["budget"] == {"low": 30000, "high": 50000, "currency": "TWD"}
    assert submission.details["start_date"] == "2027-01-01"


def test_an_anonymous_tip_leaves_no_contact_even_if_an_address_was_typed(reader, stored, runtime):
    typed = {"name": "Deep Throat", "email": "me@example.org", "phone": "0912345678", "may_contact": "no"}
    reader.send(reader.open("/send/story-tip"), **ANSWERS["story-tip"], **typed)
    [submission] = stored()
    assert submission.contact is None
    assert submission.sender == ""
    everything = repr([submission.details, submission.messages[0].sender_name, submission.messages[0].extra])
    assert "me@example.org" not in everything
    assert "Deep Throat" not in everything
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_a_source_may_choose_to_be_reachable(reader, stored):
    typed = {"name": "A neighbour", "email": "me@example.org", "may_contact": "yes"}
    reader.send(reader.open("/send/story-tip"), **ANSWERS["story-tip"], **typed)
    [submission] = stored()
    assert submission.contact.email == "me@example.org"


def test_a_wish_for_promotion_opens_an_advertising_enquiry_beside_the_event(reader, stored):
    form = reader.open("/send/event")
    reader.send(form, **ANSWERS["event"], promote="yes")
    reader.post(form, **ANSWERS["event"], promote="yes")
    event, enquiry = stored()
    assert (event.kind, enquiry.kind) == ("event", "advertising")
    assert enquiry.details["opened_from"] == event.reference
    assert enquiry.details["format"] == "event_promotion"
    assert enquiry.contact.email == "mei@example.org"


def test_sending_twice_makes_one_submission_and_shows_the_same_code(reader, stored, pdf):
    form = reader.open("/send/message")
    first = reader.send(form, **ANSWERS["message"], attachments=[pdf()])
    second = reader.send(form, **ANSWERS["message"], attachments=[pdf()])
    [submission] = stored()
    assert code_on(first) == code_on(second)
    assert len(submission.messages) == 1
    assert len(submission.messages[0].attachments) == 1


def stored_files(runtime):
    return [path for path in (runtime.settings.data_dir / "files").rglob("*") if path.is_file()]


def test_twenty_clicks_at_once_make_one_submission_and_keep_one_file(app, client, reader, stored, runtime):
    form = reader.open("/send/message")
    cookie = client.get_cookie("inbox")

    def click(_):
        other = app.test_client()
        other.set_cookie("inbox", cookie.value)
        return Reader(other).send(form, **ANSWERS["message"], attachments=[(BytesIO(PDF), "plan.pdf")])

    with ThreadPoolExecutor(20) as pool:
        receipts_shown = list(pool.map(click, range(20)))
    [submission] = stored()
    assert len({code_on(page) for page in receipts_shown}) == 1
    assert len(submission.messages) == 1
    assert len(submission.messages[0].attachments) == 1
    assert len(stored_files(runtime)) == 1


def test_an_edited_form_sent_again_joins_the_first_submission(reader, stored, pdf, runtime):
    form = reader.open("/send/message")
    first = reader.send(form, **ANSWERS["message"], attachments=[pdf()])
    edited = ANSWERS["message"] | {"body": "Thank you for the series on bridges."}
    for _ in range(2):
        second = reader.send(form, **edited, attachments=[pdf()])
    [submission] = stored()
    assert [message.text for message in submission.messages] == [ANSWERS["message"]["body"], edited["body"]]
    assert code_on(first) == code_on(second)
    assert len(stored_files(runtime)) == 1


def test_a_filled_trap_goes_to_suspected_spam_and_looks_accepted(reader, stored):
    form = reader.open("/send/message")
    assert "Leave this empty" in form.text
    receipt = reader.send(form, **ANSWERS["message"], homepage="https://buy.example")
    [submission] = stored()
    assert submission.reference in receipt.text
    assert submission.status is Status.SPAM
    assert submission.spam_reasons == [spam.TRAP_FILLED]


def test_a_form_that_comes_back_too_fast_goes_to_suspected_spam(environ, request):
    environ["INBOX_MIN_FILL_SECONDS"] = "5"
    reader, clock = Reader(request.getfixturevalue("client")), request.getfixturevalue("clock")
    hasty, calm = reader.open("/send/message"), reader.open("/send/message")
    reader.send(hasty, **ANSWERS["message"])
    clock.advance(seconds=60)
    reader.send(calm, **ANSWERS["message"])
    first, second = request.getfixturevalue("stored")()
    assert first.spam_reasons == [spam.TOO_FAST]
    assert second.status is Status.NEW


def typed_again(page: Page, answers: dict[str, str]) -> dict[str, str]:
    return {name: page.answers.get(name) for name in answers}


@pytest.mark.parametrize("token", ["", "forged", "forged.aaaaaa.bbbbbbbbbbbb"])
def test_a_forged_token_gets_the_form_again_with_everything_in_it(token, reader, stored):
    form = reader.open("/send/press-release")
    again = reader.send(form, **ANSWERS["press-release"], form_token=token)
    assert again.status == 422
    assert "open too long" in again.text
    assert typed_again(again, ANSWERS["press-release"]) == ANSWERS["press-release"]
    assert stored() == []
    assert "Receipt code" in reader.send(again).text
    assert len(stored()) == 1


def test_a_form_left_open_for_days_is_given_back_with_its_files(reader, stored, clock, pdf):
    form = reader.open("/send/message")
    held = reader.send(form, body="Look at this plan.", attachments=[pdf()])
    clock.advance(days=3)
    again = reader.send(held, consent="yes")
    assert "open too long" in again.text
    assert "plan.pdf" in again.text
    assert "Receipt code" in reader.send(again).text
    assert [file.filename for file in stored()[0].messages[0].attachments] == ["plan.pdf"]


def test_a_form_of_another_browser_is_not_accepted_and_nothing_is_lost(app, reader, stored):
    form = reader.open("/send/message")
    stranger = Reader(app.test_client())
    again = stranger.send(form, **ANSWERS["message"])
    assert again.status == 422
    assert again.answers["body"] == ANSWERS["message"]["body"]
    assert stored() == []


def test_without_a_csrf_token_nothing_is_stored(reader, stored):
    form = reader.open("/send/message")
    assert reader.send(form, **ANSWERS["message"], csrf_token=None).status == 422
    assert stored() == []


def test_a_file_that_is_not_what_its_name_says_is_refused_in_words_and_the_others_wait(reader, stored, pdf, runtime):
    form = reader.open("/send/message")
    bad = (BytesIO(b"<script>alert(1)</script>"), "holiday.jpg")
    again = reader.send(form, **ANSWERS["message"], attachments=[pdf(), bad])
    assert again.status == 422
    assert "attachments" in again.wrong
    assert "“holiday.jpg”" in again.text
    assert "Already here" in again.text
    receipt = reader.send(again)
    assert "Receipt code" in receipt.text
    [submission] = stored()
    [file] = submission.messages[0].attachments
    assert (file.filename, file.state, file.form_token) == ("plan.pdf", FileState.STORED, None)
    assert runtime.storage.read(file.storage_key) == PDF


def test_a_file_of_a_form_gets_a_clean_copy_once_it_is_sent(reader, stored, runtime):
    photo, exif = BytesIO(), Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 3.0)})
    Image.new("RGB", (80, 60), "teal").save(photo, "JPEG", exif=exif)
    form = reader.open("/send/message")
    again = reader.send(form, body="Without consent.", attachments=[(BytesIO(photo.getvalue()), "here.jpg")])
    worker.make(runtime).run_due()
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment)).one().copy_key == ""  # it may still be left out

    reader.send(again, consent="yes")
    worker.make(runtime).run_due()

    [submission] = stored()
    [file] = submission.messages[0].attachments
    assert runtime.storage.read(file.storage_key) == photo.getvalue()
    copy = Image.open(BytesIO(runtime.storage.read(file.copy_key)))
    assert copy.size == (80, 60)
    assert not copy.getexif()


def test_a_waiting_file_can_be_left_out(reader, stored, pdf, runtime):
    form = reader.open("/send/message")
    again = reader.send(form, body="Text without consent.", attachments=[pdf("one.pdf"), pdf("two.pdf", PDF + b"2")])
    ids = [line.split('"')[0] for line in again.html.split('name="leave_out" value="')[1:]]
    reader.send(again, consent="yes", leave_out=ids[0])
    [submission] = stored()
    assert [file.filename for file in submission.messages[0].attachments] == ["two.pdf"]
    assert len(stored_files(runtime)) == 1


def test_nobody_can_leave_out_the_files_of_another_form(reader, runtime, pdf):
    reader.send(reader.open("/send/message"), body="No consent.", attachments=[pdf()])
    reader.send(reader.open("/send/message"), **ANSWERS["message"], leave_out=["1", "2", "x"])
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_a_file_chosen_again_after_an_error_is_not_kept_twice(reader, stored, pdf, runtime):
    again = reader.send(reader.open("/send/message"), body="No consent.", attachments=[pdf()])
    reader.send(again, consent="yes", attachments=[pdf()])
    assert len(stored()[0].messages[0].attachments) == 1
    assert len(stored_files(runtime)) == 1


def test_photos_need_a_file_and_a_waiting_one_is_enough_also_when_sent_twice(reader, stored, pdf):
    missing = reader.send(reader.open("/send/photo-video"), **ANSWERS["photo-video"])
    assert missing.wrong == {"attachments"}
    waiting = reader.send(missing, consent=None, attachments=[pdf()])
    first, second = reader.send(waiting, consent="yes"), reader.send(waiting, consent="yes")
    assert code_on(first) == code_on(second)
    assert len(stored()) == 1


def test_an_upload_over_the_limit_gets_a_page_that_says_so(environ, request):
    environ["INBOX_MAX_UPLOAD_MB"] = "1"
    reader = Reader(request.getfixturevalue("client"))
    form = reader.open("/send/message")
    assert "at most 1 MB" in form.text
    page = reader.send(form, **ANSWERS["message"], attachments=[(BytesIO(b"x" * 6 * 1024 * 1024), "big.txt")])
    assert page.status == 413
    assert "Nothing was sent" in page.text
    assert request.getfixturevalue("stored")() == []


def test_files_that_are_too_much_together_are_refused_beside_their_field(environ, request):
    environ["INBOX_MAX_UPLOAD_MB"] = "1"
    reader = Reader(request.getfixturevalue("client"))
    form = reader.open("/send/message")
    page = reader.send(form, **ANSWERS["message"], attachments=[(BytesIO(b"word " * 300_000), "big.txt")])
    assert page.status == 422
    assert "2 MB" in page.text
    assert page.answers["body"] == ANSWERS["message"]["body"]


def test_too_many_posts_get_the_text_back_and_a_time(environ, request):
    environ["INBOX_PUBLIC_POST_LIMIT"] = "2 per hour"
    client, stored = request.getfixturevalue("client"), request.getfixturevalue("stored")
    reader = Reader(client)
    forms = [reader.open("/send/press-release") for _ in range(3)]
    for form in forms[:2]:
        reader.send(form, **ANSWERS["press-release"])
    response = reader.post(forms[2], **ANSWERS["press-release"])
    page = page_of(response)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert "Please wait a few minutes" in page.text
    assert "Send again after" in page.text
    given_back = page.answers | {"csrf_token": forms[2].answers["csrf_token"]}  # that one is signed anew
    assert given_back == forms[2].answers | ANSWERS["press-release"]
    assert len(stored()) == 2


def test_a_form_that_had_to_wait_can_be_sent_as_it_is(environ, request):
    environ["INBOX_PUBLIC_POST_LIMIT"] = "1 per hour"
    app, stored = request.getfixturevalue("app"), request.getfixturevalue("stored")
    reader = Reader(request.getfixturevalue("client"))
    reader.send(reader.open("/send/message"), **ANSWERS["message"])
    waiting = reader.send(reader.open("/send/message"), **ANSWERS["message"])
    assert waiting.status == 429
    request.getfixturevalue("clock").advance(hours=2)
    app.extensions["inbox_budgets"] = Budgets(None)
    assert "Receipt code" in reader.send(waiting).text
    assert len(stored()) == 2


def test_the_receipt_is_shown_once(reader):
    receipt = reader.send(reader.open("/send/message"), **ANSWERS["message"])
    code = code_on(receipt)
    again = reader.open("/receipt")
    assert again.status == 200
    assert code not in again.html
    assert "no longer here" in again.text
    assert "/status" in again.links


def test_the_receipt_code_is_in_no_address_and_in_no_log(reader, capfd):
    response = reader.post(reader.open("/send/message"), **ANSWERS["message"])
    assert response.location.endswith("/receipt#main")
    code = code_on(reader.open("/receipt"))
    out = "".join(capfd.readouterr())
    assert code not in out
    assert ANSWERS["message"]["body"] not in out


def test_a_kind_that_the_newsroom_does_not_offer_is_not_there(environ, tmp_path, request):
    profile = tmp_path / "inbox.toml"
    profile.write_text('kinds = ["message"]')
    environ["INBOX_CONFIG"] = str(profile)
    reader = Reader(request.getfixturevalue("client"))
    assert reader.open("/send/message").status == 200
    assert reader.open("/send/event").status == 404
    assert reader.open("/send/nothing").status == 404
    assert [link for link in reader.open("/").links if "/send/" in link] == ["/send/message"]


def test_unknown_fields_are_ignored(reader, stored):
    reader.send(reader.open("/send/message"), **ANSWERS["message"], status="accepted", assignee="1", priority="high")
    [submission] = stored()
    assert submission.status is Status.NEW
    assert set(submission.details) == {"consent"}


def test_a_hundred_kilobytes_of_text_arrive_whole(reader, stored):
    text = "一二三四五六七八九十 " * 5_000
    reader.send(reader.open("/send/message"), body=text, consent="yes")
    assert stored()[0].messages[0].text == text.strip()


def test_a_fault_while_storing_leaves_no_file_behind(reader, runtime, pdf, monkeypatch):
    from inbox.services import intake

    def fail(*_args, **_more):
        raise RuntimeError("no")

    form = reader.open("/send/message")
    monkeypatch.setattr(intake, "receive", fail)
    page = reader.send(form, **ANSWERS["message"], attachments=[pdf()])
    assert page.status == 500
    assert stored_files(runtime) == []
