"""Staff see and download clean copies; the original is for some of them, and leaves a trace."""

import io
import wave
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from inbox import worker
from inbox.models import Attachment, AuditEntry, Channel
from inbox.runtime import Runtime
from inbox.services import media
from inbox.services.intake import Incoming, receive
from inbox.web.access import local_address
from inbox.web.attachment import disposition

SignIn = Callable[[str], FlaskClient]


def jpeg() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 3.0)})
    Image.new("RGB", (1600, 800), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def recording() -> bytes:
    """A second of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 8000, 8000, "NONE", ""))
        file.writeframes(bytes(16000))
    return out.getvalue()


def send(runtime: Runtime, content: bytes, name: str, kind: str = "story_tip", content_type: str = "") -> int:
    """One submission with one file, after the worker has looked at it; returns the file's id."""
    id = arrive(runtime, content, name, kind, content_type)
    worker.make(runtime).run_due()
    return id


def arrive(runtime: Runtime, content: bytes, name: str, kind: str = "story_tip", content_type: str = "") -> int:
    file, now = io.BytesIO(content), runtime.clock()
    content_type = content_type or media.inspect(file, name)
    with runtime.database.writing() as session:
        stored = runtime.storage.keep(file)
        upload = media.hold(session, stored, filename=name, content_type=content_type, form_token="t" * 64, now=now)
        incoming = Incoming(Channel.WEB, "web", stored.key, "Look at this", kind=kind, uploads=(upload,))
        receive(session, incoming, region="TW", now=now)
        return upload.id


def downloads(runtime: Runtime, verb: str = "attachment:download") -> list[AuditEntry]:
    with runtime.database.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.verb == verb)))


