"""A clean copy shows, plays and reads like the original: upright, whole, in its own kind."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import pypdf
import pytest
from cleaning import looking, making_documents, making_pictures, making_recordings
from PIL import Image, ImageSequence

from inbox.cleaning import Cleaned

Clean = Callable[[bytes, str], Cleaned]
VIDEOS = [name for name, (kind, _) in making_recordings.MAKERS.items() if kind.startswith("video/")]
TURNED = 6  # EXIF: the first row is the picture's right side
ORIENTED = sorted(set(making_pictures.MAKERS) - {"image/gif"})


def is_reddish(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 180 and pixel[2] < 75


def is_bluish(pixel: tuple[int, ...]) -> bool:
    return pixel[2] > 180 and pixel[0] < 75


@pytest.mark.parametrize("content_type", ORIENTED)
def test_a_turned_picture_comes_out_upright(content_type: str, cleaned: Clean, copy: Path, preview: Path) -> None:
    maker = making_pictures.MAKERS[content_type]

    cleaned(maker(TURNED), content_type)

    for path in (copy, preview):
        with Image.open(path) as image:
            assert image.size == (making_pictures.HEIGHT, making_pictures.WIDTH)
            pixels = image.convert("RGB")
            assert is_reddish(pixels.getpixel((20, 10)))
            assert is_bluish(pixels.getpixel((20, 70)))


def test_heic_becomes_jpeg_which_everybody_can_open(cleaned: Clean, copy: Path) -> None:
    assert cleaned(making_pictures.heic(), "image/heic") == Cleaned("image/jpeg", has_preview=True)
    with Image.open(copy) as image:
        assert image.format == "JPEG"


def test_an_animation_keeps_its_frames_and_their_times(cleaned: Clean, copy: Path) -> None:
    cleaned(making_pictures.gif(), "image/gif")

    with Image.open(copy) as image:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [100, 200]


def test_a_scan_keeps_its_pages(cleaned: Clean, copy: Path) -> None:
    cleaned(making_pictures.tiff(), "image/tiff")

    with Image.open(copy) as image:
        assert [page.mode for page in ImageSequence.Iterator(image)] == ["RGB", "L"]


def test_transparency_survives(cleaned: Clean, copy: Path) -> None:
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))

    cleaned(making_pictures.saved(clear, "PNG"), "image/png")

    with Image.open(copy) as image:
        assert image.convert("RGBA").getpixel((5, 5))[3] == 0


def test_a_preview_is_webp_of_at_most_1200_pixels_a_side(cleaned: Clean, preview: Path) -> None:
    assert cleaned(making_pictures.saved(Image.new("L", (3000, 30)), "PNG"), "image/png").has_preview

    with Image.open(preview) as image:
        assert (image.format, image.size) == ("WEBP", (1200, 12))


def _shown(path: Path) -> list[str]:
    """The streams that are seen or heard; a cover is neither."""
    with av.open(path) as played:
        streams = [s for s in played.streams if s.type in ("video", "audio")]
        return [s.type for s in streams if not s.disposition & av.stream.Disposition.attached_pic]


@pytest.mark.parametrize("name", making_recordings.MAKERS)
def test_a_recording_still_plays_and_says_how_long(name: str, cleaned: Clean, copy: Path, tmp_path: Path) -> None:
    content_type, maker = making_recordings.MAKERS[name]

    answer = cleaned(maker(), content_type)

    longest = 2 * making_recordings.SECONDS + 0.2
    assert answer.duration_seconds is not None
    assert making_recordings.SECONDS - 0.1 <= answer.duration_seconds <= longest
    with av.open(copy) as played:
        assert {stream.type for stream in played.streams} <= {"video", "audio"}
        assert len(played.streams) == len(_shown(tmp_path / "original"))
    for kind in ("video", "audio"):
        with av.open(copy) as played:
            for stream in [s for s in played.streams if s.type == kind]:
                assert len([frame for frame, _ in zip(played.decode(stream), range(5), strict=False)]) == 5


@pytest.mark.parametrize("name", sorted(set(VIDEOS) - {"Matroska with Vorbis"}))
def test_a_video_has_a_poster(name: str, cleaned: Clean, preview: Path) -> None:
    content_type, maker = making_recordings.MAKERS[name]

    assert cleaned(maker(), content_type).has_preview
    with Image.open(preview) as image:
        assert image.format == "WEBP"
        assert is_reddish(image.getpixel((10, 10)))


def test_a_turned_video_stays_turned_and_its_poster_stands_upright(cleaned: Clean, copy: Path, preview: Path) -> None:
    cleaned(making_recordings.turned(making_recordings.mp4()), "video/mp4")

    with av.open(copy) as played:
        assert next(played.decode(video=0)).rotation == -90
    assert looking.facts(copy)["Composite:Rotation"] == 90
    with Image.open(preview) as image:
        assert image.size == (144, 176)
        assert is_reddish(image.getpixel((70, 20)))
        assert is_bluish(image.getpixel((70, 150)))


def test_a_recording_called_sound_loses_its_picture(cleaned: Clean, copy: Path) -> None:
    assert cleaned(making_recordings.mp4(), "audio/mp4").content_type == "audio/mp4"
    with av.open(copy) as played:
        assert [stream.type for stream in played.streams] == ["audio"]


def test_apple_players_find_hevc_under_the_name_they_know(cleaned: Clean, copy: Path) -> None:
    cleaned(making_recordings.recorded("mp4", "libx265", None), "video/mp4")

    with av.open(copy) as played:
        assert played.streams.video[0].codec_tag == "hvc1"


def test_what_does_not_fit_its_container_gets_one_that_holds_it(cleaned: Clean, copy: Path) -> None:
    mislabelled = making_recordings.recorded("matroska", "libx264", "aac")

    assert cleaned(mislabelled, "video/webm").content_type == "video/x-matroska"


def test_a_pdf_keeps_its_page_and_its_remark(cleaned: Clean, copy: Path) -> None:
    cleaned(making_documents.pdf(), "application/pdf")

    reader = pypdf.PdfReader(copy)
    assert making_documents.SEEN in reader.pages[0].extract_text()
    assert [image.image.size for image in reader.pages[0].images] == [(80, 40), (80, 40)]
    kinds = {note.get_object()["/Subtype"]: note.get_object() for note in reader.pages[0]["/Annots"]}
    assert set(kinds) == {"/Text", "/Link"}
    assert kinds["/Text"]["/Contents"] == "a remark"


def test_a_pdf_that_forbids_printing_comes_out_free(cleaned: Clean, copy: Path) -> None:
    cleaned(making_documents.pdf(forbidden=True), "application/pdf")

    assert not pypdf.PdfReader(copy).is_encrypted


@pytest.mark.parametrize("name", ["DOCX", "XLSX", "PPTX", "ODT", "ODS"])
def test_an_office_document_keeps_its_words_and_remarks(name: str, cleaned: Clean, copy: Path) -> None:
    content_type, maker = making_documents.MAKERS[name]

    cleaned(maker(), content_type)

    with zipfile.ZipFile(copy) as archive:
        words = b"".join(archive.read(name) for name in archive.namelist() if name.endswith("xml")).decode()
        pictures = [name for name in archive.namelist() if name.endswith((".jpg", ".png"))]
        sizes = [Image.open(io.BytesIO(archive.read(name))).size for name in pictures]
    assert making_documents.SEEN in words
    assert "a remark" in words
    assert (80, 40) in sizes


def test_what_words_fields_showed_stays_and_only_harmless_ones_go_on_computing(cleaned: Clean, copy: Path) -> None:
    cleaned(making_documents.docx(), making_documents.MAKERS["DOCX"][0])

    with zipfile.ZipFile(copy) as archive:
        body = archive.read("word/document.xml").decode()
    assert "fetched" in body
    assert body.count("instrText>") == 2
    assert "> PAGE <" in body
    assert "DDEAUTO" not in body


def test_a_table_keeps_the_value_of_a_formula_that_would_fetch_something(cleaned: Clean, copy: Path) -> None:
    cleaned(making_documents.xlsx(), making_documents.MAKERS["XLSX"][0])

    with zipfile.ZipFile(copy) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>7</v>" in sheet
    assert "WEBSERVICE" not in sheet
