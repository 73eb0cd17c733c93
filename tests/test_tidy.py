"""What nobody needs any more is put away by itself, and nothing else."""

from datetime import timedelta

from conftest import ACCOUNT
from newsroom import STATUS
from signing import sign
from sqlalchemy import select

from inbox import worker
from inbox.handlers.tidy import Tidy
from inbox.models import Attachment, Job, JobKind, StatusReport
from inbox.services import jobs, media
from inbox.storage import Stored
from inbox.worker import Worker


def tidy(runtime) -> None:
    at_work = Worker(runtime, {JobKind.TIDY: Tidy(runtime)}, {JobKind.TIDY: timedelta(hours=1)})
    at_work.promise_regular()
    at_work.run_due()


def test_files_of_forms_that_were_never_sent_go_after_a_day(runtime, clock) -> None:
    with runtime.database.writing() as session:
        stored = Stored("originals/ab/one", "0" * 64, 7)
        media.hold(session, stored, filename="a.txt", content_type="text/plain", form_token="t", now=clock())
    clock.advance(hours=23)
    tidy(runtime)
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment)).all()
    clock.advance(hours=2)
    tidy(runtime)
    with runtime.database.reading() as session:
        assert session.scalars(select(Attachment)).all() == []


def test_reports_about_messages_of_others_go_after_two_days(runtime, client, clock) -> None:
    fields = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered", "AccountSid": ACCOUNT}
    signature = sign(fields, "http://127.0.0.1:8000" + STATUS)
    client.post(STATUS, data=fields, headers={"X-Twilio-Signature": signature})
    clock.advance(hours=47)
    tidy(runtime)
    with runtime.database.reading() as session:
        assert len(session.scalars(select(StatusReport)).all()) == 1
    clock.advance(hours=2)
    tidy(runtime)
    with runtime.database.reading() as session:
        assert session.scalars(select(StatusReport)).all() == []


def test_work_that_was_done_long_ago_goes_and_what_failed_stays(runtime, clock) -> None:
    with runtime.database.writing() as session:
        for subject in (1, 2):
            jobs.promise(session, JobKind.SEND, subject, due_at=clock(), now=clock())
    done, failed = Worker(runtime, {}).take(), Worker(runtime, {}).take()
    with runtime.database.writing() as session:
        jobs.finish(session, done, now=clock())
        jobs.fail(session, failed, "21610", now=clock())
    clock.advance(days=31)
    tidy(runtime)
    with runtime.database.reading() as session:
        left = session.scalars(select(Job).where(Job.kind == JobKind.SEND)).all()
        assert [job.id for job in left] == [failed.job_id]


def test_a_worker_does_it_by_itself(runtime, clock) -> None:
    at_work = worker.make(runtime)
    at_work.promise_regular()
    with runtime.database.reading() as session:
        assert session.scalars(select(Job).where(Job.kind == JobKind.TIDY)).one().due_at == clock()
