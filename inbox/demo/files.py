"""Small files made here: pictures of nothing in particular, a PDF of one page, and a hum for a voice."""

import io
import math
import random
from fractions import Fraction
from struct import pack
from typing import cast

import av
from av.audio import AudioStream
from PIL import Image, ImageDraw

_SKIES = ((96, 140, 190), (214, 152, 98), (122, 132, 146), (60, 72, 110), (168, 196, 206))
_GROUNDS = ((84, 98, 72), (120, 110, 96), (62, 66, 74), (142, 120, 88))


_RATE = 48_000


def fetched(content_type: str, lot: random.Random) -> bytes | None:
    """What a provider would have given; None for what it has not kept."""
    if content_type == "image/jpeg":
        return picture("", lot)
    if content_type == "application/pdf":
        return pdf("Attachment")
    coding = {"audio/mpeg": ("mp3", "mp3"), "audio/ogg": ("ogg", "libopus")}.get(content_type)
    return voice(*coding, seconds=lot.randint(4, 40)) if coding else None


def voice(container: str, codec: str, seconds: int) -> bytes:
    """A low hum that swells and fades, as long as somebody speaks."""
    out = io.BytesIO()
    with av.open(out, "w", format=container, options={"fflags": "+bitexact"}) as recording:  # the same each time
        stream = cast(AudioStream, recording.add_stream(codec, rate=_RATE, layout="mono"))
        for second in range(seconds):
            frame = av.AudioFrame(format="s16", layout="mono", samples=_RATE)
            frame.planes[0].update(_HUM)
            frame.sample_rate, frame.pts, frame.time_base = _RATE, second * _RATE, Fraction(1, _RATE)
            recording.mux(stream.encode(frame))
        recording.mux(stream.encode(None))
    return out.getvalue()


_HUM = b"".join(
    pack("<h", round(2500 * math.sin(2 * math.pi * 140 * n / _RATE) * math.sin(math.pi * n / _RATE)))
    for n in range(_RATE)
)


def draw(filename: str, lot: random.Random) -> bytes:
    """The content of a file with this name."""
    return pdf("Press release") if filename.endswith(".pdf") else picture(filename, lot)


def picture(filename: str, lot: random.Random) -> bytes:
    """A street in plain shapes: sky, ground, houses, and the line of a road."""
    size = (960, 640)
    image = Image.new("RGB", size, lot.choice(_SKIES))
    pen = ImageDraw.Draw(image)
    horizon = lot.randint(330, 430)
    pen.rectangle((0, horizon, *size), fill=lot.choice(_GROUNDS))
    for left in range(0, size[0], 80):
        height, grey = lot.randint(40, 260), lot.randint(70, 190)
        pen.rectangle((left, horizon - height, left + lot.randint(50, 78), horizon), fill=(grey, grey, grey + 12))
    pen.polygon(((lot.randint(300, 600), horizon), (980, 640), (lot.randint(100, 400), 640)), fill=(58, 60, 64))
    out = io.BytesIO()
    image.save(out, "PNG" if filename.endswith(".png") else "JPEG")
    return out.getvalue()


def pdf(title: str) -> bytes:
    """A page with a title and grey lines where text would stand."""
    lines = "".join(f"0.8 g 72 {y} {420 - y % 90} 6 re f\n" for y in range(660, 300, -18))
    content = f"BT /F1 22 Tf 72 720 Td ({title}) Tj ET\n{lines}".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
