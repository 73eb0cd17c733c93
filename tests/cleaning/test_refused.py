"""Files that do harm, that are broken, or that have no clean copy are refused with words, and nothing is written."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from cleaning import making_documents, making_pictures, making_recordings
from PIL import Image

from inbox.cleaning import Cleaned, Limits, clean
from inbox.errors import HarmfulFile, NoCleanCopy, NotCleaned, UnreadableFile

Clean = Callable[[bytes, str], Cleaned]
DOCX = making_documents.MAKERS["DOCX"][0]
XLSX = making_documents.MAKERS["XLSX"][0]
ODT = making_documents.MAKERS["ODT"][0]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def flood(side: int) -> bytes:
    """A small PNG that says it is enormous."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("run.bat", "echo")
    return out.getvalue()


def gif_that_is_a_script() -> bytes:
    return b"GIF89a/*" + making_pictures.gif()[8:] + b"*/=1;alert(1)//"


def jpeg_that_is_a_script() -> bytes:
    comment = b"*/=1;alert(1);/*"
    rest = making_pictures.saved(making_pictures.drawn(), "JPEG")[2:]
    return b"\xff\xd8\xff\xe0/*" + comment.ljust(0x2F2A - 2, b" ") + rest


def pdf_behind_a_picture() -> bytes:
    data = making_pictures.saved(making_pictures.drawn(), "JPEG")
    return data[:2] + b"\xff\xfe\x00\x0a%PDF-1.4" + data[2:]


def twice_the_same_entry() -> bytes:
    out = io.BytesIO(making_documents.docx())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as zipped:
        zipped.writestr("word/document.xml", "<another/>")
    return out.getvalue()


def locked_docx() -> bytes:
    """An archive whose entries say that they are encrypted."""
    data = bytearray(making_documents.docx())
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        data[at + 8] |= 1
        at += 4
    return bytes(data)


def program_in_docx() -> bytes:
    types = making_documents.types("word/document.xml", "wordprocessingml.document")
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    return making_documents.docx(
        **{"[Content_Types].xml": types.replace(f"{making_documents.OFFICE}wordprocessingml.document.main+xml", kind)}
    )


def program_beside_docx() -> bytes:
    rels = making_documents.rels(("rId1", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "v.bin"))
    return making_documents.docx(**{"word/_rels/document.xml.rels": rels, "word/v.bin": b"program"})


def foreign_data() -> bytes:
    link = "<externalLink><ddeLink ddeService='cmd' ddeTopic='/c calc'/></externalLink>"
    return making_documents.xlsx(**{"xl/externalLinks/externalLink1.xml": link})


def entities() -> bytes:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    return making_documents.docx(
        **{"word/document.xml": f'<!DOCTYPE d [<!ENTITY l0 "ha">{laughs}]><w:document {W}>&l8;</w:document>'}
    )


def entity_of_a_file() -> bytes:
    doctype = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return making_documents.docx(**{"word/document.xml": f"{doctype}<w:document {W}>&e;</w:document>"})


def bomb(name: str = "word/media/image9.jpg") -> bytes:
    return making_documents.docx(**{name: bytes(100 * 1024 * 1024)})


