"""JPEG streams inside PDF and Motion JPEG lose what is not needed to draw them, and no pixel."""

import io
import struct

import pytest
from cleaning import making_pictures, markers
from PIL import Image

from inbox.cleaning.sandbox import jpeg
from inbox.cleaning.sandbox.answers import Refused


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_a_bare_jpeg_shows_the_same_pixels_and_nothing_else(options: dict[str, object]) -> None:
    noise = Image.effect_noise((90, 70), 80).convert("RGB")
    planted = {"exif": making_pictures.exif(), "xmp": markers.XMP, "comment": markers.COMMENT.encode()}
    data = making_pictures.saved(noise, "JPEG", **planted, **options) + b"planted trailer"

    bare = jpeg.bare(data)

    assert pixels(bare) == pixels(data)
    assert bare == jpeg.bare(making_pictures.saved(noise, "JPEG", **options))
    assert b"planted" not in bare.lower()


def test_the_colours_of_a_cmyk_jpeg_stay_what_they_were() -> None:
    data = making_pictures.saved(making_pictures.drawn("CMYK"), "JPEG", exif=making_pictures.exif())

    assert pixels(jpeg.bare(data)) == pixels(data)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xe1\x00\x00", b"\xff\xd8\xff\xe1\x00\x09", b"GIF89a"]
)
def test_what_is_no_whole_jpeg_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        jpeg.bare(data)


def test_boxes_of_jpeg_2000_that_draw_nothing_are_left_out() -> None:
    data = making_pictures.saved(making_pictures.drawn(), "JPEG2000")
    box = struct.pack(">I", 8 + 16 + len(markers.XMP)) + b"uuid" + bytes(16) + markers.XMP

    bare = jpeg.bare_2000(data[:12] + data[12:] + box)

    assert pixels(bare) == pixels(data)
    assert b"Planted" not in bare
