"""Small copies of pictures, drawn anew: nothing of the original's bytes or hidden facts is left in them."""

import io
import threading
from typing import BinaryIO

from PIL import Image, ImageOps

from inbox.errors import NoPreview

CONTENT_TYPE = "image/webp"
MAX_SIDE = 1200
MAX_PIXELS = 50_000_000
"""Pictures with more are kept but not drawn: drawing one takes up to four bytes of memory for each."""
REFUSED_PIXELS = 250_000_000
"""More than any camera makes; such a file is meant to fill somebody's memory."""

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
}
"""What is drawn, each by the one reader that its content type names."""

Image.MAX_IMAGE_PIXELS = REFUSED_PIXELS

_one_at_a_time = threading.Lock()


def pixels(file: BinaryIO, content_type: str) -> int:
    """Return how many pixels a picture says it has. Raises NoPreview if it is no such picture at all."""
    try:
        image = _open(file, content_type)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return 2 * REFUSED_PIXELS
    finally:
        file.seek(0)
    return image.width * image.height


def render(file: BinaryIO, content_type: str) -> bytes:
    """Return the picture as WebP, upright, at most 1200 pixels a side. Raises NoPreview if it cannot be drawn."""
    if pixels(file, content_type) > MAX_PIXELS:
        raise NoPreview("too many pixels")
    with _one_at_a_time:
        try:
            return _draw(file, content_type)
        except Exception as error:  # the readers raise nearly anything when a file is damaged
            raise NoPreview(type(error).__name__) from None


def _open(file: BinaryIO, content_type: str) -> Image.Image:
    if content_type not in FORMATS:
        raise NoPreview(content_type)
    file.seek(0)
    try:
        return Image.open(file, formats=[FORMATS[content_type]])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise
    except Exception as error:
        raise NoPreview(type(error).__name__) from None


def _draw(file: BinaryIO, content_type: str) -> bytes:
    image = _open(file, content_type)
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    image = ImageOps.exif_transpose(image)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.info.clear()  # EXIF, XMP, comments and profiles stay behind
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80)
    return out.getvalue()
