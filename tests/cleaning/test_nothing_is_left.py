"""Whatever was planted in a file, an independent reader finds none of it in the clean copy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cleaning import corpus, looking, making_recordings

from inbox.cleaning import Cleaned
from inbox.services import sniff

Made = Callable[[str], corpus.Made]
BARE = ("AMR",)  # it has no place for names


@pytest.mark.parametrize("name", corpus.ALL)
def test_nothing_planted_is_left_in_the_clean_copy(name: str, made: Made) -> None:
    file = made(name)

    if name not in BARE:
        assert looking.facts_left(file.original, file.content_type) or looking.texts_left(file.original)
    assert looking.facts_left(file.copy, file.answer.content_type) == {}
    assert looking.texts_left(file.copy) == []


@pytest.mark.parametrize("name", corpus.ALL)
def test_the_copy_is_of_the_kind_that_the_answer_says(name: str, made: Made) -> None:
    with made(name).copy.open("rb") as file:
        assert sniff.content_type(file) == made(name).answer.content_type


@pytest.mark.parametrize("name", corpus.PICTURES)
def test_nothing_planted_is_left_in_the_preview(name: str, made: Made) -> None:
    assert looking.facts_left(made(name).preview, "image/webp") == {}
    assert looking.texts_left(made(name).preview) == []


@pytest.mark.parametrize("kind", ["text/plain", "text/csv", "text/vcard", "text/calendar"])
def test_text_is_copied_byte_for_byte(kind: str, cleaned: Callable[[bytes, str], Cleaned], copy: Path) -> None:
    words = "Read on, 讀下去\r\n".encode("big5")

    assert cleaned(words, kind) == Cleaned(kind)
    assert copy.read_bytes() == words


@pytest.mark.parametrize(("codec", "trace"), [("libx264", b"x264 - core"), ("libx265", b"x265 (build")])
def test_what_is_written_into_the_video_itself_is_cut_out(
    codec: str, trace: bytes, cleaned: Callable[[bytes, str], Cleaned], copy: Path
) -> None:
    data = making_recordings.recorded("mp4", codec, None)
    assert trace in data

    cleaned(data, "video/mp4")

    assert trace not in copy.read_bytes()