HARMFUL: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "pixel flood": ("image/png", lambda: flood(60_000), "larger than any camera"),
    "pixel flood in a document": (
        DOCX,
        lambda: making_documents.docx(**{"word/media/planted holiday.jpg": flood(60_000)}),
        "larger than any camera",
    ),
    "zip bomb": (DOCX, bomb, "unpacks to far more"),
    "zip bomb in ODT": (
        ODT,
        lambda: making_documents.odf(**{"Pictures/b.png": bytes(100 << 20)}),
        "unpacks to far more",
    ),
    "ten thousand entries": (
        DOCX,
        lambda: making_documents.docx(**{f"word/{number}": b"" for number in range(10_001)}),
        "unpacks to far more",
    ),
    "entities that multiply": (DOCX, entities, "unpacks to far more"),
    "entity that reads a file": (DOCX, entity_of_a_file, "unpacks to far more"),
    "PDF and ZIP": ("application/pdf", lambda: making_documents.pdf() + archive(), "second file"),
    "JPEG and ZIP": ("image/jpeg", lambda: making_pictures.jpeg() + archive(), "second file"),
    "MP4 and ZIP": ("video/mp4", lambda: making_recordings.mp4() + archive(), "second file"),
    "JPEG and PDF": ("image/jpeg", pdf_behind_a_picture, "second file"),
    "two entries of one name": (DOCX, twice_the_same_entry, "second file"),
    "GIF and script": ("image/gif", gif_that_is_a_script, "a script"),
    "JPEG and script": ("image/jpeg", jpeg_that_is_a_script, "a script"),
    "page named .jpg": ("image/jpeg", lambda: b"<!DOCTYPE html><html><script>alert(1)</script>", "a web page"),
    "PDF with a password": ("application/pdf", lambda: making_documents.pdf(password="secret"), "has a password"),
    "DOCX with a password": (DOCX, locked_docx, "has a password"),
    "ODT with a password": (
        ODT,
        lambda: making_documents.odf(**{"META-INF/manifest.xml": "<m:encryption-data xmlns:m='m'/>"}),
        "has a password",
    ),
    "macro-enabled DOCX": (DOCX, program_in_docx, "a program"),
    "DOCX with a macro beside it": (DOCX, program_beside_docx, "a program"),
    "ODT with a macro": (ODT, lambda: making_documents.odf(**{"Basic/Standard/Module1.xml": "<m/>"}), "a program"),
    "XLSX with DDE": (XLSX, foreign_data, "starts other programs"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_file_made_to_do_harm_is_refused_with_words(name: str, cleaned: Clean, copy: Path, tmp_path: Path) -> None:
    content_type, maker, words = HARMFUL[name]

    with pytest.raises(HarmfulFile) as refused:
        cleaned(maker(), content_type)

    assert words in refused.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["original"]


CUT = {
    **{kind: (kind, maker) for kind, maker in making_pictures.MAKERS.items()},
    "image/gif": ("image/gif", lambda: making_pictures.gif()[:100]),  # its second half is all planted
    **{name: making_recordings.MAKERS[name] for name in ("MP4", "MOV", "M4A")},
    **{name: making_documents.MAKERS[name] for name in ("DOCX", "XLSX", "PPTX", "ODT")},
}


@pytest.mark.parametrize("name", CUT)
def test_half_a_file_is_refused_with_words(name: str, cleaned: Clean, tmp_path: Path) -> None:
    content_type, maker = CUT[name]
    data = maker()

    with pytest.raises(UnreadableFile, match="damaged"):
        cleaned(data[: len(data) // 2], content_type)

    assert [path.name for path in tmp_path.iterdir()] == ["original"]


@pytest.mark.parametrize("name", sorted({*CUT, "PDF", "MP3", "Ogg", "AVI", "WebM"}))
def test_a_file_with_bytes_overwritten_is_refused_or_comes_out_clean(name: str, cleaned: Clean) -> None:
    content_type, maker = {**CUT, **making_recordings.MAKERS, **making_documents.MAKERS}[name]
    data = bytearray(maker())
    chance = random.Random(4711)
    for _ in range(len(data) // 20):
        data[chance.randrange(16, len(data))] = chance.randrange(256)

    try:
        cleaned(bytes(data), content_type)
    except NotCleaned as refused:
        assert refused.message


def test_what_is_no_such_file_at_all_is_refused(cleaned: Clean) -> None:
    for content_type in ("image/png", "video/mp4", "audio/ogg", "application/pdf", DOCX, ODT):
        with pytest.raises(UnreadableFile, match="damaged"):
            cleaned(b"nothing of the kind" * 50, content_type)


@pytest.mark.parametrize(
    "kind", ["application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/rtf"]
)
def test_old_documents_have_no_clean_copy(kind: str, cleaned: Clean) -> None:
    with pytest.raises(NoCleanCopy, match="ask the sender for a PDF"):
        cleaned(b"\xd0\xcf\x11\xe0", kind)


def test_a_picture_that_a_camera_could_make_but_this_machine_cannot_draw_is_too_large(cleaned: Clean) -> None:
    with pytest.raises(UnreadableFile, match="too large"):
        cleaned(flood(12_000), "image/png")


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, copy: Path, preview: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(making_pictures.jpeg())

    with pytest.raises(UnreadableFile, match="took too long"):
        clean(original, "image/jpeg", copy, preview, Limits(wall_seconds=0.01))

    assert [path.name for path in tmp_path.iterdir()] == ["original"]


def test_a_file_that_keeps_the_processor_too_long_is_given_up(tmp_path: Path, copy: Path, preview: Path) -> None:
    original = tmp_path / "original"
    Image.effect_noise((9000, 9000), 90).save(original, "PNG", compress_level=0)

    with pytest.raises(UnreadableFile, match="took too long"):
        clean(original, "image/png", copy, preview, Limits(cpu_seconds=1))


def test_a_file_that_needs_too_much_memory_is_given_up(tmp_path: Path, copy: Path, preview: Path) -> None:
    original = tmp_path / "original"
    Image.new("RGB", (9000, 9000)).save(original, "PNG", compress_level=1)

    with pytest.raises(UnreadableFile, match="too large"):
        clean(original, "image/png", copy, preview, Limits(memory_bytes=400 * 1024 * 1024))


def test_a_copy_that_grows_too_large_is_given_up(tmp_path: Path, copy: Path, preview: Path) -> None:
    original = tmp_path / "original"
    original.write_text("word " * 10_000)

    with pytest.raises(UnreadableFile, match="too large"):
        clean(original, "text/plain", copy, preview, Limits(file_bytes=1000))


def test_a_pdf_without_pages_is_refused(cleaned: Clean) -> None:
    out = io.BytesIO()
    pikepdf.Pdf.new().save(out)

    with pytest.raises(UnreadableFile, match="damaged"):
        cleaned(out.getvalue(), "application/pdf")
