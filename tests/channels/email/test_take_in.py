"""Taking mails in: exactly once, whatever they hold and whatever breaks, with nothing left over."""

import io
import threading
from pathlib import Path

import pytest
from posted import NEWS, TIPS, mails, submissions, with_mailboxes
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox import worker
from inbox.channels.email import take_in as channel
from inbox.channels.email.take_in import Outcome, take_in
from inbox.errors import StorageError
from inbox.models import Attachment, AuditEntry, FileState, Job, JobKind, JobState, Mail, Message, Role, User
from inbox.runtime import Runtime
from inbox.services import mail, search
from inbox.services.search import Filters
from inbox.storage import Stored

EDITOR = User(name="Alice", role=Role.EDITOR)
THIRD = "third@newsroom.example"


@pytest.fixture
def newsroom(runtime: Runtime) -> Runtime:
    return with_mailboxes(runtime)


def raw(text: str = "The bridge is closed.", number: int = 1, sender: str = "Lin <lin@reader.example>") -> bytes:
    head = f"From: {sender}\nTo: {NEWS}\nSubject: The bridge\nMessage-ID: <{number}@reader.example>\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def with_file(number: int = 1) -> bytes:
    return raw(
        "--x\nContent-Type: text/plain\n\nThe plan\n--x\nContent-Type: text/plain\nContent-Disposition: attachment; "
        'filename="plan.txt"\n\nTwo lanes\n--x--',
        number,
    ).replace(b"text/plain; charset=utf-8", b'multipart/mixed; boundary="x"', 1)


def arrive(runtime: Runtime, content: bytes, address: str = NEWS, **more) -> Outcome:
    return take_in(runtime, io.BytesIO(content), address, **more)


def in_storage(runtime: Runtime) -> set[str]:
    folder = runtime.settings.data_dir / "files"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def named(runtime: Runtime) -> set[str]:
    """The files that rows name."""
    with runtime.database.reading() as session:
        files = [key for file in session.scalars(select(Attachment)) for key in file.keys]
        return {*session.scalars(select(Mail.original_key)), *files}


def test_a_mail_comes_in_with_its_original_and_its_files(newsroom: Runtime):
    assert arrive(newsroom, with_file()) is Outcome.TAKEN_IN
    assert newsroom.bell.is_set()
    row = mails(newsroom)[0]
    assert newsroom.storage.read(row.original_key) == with_file()
    assert row.original_size == len(with_file())
    with newsroom.database.reading() as session:
        file = session.scalars(select(Attachment)).one()
        assert (file.filename, file.content_type, file.state) == ("plan.txt", "text/plain", FileState.STORED)
        assert newsroom.storage.read(file.storage_key).strip() == b"Two lanes"
        assert session.scalars(select(Message)).one().text.strip() == "The plan"
    assert in_storage(newsroom) == named(newsroom)


def sample(name: str) -> bytes:
    return (Path(__file__).parents[2] / "samples/email" / name).read_bytes()


def test_every_kind_of_file_is_kept_and_what_its_content_allows_gets_a_clean_copy(newsroom: Runtime):
    misnamed = sample("03_pdf_attachment.eml").replace(b"water-report-2026.pdf", b"water-report-2026.doc")
    for content in (misnamed, sample("11_forwarded_message.eml"), sample("18_winmail_dat.eml")):
        arrive(newsroom, content)
    worker.make(newsroom).run_due()
    with newsroom.database.reading() as session:
        files = session.scalars(select(Attachment).order_by(Attachment.id)).all()
    report, forwarded, winmail, budget = files
    assert (report.content_type, report.copy_type) == ("application/pdf", "application/pdf")
    assert (forwarded.content_type, forwarded.copy_type) == ("message/rfc822", "text/plain")
    assert (winmail.content_type, winmail.state) == ("application/ms-tnef", FileState.REJECTED)
    assert winmail.may_be_opened
    assert (budget.filename, budget.is_ready) == ("budget.csv", True)


def test_a_repeat_changes_nothing_but_lets_the_caller_go_on(newsroom: Runtime):
    told: list[str] = []
    assert arrive(newsroom, with_file(), also=lambda session: told.append("first")) is Outcome.TAKEN_IN
    before = in_storage(newsroom)
    assert arrive(newsroom, with_file(), also=lambda session: told.append("again")) is Outcome.HERE_ALREADY
    assert told == ["first", "again"]
    assert in_storage(newsroom) == before
    assert len(mails(newsroom)) == 1


def test_a_copy_at_another_mailbox_stores_no_file_twice(newsroom: Runtime):
    arrive(newsroom, with_file())
    assert arrive(newsroom, b"Delivered-To: tips@newsroom.example\n" + with_file(), TIPS) is Outcome.TAKEN_IN
    assert len(submissions(newsroom)) == 1
    assert len(in_storage(newsroom)) == 3
    assert in_storage(newsroom) == named(newsroom)


