"""Video and sound with planted facts, two seconds long."""

import io
import struct
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from cleaning import markers
from cleaning.making_pictures import saved
from PIL import Image

SECONDS = 2
_RATE = 48_000
_FACTS = {
    "artist": markers.AUTHOR,
    "comment": markers.COMMENT,
    "location": markers.ISO_PLACE,
    "creation_time": markers.TIME,
    "serial": markers.SERIAL,
}


def recorded(writer: str, video: str | None, sound: str | None, options: dict[str, str] | None = None) -> bytes:
    """A red picture that turns grey, and silence, in a container with facts in every place it has for them."""
    out = io.BytesIO()
    with av.open(out, "w", format=writer, container_options=options or {}) as target:
        target.metadata.update(_FACTS)
        if writer in ("mp4", "mov", "matroska"):
            target.set_chapters([_chapter()])
        pictures = _add_pictures(target, video) if video else None
        noise = _add_sound(target, sound) if sound else None
        if writer == "matroska":
            target.add_attachment("planted.txt", "text/plain", b"planted attachment")
        for stream in (pictures, noise):
            if stream:
                stream.metadata.update({"title": markers.AUTHOR, "creation_time": markers.TIME})
                _encode(target, stream)
    return out.getvalue()


def _chapter() -> Any:
    return {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000), "metadata": {"title": "planted chapter"}}


def _add_pictures(target: Any, codec: str) -> Any:
    stream = target.add_stream(codec, rate=25)
    stream.width, stream.height = 176, 144
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    return stream


def _add_sound(target: Any, codec: str) -> Any:
    rate = 8000 if codec.startswith("libopencore") else _RATE
    stream = target.add_stream(codec, rate=rate)
    stream.layout = "mono"
    return stream


def _encode(target: Any, stream: Any) -> None:
    for frame in _frames() if stream.type == "video" else _silence(stream.rate):
        target.mux(stream.encode(frame))
    target.mux(stream.encode(None))


def _frames() -> Any:
    for number in range(SECONDS * 25):
        image = Image.new("RGB", (176, 144), (200, number, number))
        image.paste("blue", (88, 0, 176, 144))
        frame = av.VideoFrame.from_image(image)
        frame.pts = number
        yield frame


def _silence(rate: int) -> Any:
    for number in range(SECONDS * rate // 960):
        frame = av.AudioFrame(format="s16", layout="mono", samples=960)
        frame.sample_rate, frame.pts = rate, number * 960
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        yield frame


def turned(data: bytes) -> bytes:
    """The same MP4, to be shown a quarter turned: the first track's display matrix is written over."""
    at = data.index(b"tkhd") + 4 + 4 + 20 + 16
    matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    return data[:at] + matrix + data[at + len(matrix) :]


def mp4() -> bytes:
    return recorded("mp4", "libx264", "aac", {"movflags": "use_metadata_tags"})


def mov() -> bytes:
    return recorded("mov", "libx264", "pcm_s16le")


def mp3() -> bytes:
    """MPEG sound between an ID3v2 tag with a cover and an ID3v1 tag."""
    cover = b"\0image/png\0\x03planted\0" + saved(Image.new("RGB", (8, 8)), "PNG")
    tag = _id3("TPE1", b"\0" + markers.AUTHOR.encode()) + _id3("APIC", cover)
    size = bytes((len(tag) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    sound = recorded("mp3", None, "libmp3lame", {"id3v2_version": "0"})
    old = b"TAG" + b"planted title".ljust(30, b"\0") + markers.AUTHOR.encode().ljust(95, b"\0")
    return b"ID3\x03\0\0" + size + tag + sound + old


def _id3(name: str, content: bytes) -> bytes:
    return name.encode() + struct.pack(">IH", len(content), 0) + content


def amr() -> bytes:
    """A hundred frames of silence at 12.2 kbit/s; the format has no place for anything else."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100


def two_songs() -> bytes:
    """Two recordings one behind the other, as stations save them; the second has names of its own."""
    return recorded("ogg", None, "libopus") + recorded("ogg", None, "libopus")


def vorbis() -> bytes:
    """Vorbis in Matroska, where the names of the Ogg file that it came from stand in the codec's own headers."""
    named, out = io.BytesIO(), io.BytesIO()
    with av.open(named, "w", format="ogg") as target:
        stream = target.add_stream("vorbis", rate=_RATE, options={"strict": "-2"})
        stream.layout = "stereo"
        _encode(target, stream)
    named.seek(0)
    with av.open(named) as source, av.open(out, "w", format="matroska") as target:
        stream = target.add_stream_from_template(source.streams.audio[0], opaque=True)
        stream.codec_context.extradata = _with_name(stream.codec_context.extradata)
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


def _with_name(headers: bytes) -> bytes:
    middle, end = headers.index(b"\x03vorbis"), headers.index(b"\x05vorbis")
    name = f"ARTIST={markers.AUTHOR}".encode()
    comment = b"\x03vorbis" + bytes(4) + struct.pack("<II", 1, len(name)) + name + b"\x01"
    return b"\x02" + bytes([30, len(comment)]) + headers[middle - 30 : middle] + comment + headers[end:]


MAKERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "MP4": ("video/mp4", mp4),
    "MP4, turned": ("video/mp4", lambda: turned(mp4())),
    "MP4 with HEVC": ("video/mp4", lambda: recorded("mp4", "libx265", "aac")),
    "MOV": ("video/quicktime", mov),
    "3GP": ("video/3gpp", lambda: recorded("3gp", "mpeg4", "libopencore_amrnb")),
    "WebM": ("video/webm", lambda: recorded("webm", "libvpx-vp9", "libopus")),
    "Matroska": ("video/x-matroska", lambda: recorded("matroska", "libx264", "flac")),
    "Matroska with Vorbis": ("video/x-matroska", vorbis),
    "AVI": ("video/x-msvideo", lambda: recorded("avi", "mjpeg", "pcm_s16le")),
    "M4A": ("audio/mp4", lambda: recorded("ipod", None, "aac")),
    "MP3": ("audio/mpeg", mp3),
    "AAC": ("audio/aac", lambda: recorded("adts", None, "aac", {"write_id3v2": "1"})),
    "Ogg": ("audio/ogg", lambda: recorded("ogg", None, "libopus")),
    "Ogg, two songs": ("audio/ogg", two_songs),
    "FLAC": ("audio/flac", lambda: recorded("flac", None, "flac")),
    "WAV": ("audio/wav", lambda: recorded("wav", None, "pcm_s16le", {"write_bext": "1"})),
    "AMR": ("audio/amr", amr),
}