@pytest.mark.parametrize("what", ["", "/original"])
def test_a_download_is_complete_and_can_do_nothing_in_a_browser(what: str, runtime: Runtime, signed_in: SignIn) -> None:
    original = jpeg()
    answer = signed_in("alice").get(f"/desk/files/{send(runtime, original, '選舉 “夜”.jpg')}{what}")
    assert answer.status_code == 200
    assert (answer.data == original) is bool(what)
    assert bool(Image.open(io.BytesIO(answer.data)).getexif()) is bool(what)
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(answer.data))
    assert headers["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%E9%81%B8%E8%88%89%20%E2%80%9C%E5%A4%9C%E2%80%9D.jpg" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["Cache-Control"] == "no-store"


def test_a_text_keeps_the_letters_it_was_written_in(runtime: Runtime, signed_in: SignIn) -> None:
    text = "地方選舉結果，今天公布。".encode("big5")
    answer = signed_in("alice").get(f"/desk/files/{send(runtime, text, 'a.txt')}")
    assert answer.headers["Content-Type"] == "text/plain"  # no charset that would be a lie
    assert answer.data == text


@pytest.mark.parametrize("stored_type", ["text/html", "image/svg+xml", "application/x-msdownload", "", "x\r\ny"])
def test_a_type_that_is_not_on_the_list_is_never_told_to_a_browser(
    stored_type: str, runtime: Runtime, signed_in: SignIn
) -> None:
    id = send(runtime, b"hello", "a.txt")
    with runtime.database.writing() as session:
        file = session.get_one(Attachment, id)
        file.content_type = file.copy_type = stored_type
    for what in ("", "/original"):
        answer = signed_in("alice").get(f"/desk/files/{id}{what}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
    assert signed_in("alice").get(f"/desk/files/{id}/play").status_code == 404


def test_a_download_leaves_a_trace(runtime: Runtime, signed_in: SignIn) -> None:
    id = send(runtime, b"hello", "a.txt")
    signed_in("victor").get(f"/desk/files/{id}")
    signed_in("alice").get(f"/desk/files/{id}/original")
    (entry,) = downloads(runtime)
    assert (entry.actor, entry.facts) == ("Victor Hsu", {"attachment": id})
    assert entry.submission_id is not None
    (entry,) = downloads(runtime, "attachment:open_original")
    assert (entry.actor, entry.facts) == ("Alice Lin", {"attachment": id})


def test_the_original_is_for_those_who_work_on_the_submission(runtime: Runtime, signed_in: SignIn) -> None:
    tip, banner = send(runtime, jpeg(), "a.jpg"), send(runtime, jpeg(), "a.jpg", kind="advertising")
    answers = {
        (who, id): signed_in(who).get(f"/desk/files/{id}/original").status_code
        for who in ("alice", "ada", "victor", "carol")
        for id in (tip, banner)
    }
    assert answers == {
        ("alice", tip): 200,
        ("alice", banner): 200,
        ("ada", tip): 200,
        ("ada", banner): 200,
        ("victor", tip): 403,
        ("victor", banner): 403,
        ("carol", tip): 404,
        ("carol", banner): 200,
    }
    assert len(downloads(runtime, "attachment:open_original")) == 5


def test_until_a_file_was_looked_at_nobody_opens_it(runtime: Runtime, signed_in: SignIn) -> None:
    id = arrive(runtime, jpeg(), "a.jpg")
    for what in ("", "/original", "/preview", "/play"):
        assert signed_in("ada").get(f"/desk/files/{id}{what}").status_code == 404


def test_of_what_no_clean_copy_can_be_made_only_the_original_is_there(runtime: Runtime, signed_in: SignIn) -> None:
    rtf = rb"{\rtf1\ansi Hello}"
    id = send(runtime, rtf, "a.rtf")
    assert signed_in("alice").get(f"/desk/files/{id}").status_code == 404
    assert signed_in("alice").get(f"/desk/files/{id}/original").data == rtf
    assert signed_in("victor").get(f"/desk/files/{id}/original").status_code == 403


def test_a_recording_is_played_from_our_own_pages(runtime: Runtime, signed_in: SignIn) -> None:
    id, alice = send(runtime, recording(), "a.wav"), signed_in("alice")
    whole = alice.get(f"/desk/files/{id}/play")
    assert whole.status_code == 200
    assert whole.data == alice.get(f"/desk/files/{id}").data
    headers = whole.headers
    assert headers["Content-Type"].startswith("audio/")
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Disposition"] == "inline"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert len(downloads(runtime)) == 1


def test_a_player_can_leap_to_any_place(runtime: Runtime, signed_in: SignIn) -> None:
    address, alice = f"/desk/files/{send(runtime, recording(), 'a.wav')}/play", signed_in("alice")
    whole = alice.get(address)
    size, etag = len(whole.data), whole.headers["ETag"]

    def ask(wanted: str, **more: str) -> tuple[int, bytes, str | None]:
        answer = alice.get(address, headers={"Range": wanted, **{k.replace("_", "-"): v for k, v in more.items()}})
        assert answer.headers["Content-Length"] == str(len(answer.data))
        return answer.status_code, answer.data, answer.headers.get("Content-Range")

    assert ask("bytes=0-9") == (206, whole.data[:10], f"bytes 0-9/{size}")
    assert ask("bytes=10-") == (206, whole.data[10:], f"bytes 10-{size - 1}/{size}")
    assert ask("bytes=-7") == (206, whole.data[-7:], f"bytes {size - 7}-{size - 1}/{size}")
    assert ask(f"bytes=5-{size * 9}") == (206, whole.data[5:], f"bytes 5-{size - 1}/{size}")
    assert ask("bytes=0-") == (206, whole.data, f"bytes 0-{size - 1}/{size}")
    assert ask(f"bytes={size}-") == (416, b"", f"bytes */{size}")
    for strange in ("bytes=0-1,4-5", "bytes=9-2", "bytes=x-y", "lines=0-9", "bytes=", "bytes=--5"):
        assert ask(strange) == (200, whole.data, None)
    assert ask("bytes=0-9", If_Range=etag)[0] == 206
    assert ask("bytes=0-9", If_Range='"another"') == (200, whole.data, None)
    assert ask("bytes=0-9", If_Range="Tue, 24 Nov 2026 06:00:00 GMT") == (200, whole.data, None)


def test_what_is_no_recording_is_not_played(runtime: Runtime, signed_in: SignIn) -> None:
    for content, name in ((jpeg(), "a.jpg"), (b"hello", "a.txt")):
        assert signed_in("alice").get(f"/desk/files/{send(runtime, content, name)}/play").status_code == 404


def test_a_preview_is_a_copy_without_the_place_it_was_taken_at(runtime: Runtime, signed_in: SignIn) -> None:
    answer = signed_in("alice").get(f"/desk/files/{send(runtime, jpeg(), 'a.jpg')}/preview")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    picture = Image.open(io.BytesIO(answer.data), formats=["WEBP"])
    assert max(picture.size) <= 1200
    assert picture.width == 2 * picture.height
    assert not picture.getexif()
    assert downloads(runtime) == []


def test_what_is_no_picture_has_no_preview(runtime: Runtime, signed_in: SignIn) -> None:
    id = send(runtime, b"%PDF-1.4\n", "a.pdf")
    answer = signed_in("alice").get(f"/desk/files/{id}/preview")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_advertising_staff_reach_the_files_of_advertising_only(runtime: Runtime, signed_in: SignIn) -> None:
    tip, banner = send(runtime, jpeg(), "a.jpg"), send(runtime, jpeg(), "a.jpg", kind="advertising")
    carol = signed_in("carol")
    for path in (f"/desk/files/{tip}", f"/desk/files/{tip}/preview", f"/desk/files/{tip}/original"):
        assert carol.get(path).status_code == 404
    for path in (f"/desk/files/{banner}", f"/desk/files/{banner}/preview"):
        assert carol.get(path).status_code == 200
    assert [entry.facts["attachment"] for entry in downloads(runtime)] == [banner]


@pytest.mark.parametrize("who", ["alice", "ada", "victor"])
def test_everybody_else_at_the_desk_reaches_the_files_of_a_tip(who: str, runtime: Runtime, signed_in: SignIn) -> None:
    assert signed_in(who).get(f"/desk/files/{send(runtime, jpeg(), 'a.jpg')}").status_code == 200


def test_who_is_not_signed_in_is_sent_to_sign_in_and_sees_nothing(runtime: Runtime, client: FlaskClient) -> None:
    id = send(runtime, jpeg(), "a.jpg")
    for path in (f"/desk/files/{id}", f"/desk/files/{id}/preview", "/desk/files/999"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert answer.location == f"/desk/sign-in?next={path.replace('/', '%2F')}"
    assert downloads(runtime) == []


def test_somebody_whose_account_is_closed_is_sent_away(runtime: Runtime, signed_in: SignIn, cast) -> None:
    id, bob = send(runtime, jpeg(), "a.jpg"), signed_in("bob")
    with runtime.database.writing() as session:
        session.merge(cast["bob"]).active = False
    assert bob.get(f"/desk/files/{id}").status_code == 302


def test_a_file_of_a_form_that_is_not_sent_yet_is_nobodys(runtime: Runtime, signed_in: SignIn) -> None:
    with runtime.database.writing() as session:
        stored = runtime.storage.keep(io.BytesIO(b"hello"))
        held = media.hold(
            session, stored, filename="a.txt", content_type="text/plain", form_token="t" * 64, now=runtime.clock()
        )
    assert signed_in("ada").get(f"/desk/files/{held.id}").status_code == 404


def test_a_file_that_is_gone_is_a_page_that_says_so_and_leaves_no_trace(runtime: Runtime, signed_in: SignIn) -> None:
    id = send(runtime, b"hello", "a.txt")
    with runtime.database.reading() as session:
        runtime.storage.delete(list(session.get_one(Attachment, id).keys))
    for what in ("", "/original"):
        assert signed_in("alice").get(f"/desk/files/{id}{what}").status_code == 404
    assert downloads(runtime) == []


@pytest.mark.parametrize(
    "path",
    [
        "0",
        "-1",
        "99",
        "2147483648",
        "9" * 40,
        "1.0",
        "abc",
        "%00",
        "1%00",
        "../1",
        "1/previews",
        "1/preview/",
        "٣",
        "%ff",
    ],
)
def test_rubbish_in_the_address_is_not_found(path: str, signed_in: SignIn) -> None:
    assert signed_in("ada").get(f"/desk/files/{path}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_files_are_only_read(method: str, runtime: Runtime, signed_in: SignIn) -> None:
    id = send(runtime, b"hello", "a.txt")
    assert signed_in("ada").open(f"/desk/files/{id}", method=method).status_code in (400, 405)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ('a"; filename="evil.html', 'attachment; filename="a_; filename=_evil.html"'),
        ("a\r\nSet-Cookie: x=y.txt", 'attachment; filename="a Set-Cookie_ x=y.txt"'),
        ("選舉.pdf", "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E9%81%B8%E8%88%89.pdf"),
        ("圖 片.jpg", "attachment; filename=\"file.jpg\"; filename*=UTF-8''%E5%9C%96%20%E7%89%87.jpg"),
        ("100%25.txt", "attachment; filename=\"100_25.txt\"; filename*=UTF-8''100%2525.txt"),
        ("../../x", 'attachment; filename="x"'),
        ("", 'attachment; filename="file"'),
    ],
)
def test_a_name_cannot_break_out_of_the_header(name: str, expected: str) -> None:
    assert disposition(name) == expected


def test_a_sign_in_link_leads_only_to_this_site() -> None:
    for good in ("/desk/", "/desk/files/1?x=%2F%2F", "/inbox/desk/"):
        assert local_address(good) == good
    for bad in (None, "", "desk", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil", "/a\r\nb"):
        assert local_address(bad) is None


def test_a_part_of_a_page_leads_the_whole_page_to_sign_in(client: FlaskClient) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1:8000/desk/?status=new"}
    answer = client.get("/desk/files/1", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/desk/sign-in?next=%2Fdesk%2F%3Fstatus%3Dnew"
    headers["HX-Current-URL"] = "http://127.0.0.1:8000//evil.example/"
    assert client.get("/desk/files/1", headers=headers).headers["HX-Redirect"] == "/desk/sign-in"
