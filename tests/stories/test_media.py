"""Files that readers send by WhatsApp arrive whole, once, and are seen as clean copies alone."""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest
from clamd_peer import EICAR, ClamdPeer
from flask import Flask
from media_peer import MediaPeer
from PIL import Image
from signing import post, text_message
from sqlalchemy import select

from inbox import worker
from inbox.channels.twilio import fetch
from inbox.cleaning import Cleaned, clean
from inbox.handlers.media import Clean, Fetch
from inbox.models import Attachment, AuditEntry, FileState, Job, JobKind, JobState, Message
from inbox.runtime import Runtime
from inbox.services import jobs
from inbox.services.jobs import Lease

GPS = 0x8825


@pytest.fixture
def peer() -> Iterator[MediaPeer]:
    with MediaPeer() as peer:
        yield peer


@pytest.fixture
def clamd() -> Iterator[ClamdPeer]:
    with ClamdPeer() as clamd:
        yield clamd


@pytest.fixture
def environ(environ: dict[str, str], peer: MediaPeer) -> dict[str, str]:
    return {**environ, "INBOX_TWILIO_MEDIA_HOSTS": peer.hosts}


def photo(colour: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    """A photograph that knows where it was taken."""
    out, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (25.0, 2.0, 3.0)})
    Image.new("RGB", size, colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


class Newsroom:
    """A reader who sends files, and a worker that runs when it is told to."""

    def __init__(self, app: Flask, runtime: Runtime, clock) -> None:
        self.runtime, self.clock = runtime, clock
        self.client = app.test_client()
        self.worker = worker.make(runtime)
        self._said = 0

    def gets(self, *urls: str, content_type: str = "image/jpeg", **fields: str) -> None:
        self._said += 1
        media = {f"MediaUrl{n}": url for n, url in enumerate(urls)}
        types = {f"MediaContentType{n}": content_type for n in range(len(urls))}
        message = text_message("", f"MM{self._said:032x}", NumMedia=str(len(urls)), **media, **types, **fields)
        assert post(self.client, message).status_code == 200

    def waits(self, **duration: float) -> None:
        self.clock.advance(**duration)
        self.worker.run_due()

    def files(self) -> list[Attachment]:
        with self.runtime.database.reading() as session:
            return list(session.scalars(select(Attachment).order_by(Attachment.id)))

    def file(self) -> Attachment:
        (file,) = self.files()
        return file

    def job(self, kind: JobKind) -> Job:
        with self.runtime.database.reading() as session:
            return session.scalars(select(Job).where(Job.kind == kind)).one()

    def kept(self) -> list[str]:
        folder = self.runtime.settings.data_dir / "files"
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def newsroom(app: Flask, runtime: Runtime, clock) -> Newsroom:
    return Newsroom(app, runtime, clock)


def test_an_album_of_ten_photos_arrives_whole(newsroom: Newsroom, peer: MediaPeer, signed_in, runtime) -> None:
    photos = [photo(f"#{n}{n}{n}") for n in range(10)]
    newsroom.gets(*map(peer.add, photos))
    assert [file.state for file in newsroom.files()] == [FileState.PENDING] * 10

    newsroom.waits()

    files = newsroom.files()
    assert [runtime.storage.read(file.storage_key) for file in files] == photos
    assert all(file.is_ready and file.preview_key for file in files)
    with runtime.database.reading() as session:
        reference = session.get_one(Message, files[0].message_id).submission.reference
    alice = signed_in("alice")
    page = alice.get(f"/desk/submissions/{reference}").text
    for file in files:
        assert f'<img src="/desk/files/{file.id}/preview"' in page
        copy = Image.open(io.BytesIO(alice.get(f"/desk/files/{file.id}").data))
        assert not copy.getexif()
        assert Image.open(io.BytesIO(alice.get(f"/desk/files/{file.id}/original").data)).getexif().get_ifd(GPS)


def test_credentials_go_to_the_provider_and_not_with_its_redirect(newsroom: Newsroom, peer: MediaPeer) -> None:
    newsroom.gets(peer.add(photo()))
    newsroom.waits()
    assert peer.asked == [("GET", "api", True), ("GET", "cdn", False)]


def test_what_is_not_there_yet_is_asked_for_again(newsroom: Newsroom, peer: MediaPeer) -> None:
    url = peer.add(photo())
    peer.next(url, "missing", times=3)
    newsroom.gets(url)
    newsroom.waits()
    assert (newsroom.file().state, newsroom.file().problem) == (FileState.PENDING, "missing")
    newsroom.waits(seconds=10)
    newsroom.waits(seconds=20)
    newsroom.waits(minutes=1)
    assert newsroom.file().is_ready
    assert newsroom.file().problem == ""


def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(newsroom: Newsroom, peer: MediaPeer) -> None:
    url = peer.add(photo())
    peer.next(url, "busy", Retry_After="600")
    newsroom.gets(url)
    newsroom.waits()
    newsroom.waits(minutes=9)
    assert len(peer.asked) == 1
    newsroom.waits(minutes=2)
    assert newsroom.file().is_ready


def test_after_a_day_somebody_must_look_and_can_try_again(newsroom: Newsroom, peer: MediaPeer, signed_in) -> None:
    url = peer.add(photo())
    peer.next(url, "refuse", times=500)
    newsroom.gets(url)
    for _ in range(4 * 25):
        newsroom.waits(minutes=16)
    assert newsroom.file().state is FileState.FAILED
    asked = len(peer.asked)
    newsroom.waits(hours=30)
    assert len(peer.asked) == asked < 110

    client = signed_in("alice")
    page = shown(client, newsroom)
    assert "Twilio did not accept our sign-in" in page
    assert "Could not be fetched" in page
    peer._faults.clear()
    press_retry(client, newsroom, page)
    assert newsroom.file().state is FileState.PENDING
    newsroom.waits()
    assert newsroom.file().is_ready


def test_a_file_that_waits_can_be_fetched_at_once(newsroom: Newsroom, peer: MediaPeer, signed_in) -> None:
    url = peer.add(photo())
    peer.next(url, "refuse")
    newsroom.gets(url)
    newsroom.waits()
    client = signed_in("alice")
    page = shown(client, newsroom)
    assert "It is tried again by itself." in page
    press_retry(client, newsroom, page)
    newsroom.waits()
    assert newsroom.file().is_ready


@pytest.mark.parametrize(
    ("fault", "more", "problem"),
    [
        ("gone", {}, "gone"),
        ("huge", {}, "too-large"),
        ("packed", {}, "encoding"),
        ("redirect", {"to": "http://169.254.169.254/latest/meta-data/"}, "host"),
        ("redirect", {"to": "file:///etc/passwd"}, "host"),
    ],
)
def test_what_will_not_get_better_is_not_asked_for_again(
    newsroom: Newsroom, peer: MediaPeer, fault: str, more: dict[str, str], problem: str
) -> None:
    url = peer.add(photo())
    peer.next(url, fault, **more)
    newsroom.gets(url)
    newsroom.waits()
    newsroom.waits(hours=1)
    assert (newsroom.file().state, newsroom.file().problem) == (FileState.FAILED, problem)
    assert len(peer.asked) == 1
    assert newsroom.kept() == []


@pytest.mark.parametrize("fault", ["short", "drop"])
def test_a_connection_that_breaks_leaves_nothing_half(newsroom: Newsroom, peer: MediaPeer, fault: str) -> None:
    url = peer.add(photo())
    peer.next(url, fault)
    newsroom.gets(url)
    newsroom.waits()
    assert newsroom.file().state is FileState.PENDING
    assert newsroom.kept() == []
    newsroom.waits(seconds=30)
    assert newsroom.file().is_ready


def test_a_worker_that_died_after_storing_leaves_one_file(newsroom: Newsroom, peer: MediaPeer, runtime, clock) -> None:
    newsroom.gets(peer.add(photo()))
    lease = newsroom.worker.take()
    while lease and lease.kind is not JobKind.FETCH:
        newsroom.worker.do(lease)
        lease = newsroom.worker.take()
    assert lease
    runtime.storage.keep(io.BytesIO(b"left by the dead"), f"originals/{lease.subject_id:02x}/{lease.subject_id}.1")
    newsroom.waits(minutes=15)  # its lease runs out
    assert newsroom.file().is_ready
    assert newsroom.job(JobKind.FETCH).tries == 2
    assert set(newsroom.kept()) == set(newsroom.file().keys)


def test_two_workers_at_once_leave_one_original_and_one_copy(
    newsroom: Newsroom, peer: MediaPeer, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hangs for so long that its lease runs out, and ends after the second."""
    newsroom.gets(peer.add(photo()))
    number, fetcher = newsroom.file().id, fetch.fetcher(runtime)

    class Hanging:
        def fetch(self, url: str, file: BinaryIO) -> None:
            Fetch(runtime, fetcher).do(Lease(1, JobKind.FETCH, number, 2))
            fetcher.fetch(url, file)

    def hanging(*paths: Any) -> Cleaned:
        monkeypatch.undo()
        Clean(runtime, None).do(Lease(1, JobKind.CLEAN, number, 2))
        return clean(*paths)

    Fetch(runtime, Hanging()).do(Lease(1, JobKind.FETCH, number, 1))
    monkeypatch.setattr("inbox.handlers.media.clean", hanging)
    Clean(runtime, None).do(Lease(1, JobKind.CLEAN, number, 1))

    file = newsroom.file()
    assert [key.rpartition(".")[2] for key in file.keys] == ["2", "2", "2"]
    assert set(newsroom.kept()) == set(file.keys)


def test_the_same_job_done_twice_changes_nothing(newsroom: Newsroom, peer: MediaPeer, runtime, clock) -> None:
    newsroom.gets(peer.add(photo()))
    newsroom.waits()
    before, kept = newsroom.file().keys, newsroom.kept()
    with runtime.database.writing() as session:
        for kind in (JobKind.FETCH, JobKind.CLEAN):
            jobs.again(session, jobs.find(session, kind, newsroom.file().id), now=clock())
    newsroom.waits()
    assert (newsroom.file().keys, newsroom.kept()) == (before, kept)
    assert len(peer.asked) == 2


def test_the_content_says_what_a_file_is_whatever_the_provider_says(newsroom: Newsroom, peer: MediaPeer) -> None:
    newsroom.gets(peer.add(photo(), "application/pdf"), content_type="application/pdf", Body="report.pdf")
    newsroom.waits()
    assert newsroom.file().is_ready
    assert newsroom.file().content_type == "image/jpeg"


def test_a_page_that_calls_itself_a_picture_is_refused_and_kept(newsroom: Newsroom, peer: MediaPeer, signed_in) -> None:
    newsroom.gets(peer.add(b"<html><script>alert(1)</script></html>"))
    newsroom.waits()
    file = newsroom.file()
    assert (file.state, file.problem) == (FileState.REJECTED, "kind")
    assert "Files of this kind are not taken" in shown(signed_in("alice"), newsroom)
    assert signed_in("alice").get(f"/desk/files/{file.id}").status_code == 404
    answer = signed_in("alice").get(f"/desk/files/{file.id}/original")
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert signed_in("victor").get(f"/desk/files/{file.id}/original").status_code == 403


def test_a_file_that_cannot_be_read_says_so(newsroom: Newsroom, peer: MediaPeer, signed_in) -> None:
    newsroom.gets(peer.add(photo(size=(800, 600))[:2000]))
    newsroom.waits()
    assert newsroom.file().state is FileState.FAILED
    page = shown(signed_in("alice"), newsroom)
    assert "Could not be read" in page
    assert "Ask the sender for it again" in page


class TestScanner:
    @pytest.fixture
    def environ(self, environ: dict[str, str], clamd: ClamdPeer) -> dict[str, str]:
        return {**environ, "INBOX_CLAMD_URL": clamd.url}

    def test_what_it_finds_nothing_in_is_shown(self, newsroom: Newsroom, peer: MediaPeer, clamd: ClamdPeer) -> None:
        newsroom.gets(peer.add(photo()))
        newsroom.waits()
        assert clamd.scanned == [photo()]
        assert newsroom.file().is_ready

    def test_a_virus_is_named_and_nobody_can_open_it(
        self, newsroom: Newsroom, peer: MediaPeer, clamd: ClamdPeer, signed_in
    ) -> None:
        newsroom.gets(peer.add(EICAR, "text/plain"), content_type="text/plain")
        newsroom.waits()
        file = newsroom.file()
        assert file.state is FileState.REJECTED
        ada = signed_in("ada")
        assert "Eicar-Test-Signature" in shown(ada, newsroom)
        for what in ("", "/original", "/preview", "/play"):
            assert ada.get(f"/desk/files/{file.id}{what}").status_code == 404

    @pytest.mark.parametrize("mood", ["silent", "broken", "full"])
    def test_while_it_says_nothing_a_file_is_held_and_then_scanned(
        self, newsroom: Newsroom, peer: MediaPeer, clamd: ClamdPeer, signed_in, mood: str
    ) -> None:
        clamd.mood = mood
        newsroom.gets(peer.add(photo()))
        newsroom.waits()
        file = newsroom.file()
        assert file.state is FileState.HELD
        ada = signed_in("ada")
        assert "Held back until it is known to be harmless" in shown(ada, newsroom)
        for what in ("", "/original", "/preview", "/play"):
            assert ada.get(f"/desk/files/{file.id}{what}").status_code == 404
        clamd.mood = ""
        newsroom.waits(minutes=2)
        assert newsroom.file().is_ready

    def test_what_was_never_scanned_stays_held(self, newsroom: Newsroom, peer: MediaPeer, clamd: ClamdPeer) -> None:
        clamd.mood = "silent"
        newsroom.gets(peer.add(photo()))
        for _ in range(60):
            newsroom.waits(hours=1)
        assert newsroom.file().state is FileState.HELD
        assert newsroom.job(JobKind.CLEAN).state is JobState.FAILED


class TestForgetting:
    @pytest.fixture
    def environ(self, environ: dict[str, str], tmp_path) -> dict[str, str]:
        profile = tmp_path / "inbox.toml"
        profile.write_text("delete_media_at_provider = true\n")
        return {**environ, "INBOX_CONFIG": str(profile)}

    def test_the_provider_forgets_what_is_safe_with_us(self, newsroom: Newsroom, peer: MediaPeer) -> None:
        url = peer.add(photo())
        newsroom.gets(url)
        newsroom.waits()
        assert newsroom.file().is_ready
        assert peer.has(url)
        newsroom.waits(hours=2)
        assert not peer.has(url)
        assert newsroom.file().forgotten_at

    def test_what_we_have_not_got_stays_there(self, newsroom: Newsroom, peer: MediaPeer, runtime) -> None:
        waiting, lost = peer.add(photo()), peer.add(photo("red"))
        peer.next(waiting, "missing", times=500)
        newsroom.gets(waiting, lost)
        newsroom.waits()
        runtime.storage.delete([newsroom.files()[1].storage_key])
        newsroom.waits(hours=2)
        newsroom.waits(hours=30)
        assert peer.has(waiting)
        assert peer.has(lost)


def test_without_the_setting_nothing_is_deleted(newsroom: Newsroom, peer: MediaPeer) -> None:
    url = peer.add(photo())
    newsroom.gets(url)
    newsroom.waits()
    newsroom.waits(hours=30)
    assert peer.has(url)


def shown(client, newsroom: Newsroom) -> str:
    with newsroom.runtime.database.reading() as session:
        submission = session.get_one(Message, newsroom.files()[0].message_id).submission
        return client.get(f"/desk/submissions/{submission.reference}").text


def press_retry(client, newsroom: Newsroom, page: str) -> None:
    address = f"/desk/files/{newsroom.files()[0].id}/retry"
    assert f'action="{address}"' in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    assert client.post(address, data={"csrf_token": token[1]}).status_code == 303
    with newsroom.runtime.database.reading() as session:
        assert session.scalar(select(AuditEntry).where(AuditEntry.verb == "attachment:retry"))
