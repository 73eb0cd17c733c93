"""Pictures, drawn anew: the pixels are taken over and nothing else is."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageOps, ImageSequence, TiffImagePlugin

from .answers import Cleaned, Reason, Refused

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/gif": "GIF",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
    "image/heic": "HEIF",
    "image/heif": "HEIF",
}
"""What is read, each by the one reader that its content type names."""

_IN_DOCUMENTS = {FORMATS[kind]: kind for kind in ("image/jpeg", "image/png", "image/gif", "image/tiff", "image/webp")}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "WEBP": {"quality": 90},
    "AVIF": {"quality": 80, "speed": 10, "max_threads": 1},
}
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
PREVIEW_SIDE = 1200
MAX_PIXELS = 120_000_000
"""Drawing takes four bytes for each pixel, more than once. The largest telephones make 108 million."""
REFUSED_PIXELS = 250_000_000
"""More than any camera makes; such a file is meant to fill somebody's memory."""
MAX_PAGES = 1000

_SRGB = ImageCms.createProfile("sRGB")
Image.MAX_IMAGE_PIXELS = REFUSED_PIXELS // 2  # Pillow warns from here and raises an error at twice as many
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def clean(original: Path, content_type: str, copy: Path, preview: Path) -> Cleaned:
    """Draw a picture and its preview anew. HEIC becomes JPEG, which everybody can open."""
    made = "image/jpeg" if FORMATS[content_type] == "HEIF" else content_type
    with original.open("rb") as source, copy.open("w+b") as target:
        draw(source, content_type, target)
    with copy.open("rb") as source, _opened(source, made) as image:
        save_preview(image, preview)
    return Cleaned(made, has_preview=True)


def draw(source: BinaryIO, content_type: str, target: BinaryIO) -> None:
    """Draw a picture anew in its own format (HEIC as JPEG). Raises Refused for too many pixels."""
    with _opened(source, content_type) as image:
        kind = "JPEG" if image.format == "HEIF" or content_type == "image/jpeg" else FORMATS[content_type]
        if kind == "TIFF":
            _draw_pages(image, target)
        elif kind in _ANIMATED and getattr(image, "n_frames", 1) > 1:
            _draw_frames(image, kind, target)
        else:
            _for(kind, _bare(image)).save(target, kind, **_OPTIONS.get(kind, {}))


def content_type(data: bytes) -> str:
    """What kind of picture lies in a document. Raises Refused for a flood of pixels, or what Pillow raises."""
    try:
        with Image.open(io.BytesIO(data), formats=list(_IN_DOCUMENTS)) as image:
            return _IN_DOCUMENTS[image.format or ""]
    except Image.DecompressionBombError:
        raise Refused(Reason.PIXELS) from None


def save_preview(image: Image.Image, preview: Path) -> None:
    """Write the picture as WebP of at most 1200 pixels a side; the image itself is made small for it."""
    image.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    small = _bare(image)
    small.convert("RGBA" if small.has_transparency_data else "RGB").save(preview, "WEBP", quality=80)


@contextlib.contextmanager
def _opened(source: BinaryIO, content_type: str) -> Iterator[Image.Image]:
    """The picture with its size checked; its pixels are not unpacked yet."""
    if FORMATS[content_type] == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        with Image.open(source, formats=[FORMATS[content_type]]) as image:
            _check_pixels(image)
            yield image
    except Image.DecompressionBombError:
        raise Refused(Reason.PIXELS) from None


def _check_pixels(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > REFUSED_PIXELS:
        raise Refused(Reason.PIXELS)
    if pixels > MAX_PIXELS:
        raise Refused(Reason.TOO_LARGE)


def _bare(image: Image.Image) -> Image.Image:
    """A copy that is upright and in common colours. What hangs on it (EXIF, XMP, comments, profiles) is cut off."""
    drawn = _in_srgb(ImageOps.exif_transpose(image))
    kept = {key: drawn.info[key] for key in ("transparency",) if key in drawn.info}
    drawn.info.clear()
    drawn.info.update(kept)
    return drawn


def _in_srgb(image: Image.Image) -> Image.Image:
    if image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    mode = "RGB" if image.mode == "CMYK" else image.mode
    if profile := image.info.get("icc_profile"):
        with contextlib.suppress(ImageCms.PyCMSError, OSError, TypeError, ValueError):  # a profile may be anything
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode) or image
    return image if image.mode == mode else image.convert(mode)


def _for(kind: str, image: Image.Image) -> Image.Image:
    """The picture as JPEG can hold it: on white where it is transparent. Other formats hold what they held."""
    if kind != "JPEG" or image.mode in ("L", "RGB"):
        return image
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(clear, mask=clear.getchannel("A"))
    return paper


def _draw_frames(image: Image.Image, kind: str, target: BinaryIO) -> None:
    """Draw an animation; all of its frames are in memory at once, so they count as one large picture."""
    if image.width * image.height * image.n_frames > MAX_PIXELS:  # type: ignore[attr-defined]
        raise Refused(Reason.TOO_LARGE)
    frames, durations = [], []
    for frame in ImageSequence.Iterator(image):
        frame.load()  # only then is its duration known
        durations.append(frame.info.get("duration", 0))
        drawn = _bare(frame)
        frames.append(drawn.convert("RGBA" if drawn.has_transparency_data else "RGB"))
    loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    options = {**_OPTIONS.get(kind, {}), **loop, "duration": durations}
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], **options)


def _draw_pages(image: Image.Image, target: BinaryIO) -> None:
    """Draw a TIFF page by page. Its tags are left behind because each page is a picture without a file."""
    if image.n_frames > MAX_PAGES:  # type: ignore[attr-defined]
        raise Refused(Reason.TOO_LARGE)
    with TiffImagePlugin.AppendingTiffWriter(target) as writer:
        for page in ImageSequence.Iterator(image):
            _check_pixels(page)
            drawn = _bare(page)
            drawn.save(writer, "TIFF", compression="group4" if drawn.mode == "1" else "tiff_deflate")
            writer.newFrame()
