"""Files are known by their content; names and the sender's word do not count."""

import io
import struct
import zipfile
from contextlib import suppress
from datetime import timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.errors import UploadRefused
from inbox.models import Attachment, FileState
from inbox.runtime import Runtime
from inbox.services import media

OFFICE = "application/vnd.openxmlformats-officedocument"
GPS = 0x8825


def picture(kind: str, size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def zipped(*names: str, first: tuple[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def office(*names: str) -> bytes:
    return zipped("[Content_Types].xml", "_rels/.rels", *names)


def opened(kind: str, *names: str) -> bytes:
    return zipped("content.xml", "META-INF/manifest.xml", *names, first=("mimetype", kind))


def compound(*names: str) -> bytes:
    """An old Office file: a header, a table of sectors, and a directory of these names over several sectors."""
    entries = b"".join(
        n.encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 2 * len(n) + 2) + bytes(62) for n in names
    )
    directory = entries + bytes(-len(entries) % 512)
    count = len(directory) // 512
    header = bytearray(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504))
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<I", header, 68, 0xFFFFFFFE)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = [0xFFFFFFFD, *range(2, count + 1), 0xFFFFFFFE]
    return bytes(header) + struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table))) + directory


def movie(brand: bytes, *compatible: bytes) -> bytes:
    inside = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return struct.pack(">I", len(inside) + 4) + inside + b"\0\0\0\x08mdat"