def test_what_the_caller_adds_is_saved_with_the_mail_or_not_at_all(newsroom: Runtime):
    def also(session: Session) -> None:
        raise RuntimeError("the position cannot be saved")

    with pytest.raises(RuntimeError):
        arrive(newsroom, with_file(), also=also)
    assert mails(newsroom) == []
    assert in_storage(newsroom) == set()


def test_a_storage_that_fails_between_two_files_keeps_nothing(newsroom: Runtime, monkeypatch: pytest.MonkeyPatch):
    keep, kept = newsroom.storage.keep, []

    def failing(file, key: str = "") -> Stored:
        if kept:
            raise StorageError("the disk is full")
        kept.append(keep(file, key))
        return kept[0]

    monkeypatch.setattr(newsroom.storage, "keep", failing)
    with pytest.raises(StorageError):
        arrive(newsroom, with_file())
    assert mails(newsroom) == []
    assert in_storage(newsroom) == set()


def test_a_commit_whose_answer_was_lost_keeps_its_files(newsroom: Runtime, monkeypatch: pytest.MonkeyPatch):
    commit = Session.commit

    def lost(session: Session) -> None:
        commit(session)
        raise ConnectionError("the answer never came")

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(Session, "commit", lost)
        arrive(newsroom, with_file())
    assert len(in_storage(newsroom)) == 2
    assert in_storage(newsroom) == named(newsroom)
    assert arrive(newsroom, with_file()) is Outcome.HERE_ALREADY


@pytest.mark.parametrize("sender", ["Lin <lin@reader.example>", "Nobody"])
def test_the_same_mail_at_three_mailboxes_at_one_moment_is_one_submission(newsroom: Runtime, sender: str):
    for number in range(6):
        content = raw(number=number, sender=sender)
        at_once(newsroom, *((content, address) for address in (NEWS, TIPS, THIRD, NEWS, TIPS)))
    with newsroom.database.reading() as session:
        arrivals = session.execute(select(Mail.mail_id, Message.account, Message.submission_id).join(Mail.message))
        found = list(arrivals)
    assert len(found) == 6 * 3
    assert len({(mail_id, number) for mail_id, _, number in found}) == 6
    assert len(submissions(newsroom)) == 6
    assert sum(row.copy_of_id is None for row in mails(newsroom)) == 6
    assert in_storage(newsroom) == named(newsroom)


def test_ten_answers_at_one_moment_are_all_counted(newsroom: Runtime):
    arrive(newsroom, raw())
    answers = [raw(f"Answer {number}", number, f"{number}@reader.example") for number in range(2, 12)]
    answer = b"In-Reply-To: <1@reader.example>\nFrom:"
    at_once(newsroom, *((content.replace(b"From:", answer, 1), NEWS) for content in answers))
    (item,) = submissions(newsroom)
    assert item.message_count == 11
    assert len(mails(newsroom)) == 11


def at_once(runtime: Runtime, *posts: tuple[bytes, str]) -> None:
    """Several mails come at one moment, each to its address."""
    start, trouble = threading.Barrier(len(posts)), []

    def post(content: bytes, address: str) -> None:
        start.wait()
        try:
            arrive(runtime, content, address)
        except Exception as error:
            trouble.append(error)

    threads = [threading.Thread(target=post, args=each) for each in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble


# What cannot be read


def broken(monkeypatch: pytest.MonkeyPatch, error: type[Exception] = RecursionError) -> None:
    """A parser that fails at the words "deep trouble"."""
    parse = channel.parse

    def failing(content: bytes, *more):
        if b"deep trouble" in content:
            raise error("too deep")
        return parse(content, *more)

    monkeypatch.setattr(channel, "parse", failing)


@pytest.mark.parametrize("error", [RecursionError, MemoryError, UnicodeDecodeError.__base__, KeyError])
def test_a_mail_that_breaks_the_parser_is_a_placeholder(newsroom: Runtime, monkeypatch, error: type[Exception]):
    broken(monkeypatch, error)
    assert arrive(newsroom, raw("deep trouble")) is Outcome.PLACEHOLDER
    assert arrive(newsroom, raw("deep trouble")) is Outcome.HERE_ALREADY
    row, item = mails(newsroom)[0], submissions(newsroom)[0]
    assert row.problem == "fault"
    assert newsroom.storage.read(row.original_key) == raw("deep trouble")
    assert (item.subject, item.sender) == ("The bridge", "Lin")
    assert item.preview == "This e-mail could not be read; its original is kept."
    assert in_storage(newsroom) == named(newsroom)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"\n\n", b"no header at all", b"From: \xff\xfe\n\n", b":\n:\n"])
def test_whatever_comes_is_kept(newsroom: Runtime, content: bytes):
    assert arrive(newsroom, content) in (Outcome.TAKEN_IN, Outcome.PLACEHOLDER)
    assert arrive(newsroom, content) is Outcome.HERE_ALREADY
    assert newsroom.storage.read(mails(newsroom)[0].original_key) == content


def too_large(runtime: Runtime, limit_mb: int = 1) -> None:
    settings = runtime.settings.model_copy(update={"max_mail_mb": limit_mb})
    object.__setattr__(runtime, "settings", settings)


