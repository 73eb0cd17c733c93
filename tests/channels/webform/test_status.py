"""Coming back with the receipt code: reading, answering, adding, closing."""

import pytest
from channels.webform.conftest import ANSWERS, code_on
from reader import Reader, page_of

from inbox.models import Status, Submission
from inbox.services import conversation, triage


def sent(reader, slug="story-tip"):
    return code_on(reader.send(reader.open(f"/send/{slug}"), **ANSWERS[slug]))


def opened(reader, code):
    return reader.send(reader.open("/status"), code=code)


@pytest.fixture
def ask(runtime, cast):
    """`ask("Where?")` is Alice's question about the newest submission."""

    def put(text):
        with runtime.database.writing() as session:
            submission = session.query(Submission).order_by(Submission.id.desc()).first()
            conversation.ask(session, submission, text, actor=cast["alice"], now=runtime.clock())

    return put


def test_the_code_opens_what_was_sent(reader, stored):
    page = opened(reader, sent(reader))
    assert page.status == 200
    assert stored()[0].reference in page.text
    assert ANSWERS["story-tip"]["body"] in page.text
    assert "Received" in page.text


@pytest.mark.parametrize(
    "written",
    [
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')} ",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("-", "–"),
    ],
    ids=["lower case", "no hyphens", "spaces", "look-alikes", "dashes"],
)
def test_the_code_is_read_however_it_was_written_down(written, reader, stored):
    page = opened(reader, written(sent(reader)))
    assert stored()[0].reference in page.text


@pytest.mark.parametrize("code", ["", "   ", "ABCD-EFGH-JKMN-PQRS", "ST-7K3M9Q", "x" * 5000, "\0\0", "電話"])
def test_a_wrong_code_opens_nothing_and_says_so_beside_the_field(code, reader):
    sent(reader)
    page = opened(reader, code)
    assert page.status == 422
    assert page.title.startswith("Error: ")
    assert page.wrong == {"code"}
    assert ANSWERS["story-tip"]["body"] not in page.text


def test_the_reference_opens_nothing(reader, stored):
    sent(reader)
    assert opened(reader, stored()[0].reference).status == 422


def test_the_code_is_posted_and_never_part_of_an_address(reader):
    code = sent(reader)
    page = reader.open("/status")
    response = reader.post(page, code=code)
    assert response.location.endswith("/status#main")
    assert "code" not in reader.open(f"/status?code={code}").answers.get("code", "")


def test_a_question_waits_first_on_the_page_and_its_answer_reaches_the_newsroom(app, reader, stored, ask, clock, pdf):
    code = sent(reader)
    clock.advance(hours=3)
    ask("From which side can it be seen?")
    later = Reader(app.test_client())
    page = opened(later, code)
    assert page.title.startswith("We have a question for you")
    assert page.text.index("From which side") < page.text.index("Your answer") < page.text.index("Where it stands")
    assert "Waiting for your answer" in page.text
    clock.advance(minutes=5)
    after = later.send(page, body="From the bridge.", attachments=[pdf()])
    assert "Your message has arrived" in after.text
    assert "Waiting for your answer" not in after.text
    [submission] = stored()
    assert [message.text for message in submission.messages][-1] == "From the bridge."
    assert [file.filename for file in submission.messages[-1].attachments] == ["plan.pdf"]
    assert submission.waits_for_sender is False
    assert "Your message has arrived" not in later.open("/status").text


def test_an_answer_sent_twice_arrives_once(reader, stored, ask):
    code = sent(reader)
    ask("Where?")
    page = opened(reader, code)
    reader.send(page, body="There.")
    reader.send(page, body="There.")
    reader.send(page, body="There, I mean the bridge.")
    assert [message.text for message in stored()[0].messages][2:] == ["There.", "There, I mean the bridge."]


def test_an_empty_answer_is_told_and_a_file_alone_is_enough(reader, stored, pdf):
    page = opened(reader, sent(reader))
    empty = reader.send(page, body="  ")
    assert empty.status == 422
    assert empty.wrong == {"body"}
    assert reader.send(empty, attachments=[pdf()]).status == 200
    assert len(stored()[0].messages) == 2


def test_a_page_that_was_used_sends_nothing_empty(reader, stored, pdf):
    page = opened(reader, sent(reader))
    reader.send(page, body="There.")
    empty = reader.send(page, body="  ")
    assert empty.status == 422
    assert empty.wrong == {"body"}
    assert len(stored()[0].messages) == 2