def matroska(kind: bytes) -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82" + bytes([0x80 + len(kind)]) + kind + bytes(40)


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
WELCOME = {
    "a.jpg": (picture("JPEG"), "image/jpeg"),
    "a.JPEG": (picture("JPEG"), "image/jpeg"),
    "a.png": (picture("PNG"), "image/png"),
    "a.gif": (picture("GIF"), "image/gif"),
    "a.webp": (picture("WEBP"), "image/webp"),
    "a.avif": (picture("AVIF"), "image/avif"),
    "a.tif": (picture("TIFF"), "image/tiff"),
    "IMG_0001.HEIC": (movie(b"heic", b"mif1", b"heic"), "image/heic"),
    "a.heif": (movie(b"mif1", b"mif1", b"miaf"), "image/heif"),
    "misnamed-by-a-messenger.jpg": (picture("WEBP"), "image/webp"),
    "a.mp4": (movie(b"isom", b"mp42"), "video/mp4"),
    "a.mov": (movie(b"qt  ", b"qt  "), "video/quicktime"),
    "a.m4v": (movie(b"M4V ", b"mp42"), "video/x-m4v"),
    "a.3gp": (movie(b"3gp4", b"isom"), "video/3gpp"),
    "a.webm": (matroska(b"webm"), "video/webm"),
    "a.mkv": (matroska(b"matroska"), "video/x-matroska"),
    "a.avi": (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"),
    "a.mp3": (b"ID3\x03\0\0\0\0\0\0\xff\xfb", "audio/mpeg"),
    "checked.mp3": (b"\xff\xfa\x90\x64" + bytes(40), "audio/mpeg"),
    "a.m4a": (movie(b"M4A ", b"isom"), "audio/mp4"),
    "voice memo.m4a": (movie(b"mp42", b"isom"), "audio/mp4"),
    "a.aac": (b"\xff\xf1\x50\x80" + bytes(40), "audio/aac"),
    "a.ogg": (b"OggS\0\x02" + bytes(20) + b"OpusHead", "audio/ogg"),
    "a.opus": (b"OggS\0\x02" + bytes(20) + b"OpusHead", "audio/ogg"),
    "a.wav": (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
    "a.amr": (b"#!AMR\n" + bytes(20), "audio/amr"),
    "wide.amr": (b"#!AMR-WB\n" + bytes(20), "audio/amr"),
    "a.flac": (b"fLaC\0\0\0\x22" + bytes(40), "audio/flac"),
    "a.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "application/pdf"),
    "a.docx": (office("word/document.xml"), f"{OFFICE}.wordprocessingml.document"),
    "a.xlsx": (office("xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
    "a.pptx": (office("ppt/presentation.xml", "ppt/embeddings/x.xlsx"), f"{OFFICE}.presentationml.presentation"),
    "a.odt": (opened("application/vnd.oasis.opendocument.text"), "application/vnd.oasis.opendocument.text"),
    "a.ods": (
        opened("application/vnd.oasis.opendocument.spreadsheet"),
        "application/vnd.oasis.opendocument.spreadsheet",
    ),
    "a.doc": (compound("Root Entry", "Data", "1Table", "ObjectPool", "x", "WordDocument"), "application/msword"),
    "a.xls": (compound("Root Entry", "Workbook"), "application/vnd.ms-excel"),
    "a.ppt": (compound("Root Entry", "Pictures", "PowerPoint Document"), "application/vnd.ms-powerpoint"),
    "a.rtf": (b"{\\rtf1\\ansi Hello}", "application/rtf"),
    "saved-by-word.doc": (b"{\\rtf1\\ansi Hello}", "application/rtf"),
    "a.txt": (b"Hello, world.\r\n", "text/plain"),
    "utf8.txt": ("\ufeff地方選舉結果".encode(), "text/plain"),
    "utf16.txt": ("地方選舉結果".encode("utf-16"), "text/plain"),
    "big5.txt": ("地方選舉結果，今天公布。".encode("big5"), "text/plain"),
    "gb.txt": ("地方选举结果，今天公布。".encode("gb18030"), "text/plain"),
    "bmw.txt": (b"BMW sells 3 < 4 cars, and a <b>bold</b> word", "text/plain"),
    "eicar.txt": (EICAR, "text/plain"),
    "a.csv": (b"name,town\nAnna,Taipei\n", "text/csv"),
    "a.vcf": (b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", "text/vcard"),
    "a.ics": (b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "text/calendar"),
    "no extension": (picture("PNG"), "image/png"),
    "Minutes 24.11.2026": (b"%PDF-1.4\n", "application/pdf"),
    "../../folder\\photo.exe.jpg": (picture("JPEG"), "image/jpeg"),
}

PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
PROGRAM = b"MZ\x90\x00\x03" + bytes(300)
SOMETHING_ELSE = {
    "page.jpg": PAGE,
    "page.txt": PAGE,
    "page.pdf": PAGE,
    "page-after-a-line.txt": b"hello\n\n<html><body onload=x>",
    "page16.txt": PAGE.decode().encode("utf-16"),
    "drawing.png": DRAWING,
    "drawing.txt": b"\xef\xbb\xbf  " + DRAWING,
    "data.txt": b"<?xml version='1.0'?><a/>",
    "script.txt": b"#!/bin/sh\nrm -rf /\n",
    "script.csv": b"<?php system($_GET[0]);",
    "batch.txt": b"@echo off\r\ndel *.*",
    "program.pdf": PROGRAM,
    "program.jpg": PROGRAM,
    "program.txt": PROGRAM,
    "both.gif": b"GIF89a/*" + PAGE + b"*/=1;",
    "a-real-picture-with-a-page-inside.gif": picture("GIF", comment=PAGE),
    "only-the-head.png": b"\x89PNG\r\n\x1a\n" + bytes(30),
    "late.pdf": b"#!/bin/sh\n%PDF-1.4\n",
    "archive.docx": zipped("a.txt"),
    "sheet.docx": office("xl/workbook.xml"),
    "only-the-head.docx": b"PK\x03\x04" + bytes(200),
    "program-before-it.docx": PROGRAM + office("word/document.xml"),
    "drawing.odt": opened("application/vnd.oasis.opendocument.graphics"),
    "installer.doc": compound("Root Entry", "\u4840\u3b3f"),
    "only-the-head.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20),
    "loop.doc": compound("Root Entry")[:512] + struct.pack("<128I", 1, *[1] * 127) + bytes(512),
    "picture.pdf": picture("PNG"),
    "sound.mp4": b"ID3\x03\0\0\0",
    "raw.heic": movie(b"crx ", b"isox"),
    "nothing.txt": bytes(50),
    "neither.txt": b"\x80\xff caf\xe9 \xa0",
    "calendar.vcf": b"BEGIN:VCALENDAR\r\n",
}
UNKNOWN = ["a.html", "a.svg", "a.xml", "a.js", "a.exe", "a.zip", "a.pages", "a.docm", "x.html.", "x.pdf.exe"]


@pytest.mark.parametrize("name", WELCOME)
def test_a_file_on_the_list_is_known_by_its_content(name: str) -> None:
    content, expected = WELCOME[name]
    file = io.BytesIO(content)
    assert media.inspect(file, name) == expected
    assert expected in media.CONTENT_TYPES
    assert file.tell() == 0


@pytest.mark.parametrize("name", SOMETHING_ELSE)
def test_a_file_whose_content_is_not_what_its_name_says_is_refused_with_words(name: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        media.inspect(io.BytesIO(SOMETHING_ELSE[name]), name)
    assert "its content is something else" in refusal.value.message
    assert refusal.value.values == {"name": name}
    assert name not in str(refusal.value)  # a sender's file name is no matter for logs


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_kind_that_is_not_on_the_list_is_refused_whatever_it_holds(name: str) -> None:
    with pytest.raises(UploadRefused) as refusal:
        media.inspect(io.BytesIO(b"hello"), name)
    words = refusal.value.message % refusal.value.values
    assert words.startswith(f"“{media.clean_filename(name)}” is a kind of file we cannot open")


@pytest.mark.parametrize("content", [PAGE, DRAWING, PROGRAM, zipped("a.txt"), b"\x7fELF" + bytes(60)])
def test_without_an_extension_only_the_content_counts(content: bytes) -> None:
    with pytest.raises(UploadRefused):
        media.inspect(io.BytesIO(content), "letter")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(UploadRefused, match="is empty"):
        media.inspect(io.BytesIO(), "a.pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.docx", office("word/document.xml", "word/vbaProject.bin")),
        ("a.xlsx", office("xl/workbook.xml", "xl/tools/run.exe")),
        ("a.odt", opened("application/vnd.oasis.opendocument.text", "Basic/Standard/Module1.xml")),
        ("a.doc", compound("Root Entry", "WordDocument", "Macros")),
    ],
)
def test_a_document_with_a_macro_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(UploadRefused, match="macro"):
        media.inspect(io.BytesIO(content), name)


def test_a_zip_that_lies_about_its_directory_is_refused_without_reading_it() -> None:
    lie = bytearray(office("word/document.xml"))
    struct.pack_into("<I", lie, lie.rfind(b"PK\x05\x06") + 12, 0xFFFFFFF0)
    with pytest.raises(UploadRefused):
        media.inspect(io.BytesIO(lie), "a.docx")


def bomb(side: int) -> bytes:
    """A PNG that says it is `side` pixels wide and high."""
    png = bytearray(picture("PNG"))
    struct.pack_into(">II", png, 16, side, side)
    struct.pack_into(">I", png, 29, crc32(bytes(png[12:29])))
    return bytes(png)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [16_000, 20_000, 60_000])
def test_a_picture_made_to_burst_memory_is_refused(side: int) -> None:
    with pytest.raises(UploadRefused, match="larger than any picture"):
        media.inspect(io.BytesIO(bomb(side)), "a.png")


@given(st.binary(max_size=300), st.sampled_from([*(content[:300] for content, _ in WELCOME.values()), b""]))
def test_rubbish_is_known_or_refused_but_never_breaks_anything(rubbish: bytes, start: bytes) -> None:
    with suppress(UploadRefused):
        assert media.inspect(io.BytesIO(start + rubbish), "file") in media.CONTENT_TYPES


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\letter.doc", "letter.doc"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\0b\r\nc\x1b.txt", "ab c.txt"),
        ('a"b<c>:d|e?f*.txt', "a_b_c__d_e_f_.txt"),
        (" .hidden. ", "hidden"),
        ("..", "file"),
        ("", "file"),
        ("\ud800.txt", "txt"),
        ("選舉 結果.pdf", "選舉 結果.pdf"),
    ],
)
def test_names_are_cleaned(given_name: str, expected: str) -> None:
    assert media.clean_filename(given_name) == expected