def large() -> bytes:
    return raw("A word of the lighthouse.\n" + "x " * 700_000)


def test_a_mail_above_the_limit_is_a_placeholder_with_what_its_header_says(newsroom: Runtime):
    too_large(newsroom)
    assert arrive(newsroom, large()) is Outcome.PLACEHOLDER
    item = submissions(newsroom)[0]
    assert mails(newsroom)[0].problem == "too-large"
    assert item.sender == "Lin"
    assert item.preview == "This e-mail is too large to be shown; its original is kept."
    assert arrive(newsroom, large()) is Outcome.HERE_ALREADY


def test_a_placeholder_is_known_again_after_the_limit_was_raised(newsroom: Runtime):
    nameless = large().replace(b"Message-ID: <1@reader.example>\n", b"")
    too_large(newsroom)
    for content in (large(), nameless):
        arrive(newsroom, content)
    too_large(newsroom, 30)
    for content in (large(), nameless):
        assert arrive(newsroom, content) is Outcome.HERE_ALREADY


# Processing again


def ask(runtime: Runtime, number: int) -> None:
    with runtime.database.writing() as session:
        mail.ask_again(session, session.get_one(Message, number), actor=EDITOR, now=runtime.clock())


def job(runtime: Runtime) -> Job:
    with runtime.database.reading() as session:
        return session.scalars(select(Job).where(Job.kind == JobKind.MAIL)).one()


def process(runtime: Runtime) -> Job:
    """Ask for all placeholders, and let the worker try once; return the last one's job."""
    for row in mails(runtime):
        ask(runtime, row.message_id)
    worker.make(runtime).run_due()
    return job(runtime)


def found(runtime: Runtime, words: str) -> bool:
    with runtime.database.reading() as session:
        return bool(search.find_page(session, EDITOR, Filters(words=words)).submissions)


def test_a_placeholder_becomes_the_full_mail_in_its_place(newsroom: Runtime, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        broken(patch)
        arrive(newsroom, with_file().replace(b"The plan", b"deep trouble at the lighthouse"))
    before = submissions(newsroom)[0]
    assert process(newsroom).state is JobState.DONE
    row, item = mails(newsroom)[0], submissions(newsroom)[0]
    assert row.problem == ""
    assert item.preview == "deep trouble at the lighthouse"
    assert (item.id, item.subject, item.message_count) == (before.id, "The bridge", 1)
    assert found(newsroom, "lighthouse")
    assert found(newsroom, "plan.txt")
    with newsroom.database.reading() as session:
        message = session.scalars(select(Message)).one()
        assert [file.filename for file in message.attachments] == ["plan.txt"]
        assert session.scalars(select(AuditEntry.verb)).all() == ["submission:receive", "mail:process_again"]
    assert in_storage(newsroom) == named(newsroom)
    ask(newsroom, row.message_id)
    assert job(newsroom).state is JobState.DONE


def test_after_it_was_processed_the_same_mail_is_still_a_repeat_and_a_copy(newsroom: Runtime):
    nameless = large().replace(b"Message-ID: <1@reader.example>\n", b"")
    too_large(newsroom)
    arrive(newsroom, nameless)
    too_large(newsroom, 30)
    process(newsroom)
    assert arrive(newsroom, nameless) is Outcome.HERE_ALREADY
    assert arrive(newsroom, b"Delivered-To: tips@newsroom.example\n" + nameless, TIPS) is Outcome.TAKEN_IN
    assert len(submissions(newsroom)) == 1
    assert in_storage(newsroom) == named(newsroom)


def test_a_placeholder_that_turns_out_to_be_here_is_linked_as_a_copy(newsroom: Runtime):
    too_large(newsroom)
    arrive(newsroom, large())
    too_large(newsroom, 30)
    arrive(newsroom, b"Delivered-To: tips@newsroom.example\n" + large(), TIPS)
    assert process(newsroom).state is JobState.DONE
    first, second = mails(newsroom)
    assert (first.problem, first.copy_of_id) == ("", second.message_id)


def test_what_still_cannot_be_read_is_said_and_stays(newsroom: Runtime):
    too_large(newsroom)
    arrive(newsroom, large())
    tried = process(newsroom)
    assert (tried.state, tried.error) == (JobState.FAILED, "too-large")
    assert tried.attention_at
    assert mails(newsroom)[0].problem == "too-large"
    assert in_storage(newsroom) == named(newsroom)


def test_an_original_that_is_gone_is_said(newsroom: Runtime, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        broken(patch)
        arrive(newsroom, raw("deep trouble"))
    newsroom.storage.delete([mails(newsroom)[0].original_key])
    assert process(newsroom).error == "lost"
    assert mails(newsroom)[0].problem == "lost"


def test_only_a_placeholder_is_processed_again(newsroom: Runtime):
    arrive(newsroom, raw())
    ask(newsroom, mails(newsroom)[0].message_id)
    with newsroom.database.reading() as session:
        assert session.scalars(select(Job).where(Job.kind == JobKind.MAIL)).all() == []
