"""A clean copy shows, plays and reads like the original: upright, whole, in its own kind."""

import io
import itertools
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import pypdf
import pytest
from cleaning import corpus, looking, making_documents, making_pictures, making_recordings
from PIL import Image, ImageSequence

from inbox.cleaning import Cleaned

Clean = Callable[[bytes, str], Cleaned]
Made = Callable[[str], corpus.Made]
VIDEOS = [name for name in corpus.RECORDINGS if "video/" in corpus.RECORDINGS[name][0] and "Vorbis" not in name]
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


def test_heic_becomes_jpeg_which_everybody_can_open(made: Made) -> None:
    assert made("image/heic").answer == Cleaned("image/jpeg", has_preview=True)
    with Image.open(made("image/heic").copy) as image:
        assert image.format == "JPEG"


def test_an_animation_keeps_its_frames_and_their_times(made: Made) -> None:
    with Image.open(made("image/gif").copy) as image:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [100, 200]


def test_a_scan_keeps_its_pages(made: Made) -> None:
    with Image.open(made("image/tiff").copy) as image:
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


def shown(path: Path) -> list[str]:
    """The streams that are seen or heard; a cover is neither."""
    with av.open(path) as played:
        streams = [s for s in played.streams if s.type in ("video", "audio")]
        return [s.type for s in streams if not s.disposition & av.stream.Disposition.attached_pic]


@pytest.mark.parametrize("name", corpus.RECORDINGS)
def test_a_recording_still_plays_and_says_how_long(name: str, made: Made) -> None:
    file = made(name)

    longest = 2 * making_recordings.SECONDS + 0.2
    assert file.answer.duration_seconds is not None
    assert making_recordings.SECONDS - 0.1 <= file.answer.duration_seconds <= longest
    with av.open(file.copy) as played:
        assert [stream.type for stream in played.streams] == shown(file.original)
    for kind in shown(file.original):
        with av.open(file.copy) as played:
            assert len(list(itertools.islice(played.decode(**{kind: 0}), 5))) == 5


@pytest.mark.parametrize("name", VIDEOS)
def test_a_video_has_a_poster(name: str, made: Made) -> None:
    assert made(name).answer.has_preview
    with Image.open(made(name).preview) as image:
        assert image.format == "WEBP"
        assert is_reddish(image.getpixel((10, 10)))


def test_a_turned_video_stays_turned_and_its_poster_stands_upright(made: Made) -> None:
    file = made("MP4, turned")

    with av.open(file.copy) as played:
        assert next(played.decode(video=0)).rotation == -90
    assert looking.facts(file.copy)["Composite:Rotation"] == 90
    with Image.open(file.preview) as image:
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


def test_a_pdf_keeps_its_page_and_its_remark(made: Made) -> None:
    reader = pypdf.PdfReader(made("PDF").copy)
    assert making_documents.SEEN in reader.pages[0].extract_text()
    assert [image.image.size for image in reader.pages[0].images] == [(80, 40), (80, 40)]
    kinds = {note.get_object()["/Subtype"]: note.get_object() for note in reader.pages[0]["/Annots"]}
    assert set(kinds) == {"/Text", "/Link"}
    assert kinds["/Text"]["/Contents"] == "a remark"


def test_a_pdf_that_forbids_printing_comes_out_free(made: Made) -> None:
    assert not pypdf.PdfReader(made("PDF that forbids printing").copy).is_encrypted


@pytest.mark.parametrize("name", ["DOCX", "XLSX", "PPTX", "ODT", "ODS"])
def test_an_office_document_keeps_its_words_and_remarks(name: str, made: Made) -> None:
    with zipfile.ZipFile(made(name).copy) as archive:
        words = b"".join(archive.read(name) for name in archive.namelist() if name.endswith("xml")).decode()
        pictures = [name for name in archive.namelist() if name.endswith((".jpg", ".png"))]
        sizes = [Image.open(io.BytesIO(archive.read(name))).size for name in pictures]
    assert making_documents.SEEN in words
    assert "a remark" in words
    assert (80, 40) in sizes


def test_what_words_fields_showed_stays_and_only_harmless_ones_go_on_computing(made: Made) -> None:
    with zipfile.ZipFile(made("DOCX").copy) as archive:
        body = archive.read("word/document.xml").decode()
    assert "fetched" in body
    assert body.count("instrText>") == 2
    assert "> PAGE <" in body
    assert "DDEAUTO" not in body


def test_a_table_keeps_the_value_of_a_formula_that_would_fetch_something(made: Made) -> None:
    with zipfile.ZipFile(made("XLSX").copy) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>7</v>" in sheet
    assert "WEBSERVICE" not in sheet
