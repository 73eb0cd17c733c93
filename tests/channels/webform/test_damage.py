"""What arrives damaged, or is too much, costs the sender no words, and the page says what happened."""

import pytest
from channels.webform.conftest import ANSWERS, PDF
from reader import Reader, page_of
from werkzeug.test import TestResponse

TEXT = "I watched the bridge all night and wrote it down."


def part(name: str, value: bytes, filename: bytes | None = None) -> bytes:
    named = b'; filename="%s"' % filename if filename is not None else b""
    return b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), named, value)


def send(
    reader: Reader, *files: bytes, end: bytes = b"--x--\r\n", slug: str = "message", **changes: str
) -> TestResponse:
    page = reader.open(f"/send/{slug}")
    answers = page.answers | ANSWERS[slug] | {"body": TEXT} | changes
    body = b"".join(part(name, value.encode()) for name, value in answers.items()) + b"".join(files) + end
    return reader.client.post(page.action, data=body, content_type="multipart/form-data; boundary=x")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("新聞稿.pdf".encode(), "新聞稿.pdf"),
        ("新聞稿.pdf".encode("big5"), "新聞稿.pdf"),
        (b"caf\xe9.pdf", "café.pdf"),
        (b"a\xff.pdf", "aÿ.pdf"),
    ],
)
def test_a_file_is_taken_in_whatever_its_name_is_written_in(reader, stored, sent, kept):
    assert send(reader, part("attachments", PDF, sent)).status_code == 303
    [submission] = stored()
    assert submission.messages[0].text == TEXT
    assert [file.filename for file in submission.messages[0].attachments] == [kept]


@pytest.mark.parametrize("end", [b"", b"--x\r\nContent-Disp", b"--x\r\nNo-Name: a\r\n\r\nb\r\n--x--\r\n"])
def test_a_form_without_its_end_gives_the_words_back_and_says_so(reader, stored, end):
    page = page_of(send(reader, part("attachments", PDF, b"plan.pdf"), end=end))
    assert page.status == 422
    assert page.answers["body"] == TEXT
    assert "did not arrive whole" in page.text
    assert "open too long" not in page.text
    assert "Everything you wrote is still here" not in page.text
    assert stored() == []
    assert reader.send(page, attachments=None).status == 200


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=y", "text/plain"])
def test_a_form_of_which_nothing_can_be_read_does_not_speak_of_time(reader, kind):
    answer = page_of(reader.client.post("/send/message", data=part("body", b"x"), content_type=kind))
    assert answer.status == 422
    assert "did not arrive whole" in answer.text


def test_bytes_that_are_no_text_in_a_plain_form_cost_the_rest_nothing(reader):
    page = reader.open("/send/message")
    body = (
        f"csrf_token={page.answers['csrf_token']}&form_token={page.answers['form_token']}&consent=yes&body=caf".encode()
    )
    kind = "application/x-www-form-urlencoded"
    assert reader.client.post(page.action, data=body + b"\xe9", content_type=kind).status_code == 303


def test_too_many_files_at_once_keep_the_words_and_the_first_files(reader, stored):
    files = [part("attachments", PDF + b"%d" % n, b"%d.pdf" % n) for n in range(402)]
    page = page_of(send(reader, *files))
    assert page.status == 422
    assert "too many files at once" in page.text
    assert page.answers["body"] == TEXT
    reader.send(page, attachments=None)
    [submission] = stored()
    assert len(submission.messages[0].attachments) == 400


def test_parts_without_end_are_refused_in_fitting_words(reader):
    page = page_of(send(reader, *[part("attachments", b"", b"")] * 3000))
    assert page.status == 413
    assert "too many files at once" in page.text


@pytest.mark.parametrize("slug", ["message", "story-tip"])
def test_text_without_end_is_refused_in_fitting_words(reader, slug):
    page = page_of(send(reader, slug=slug, body="x" * 5_000_000))
    assert page.status == 413
    assert "too much text" in page.text
    assert "files are too large" not in page.text


def test_many_answers_count_together(reader):
    page = page_of(send(reader, *[part("more", b"x" * 100_000)] * 50))
    assert page.status == 413
    assert "too much text" in page.text


def test_files_that_are_too_large_are_called_that(reader):
    kind, length = "multipart/form-data; boundary=x", {"CONTENT_LENGTH": str(600 * 1024 * 1024)}
    page = page_of(reader.client.post("/send/message", content_type=kind, environ_overrides=length))
    assert page.status == 413
    assert "files are too large" in page.text


def test_a_look_up_from_a_page_of_yesterday_says_what_to_do(reader):
    page = reader.open("/status")
    answer = reader.send(page, csrf_token="old", code="ABCD-EFGH-JKMN-PQRS")
    assert "open too long" in answer.text