def test_a_double_click_on_files_that_were_held_is_no_empty_answer(reader, stored, pdf):
    page = reader.send(opened(reader, sent(reader)), body="", attachments=[pdf("a.exe"), pdf("plan.pdf")])
    assert [reader.send(page, body="").status for _ in range(2)] == [200, 200]
    assert len(stored()[0].messages) == 2


def test_a_refused_file_leaves_the_answer_in_its_box(reader, pdf):
    page = opened(reader, sent(reader))
    again = reader.send(page, body="See the plan.", attachments=[pdf("a.exe"), pdf("plan.pdf")])
    assert again.status == 422
    assert again.answers["body"] == "See the plan."
    assert "“a.exe”" in again.text
    assert "plan.pdf" in again.text


def test_adding_to_a_decided_submission_opens_it_again(reader, stored, runtime, cast):
    code = sent(reader, "message")
    with runtime.database.writing() as session:
        submission = session.query(Submission).one()
        triage.move(session, submission, Status.CLOSED, actor=cast["alice"], seen=1, now=runtime.clock())
    page = opened(reader, code)
    assert "Dealt with" in page.text
    reader.send(page, body="One more thing.")
    assert stored()[0].status is Status.OPEN


def test_suspected_spam_looks_like_any_other_arrival_to_its_sender(reader):
    receipt = reader.send(reader.open("/send/message"), **ANSWERS["message"], homepage="x")
    page = opened(reader, code_on(receipt))
    assert "Received" in page.text
    assert "spam" not in page.text.lower()


def test_closing_the_view_forgets_the_code(reader, client):
    page = opened(reader, sent(reader))
    assert "Close this view" in page.text
    token = page.answers["csrf_token"]
    assert client.post("/status/close", data={"csrf_token": token}).status_code == 303
    assert "Receipt code" in reader.open("/status").text
    assert ANSWERS["story-tip"]["body"] not in reader.open("/status").text


def test_the_view_closes_by_itself_and_an_answer_after_that_is_given_back(reader, stored, clock):
    page = opened(reader, sent(reader))
    clock.advance(hours=5)
    assert ANSWERS["story-tip"]["body"] not in reader.open("/status").text
    late = reader.send(page, body="A long answer that took hours.")
    assert late.status == 422
    assert "A long answer that took hours." in late.html
    assert len(stored()[0].messages) == 1


def test_an_answer_belongs_to_the_submission_it_was_written_on(reader, stored):
    first, second = sent(reader, "story-tip"), sent(reader, "message")
    page = opened(reader, first)
    reader.client.post("/status/close", data={"csrf_token": page.answers["csrf_token"]})
    opened(reader, second)
    again = reader.send(page, body="For the tip only.")
    assert again.status == 422
    assert again.answers["body"] == "For the tip only."
    assert [len(submission.messages) for submission in stored()] == [1, 1]


def test_looking_up_is_limited(environ, request):
    environ["INBOX_PUBLIC_POST_LIMIT"] = "3 per hour"
    reader = Reader(request.getfixturevalue("client"))
    page = reader.open("/status")
    assert [reader.send(page, code="ABCD-EFGH-JKMN-PQRS").status for _ in range(4)] == [422, 422, 422, 429]


def test_an_answer_over_the_limit_is_given_back_to_send_again(environ, request):
    environ["INBOX_PUBLIC_POST_LIMIT"] = "1 per hour"
    reader = Reader(request.getfixturevalue("client"))
    page = opened(reader, sent(reader))
    reader.send(page, body="One.")
    response = reader.post(reader.open("/status"), body="Two.")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    assert page_of(response).answers["body"] == "Two."


def test_without_a_csrf_token_no_code_opens_and_no_view_closes(reader, client):
    code = sent(reader)
    assert reader.send(reader.open("/status"), code=code, csrf_token=None).status == 422
    assert client.post("/status/close").status_code == 400


def test_times_on_the_page_are_those_of_the_newsroom(reader, clock):
    clock.now = clock.now.replace(hour=18)
    page = opened(reader, sent(reader))
    assert "Wednesday 25 November 2026, 02:00" in page.text
    assert "Times are those of Taipei." in page.text
