"""How large a picture says it is. Only its head is read; drawing is done in a child process (`inbox.cleaning`)."""

from typing import BinaryIO

from PIL import Image

from inbox.errors import NoPreview

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
"""What is looked at, each by the one reader that its content type names."""

Image.MAX_IMAGE_PIXELS = REFUSED_PIXELS


def pixels(file: BinaryIO, content_type: str) -> int:
    """Return how many pixels a picture says it has. Raises NoPreview if it is no such picture at all."""
    file.seek(0)
    try:
        image = Image.open(file, formats=[FORMATS[content_type]])
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return 2 * REFUSED_PIXELS
    except Exception as error:  # the readers raise nearly anything when a file is damaged
        raise NoPreview(type(error).__name__) from None
    finally:
        file.seek(0)
    return image.width * image.height
