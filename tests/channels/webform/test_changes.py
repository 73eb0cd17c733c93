"""A form that was sent, changed with the browser's back button, and sent again: nothing of it is lost."""

import json

from channels.webform.conftest import ANSWERS, code_on
from desk_work import address, press

from inbox.services import export

HOLD = {
    "embargo": "hold",
    "embargo_until_date": "2027-01-01",
    "embargo_until_time": "09:00",
    "embargo_until_zone": "Asia/Taipei",
}
LATER = {"subject": "Coral is back", "email": "right@ocean-trust.example", "phone": "0900 000 001", **HOLD}


def send_and_change(reader, slug, first=None, **changes):
    form = reader.open(f"/send/{slug}")
    receipt = reader.send(form, **{**ANSWERS[slug], **(first or {})})
    again = reader.send(form, **{**ANSWERS[slug], **changes})
    assert code_on(again) == code_on(receipt)
    return again


def test_what_the_sender_said_last_is_what_the_submission_shows(reader, stored):
    send_and_change(reader, "press-release", **LATER)
    [submission] = stored()
    assert submission.subject == "Coral is back"
    assert (submission.contact.email, submission.contact.phone) == ("right@ocean-trust.example", "+886900000001")
    assert submission.embargo_until is not None
    assert len(submission.messages) == 2


def test_the_message_keeps_what_was_said_before_and_the_export_holds_it(reader, stored, runtime):
    send_and_change(reader, "press-release", **LATER)
    [submission] = stored()
    changed = submission.messages[1].extra["changed"]
    assert changed["subject"] == {"from": "Coral off Taitung recovers", "to": "Coral is back"}
    assert changed["phone"] == {"from": "", "to": "+886900000001"}
    assert changed["embargo"] == {"from": "none", "to": "hold"}
    assert set(changed) == {"subject", "email", "phone", "embargo", "embargo_until"}
    with runtime.database.reading() as session:
        [line] = export.json_lines(session)
    assert json.loads(line)["messages"][1]["extra"]["changed"] == changed


def test_the_desk_shows_the_changes_and_finds_both_the_old_and_the_new(reader, stored, signed_in):
    send_and_change(reader, "press-release", **LATER)
    [submission] = stored()
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    assert "Sent again with changes:" in page
    assert "right@ocean-trust.example" in page and "press@ocean-trust.example" in page
    for words in ("Coral is back", "right@ocean-trust", "Taitung recovers", "press@ocean-trust", "0900000001"):
        assert submission.reference in alice.get("/desk/", query_string={"q": words}).text, words


def test_the_words_are_still_found_after_the_index_was_made_anew(reader, stored, signed_in):
    send_and_change(reader, "press-release", **LATER)
    [submission] = stored()
    alice = signed_in("alice")
    press(alice, submission, "labels", name="Sea")
    press(alice, submission, "labels/remove", key="sea")
    assert submission.reference in alice.get("/desk/?q=press@ocean-trust.example").text


def test_an_editor_who_read_the_old_facts_is_told_before_deciding_on_them(reader, stored, signed_in):
    form = reader.open("/send/press-release")
    reader.send(form, **ANSWERS["press-release"])
    [submission] = stored()
    alice = signed_in("alice")
    page = alice.get(address(submission)).text
    reader.send(form, **ANSWERS["press-release"], **HOLD)
    answer = press(alice, submission, "status", page, status="accepted")
    assert answer.status_code == 409
    assert "sent the form again with changes" in answer.text


def test_other_words_alone_change_no_fact(reader, stored):
    send_and_change(reader, "message", body="The bridge is open again.")
    [submission] = stored()
    assert submission.subject == "Thank you for the series on rivers."
    assert submission.messages[1].text == "The bridge is open again."
    assert "changed" not in submission.messages[1].extra


def test_a_name_that_comes_later_makes_the_contact(reader, stored):
    send_and_change(reader, "story-tip", may_contact="yes", name="A neighbour", email="me@example.org")
    [submission] = stored()
    assert (submission.contact.name, submission.sender) == ("A neighbour", "A neighbour")


def test_a_promotion_wished_for_later_opens_its_enquiry_once(reader, stored):
    form = reader.open("/send/event")
    reader.send(form, **ANSWERS["event"])
    for _ in range(2):
        reader.send(form, **ANSWERS["event"], promote="yes")
    event, enquiry = stored()
    assert enquiry.details["opened_from"] == event.reference
    assert event.details["promote"] is True
    assert len(enquiry.messages) == 1


def test_the_enquiry_follows_an_address_that_was_put_right(reader, stored):
    send_and_change(reader, "event", {"promote": "yes"}, promote="yes", email="right@example.org")
    event, enquiry = stored()
    assert event.contact.email == enquiry.contact.email == "right@example.org"
    assert enquiry.messages[1].extra["changed"]["email"]["from"] == "mei@example.org"


def test_the_same_change_twice_is_one_message(reader, stored):
    form = reader.open("/send/press-release")
    reader.send(form, **ANSWERS["press-release"])
    for _ in range(2):
        reader.send(form, **ANSWERS["press-release"] | LATER)
    [submission] = stored()
    assert len(submission.messages) == 2


def test_a_change_that_is_taken_back_is_taken_back(reader, stored):
    form = reader.open("/send/press-release")
    for changes in ({}, LATER, {}, {}):
        reader.send(form, **ANSWERS["press-release"] | changes)
    [submission] = stored()
    assert submission.embargo_until is None
    assert submission.contact.email == ANSWERS["press-release"]["email"]
    assert len(submission.messages) == 3