def test_a_long_name_keeps_its_extension() -> None:
    name = media.clean_filename("舉" * 500 + ".pdf")
    assert name.endswith("舉.pdf")
    assert len(name.encode()) <= 200


@given(st.text(max_size=300))
def test_a_clean_name_is_safe_and_stays_as_it_is(name: str) -> None:
    cleaned = media.clean_filename(name)
    assert cleaned
    assert not set(cleaned) & set('/\\"\r\n\0')
    assert len(cleaned.encode()) <= 200
    assert media.clean_filename(cleaned) == cleaned


def keep(runtime: Runtime, session: Session, content: bytes, name: str = "a.jpg", token: str = "t" * 64) -> Attachment:
    file = io.BytesIO(content)
    return media.hold(
        session,
        runtime.storage.keep(file),
        filename=name,
        content_type=media.inspect(file, name),
        form_token=token,
        now=runtime.clock(),
    )


def test_files_wait_with_their_form_and_equal_names_are_both_kept(runtime: Runtime, session: Session) -> None:
    first = keep(runtime, session, picture("JPEG", (10, 10)))
    second = keep(runtime, session, picture("JPEG", (20, 20)))
    keep(runtime, session, picture("JPEG"), token="o" * 64)
    assert media.held(session, "t" * 64) == [first, second]
    assert (first.filename, first.state, first.message_id) == ("a.jpg", FileState.STORED, None)
    assert first.storage_key != second.storage_key
    assert runtime.storage.read(first.storage_key) == picture("JPEG", (10, 10))


def test_a_dropped_file_is_forgotten_and_named_for_deletion(runtime: Runtime, session: Session) -> None:
    first, second = (keep(runtime, session, picture("JPEG")) for _ in range(2))
    assert media.drop(session, [first]) == [first.storage_key]
    assert media.held(session, "t" * 64) == [second]


def test_only_old_files_of_unfinished_forms_are_swept(runtime: Runtime, session: Session, clock) -> None:
    old, older = (keep(runtime, session, picture("JPEG")) for _ in range(2))
    sent = keep(runtime, session, picture("JPEG"))
    sent.form_token = None
    clock.advance(hours=2)
    new = keep(runtime, session, picture("JPEG"))
    before = clock() - timedelta(hours=1)
    assert media.sweep(session, before=before, limit=1) == [old.storage_key]
    assert media.sweep(session, before=before) == [older.storage_key]
    assert media.sweep(session, before=before) == []
    assert set(session.scalars(select(Attachment.id))) == {sent.id, new.id}
