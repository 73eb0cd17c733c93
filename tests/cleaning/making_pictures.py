"""Pictures with planted facts. Each is 80 by 40 stored, red on its left half and blue on its right one."""

import io
import struct

import pillow_heif
from cleaning import markers
from PIL import Image
from PIL.PngImagePlugin import PngInfo

WIDTH, HEIGHT = 80, 40


def drawn(mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "red")
    image.paste("blue", (WIDTH // 2, 0, WIDTH, HEIGHT))
    return image.convert(mode)


def exif(orientation: int = 1) -> bytes:
    """EXIF with an author, a serial number, a maker's note, a place, and a thumbnail behind it."""
    values = Image.Exif()
    values[0x0112] = orientation
    values[0x010F], values[0x0110] = "Planted Make", "Planted Model"
    values[0x013B] = markers.AUTHOR
    values[0x0132] = "2001:02:03 04:05:06"
    details = values.get_ifd(0x8769)
    details[0xA431] = markers.SERIAL
    details[0x927C] = b"planted note"
    details[0x9286] = b"ASCII\0\0\0" + markers.COMMENT.encode()
    place = values.get_ifd(0x8825)
    place[1], place[2] = "N", (48.0, 51.0, 30.24)
    place[3], place[4] = "E", (2.0, 17.0, 40.2)
    return _with_thumbnail(values.tobytes())


def _with_thumbnail(block: bytes) -> bytes:
    """Add a second directory with a small JPEG, as cameras write it."""
    head, tiff = b"Exif\0\0", bytearray(block.removeprefix(b"Exif\0\0"))
    order = "<" if tiff[:2] == b"II" else ">"
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    count = struct.unpack_from(f"{order}H", tiff, first)[0]
    struct.pack_into(f"{order}I", tiff, first + 2 + 12 * count, len(tiff))
    small = saved(drawn().resize((8, 4)), "JPEG")
    at = len(tiff) + 2 + 3 * 12 + 4
    entries = ((0x0103, 3, 6 if order == "<" else 6 << 16), (0x0201, 4, at), (0x0202, 4, len(small)))
    directory = struct.pack(f"{order}H", 3)
    directory += b"".join(struct.pack(f"{order}HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return head + bytes(tiff) + directory + bytes(4) + small


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(orientation: int = 1) -> bytes:
    """A JPEG with EXIF, XMP, a comment, IPTC and, behind its end, what a camera's own trailer is like."""
    data = saved(drawn(), "JPEG", quality=95, exif=exif(orientation), xmp=markers.XMP, comment=markers.COMMENT.encode())
    iptc = b"\x1c\x02\x50" + struct.pack(">H", len(markers.AUTHOR)) + markers.AUTHOR.encode()
    photoshop = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    segment = b"\xff\xed" + struct.pack(">H", len(photoshop) + 2) + photoshop
    return data[:2] + segment + data[2:] + b"planted trailer"


def png(orientation: int = 1) -> bytes:
    texts = PngInfo()
    texts.add_text("Author", markers.AUTHOR)
    texts.add_itxt("Comment", markers.COMMENT, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", markers.XMP.decode())
    return saved(drawn(), "PNG", exif=exif(orientation), pnginfo=texts)


def webp(orientation: int = 1) -> bytes:
    return saved(drawn(), "WEBP", lossless=True, exif=exif(orientation), xmp=markers.XMP)


def gif() -> bytes:
    """Two frames, a comment, and XMP as an application block."""
    data = saved(
        drawn(),
        "GIF",
        save_all=True,
        append_images=[drawn().rotate(180)],
        duration=[100, 200],
        loop=0,
        comment=f"{markers.COMMENT} {markers.AUTHOR} {markers.SERIAL}".encode(),
    )
    trailer = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
    return data[:-1] + b"\x21\xff\x0bXMP DataXMP" + markers.XMP + trailer + b"\x3b"


def avif(orientation: int = 1) -> bytes:
    return saved(drawn(), "AVIF", quality=95, exif=exif(orientation), xmp=markers.XMP)


def heic(orientation: int = 1) -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(drawn()).save(out, quality=95, exif=exif(orientation), xmp=markers.XMP)
    return out.getvalue()


def tiff(orientation: int = 1) -> bytes:
    """Two pages, each with facts of its own."""
    facts = {270: markers.COMMENT, 315: markers.AUTHOR, 305: markers.SERIAL, 700: markers.XMP, 274: orientation}
    return saved(drawn(), "TIFF", save_all=True, append_images=[drawn("L")], tiffinfo=facts)


MAKERS = {
    "image/jpeg": jpeg,
    "image/png": png,
    "image/webp": webp,
    "image/gif": gif,
    "image/avif": avif,
    "image/heic": heic,
    "image/tiff": tiff,
}
