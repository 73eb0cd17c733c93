"""Video and sound: the same packets in a new container. Nothing is decoded, so 500 MB take little memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from . import jpeg, pictures
from .answers import Cleaned, Reason, Refused

if TYPE_CHECKING:
    from av.packet import PktSideDataT

_READERS = {
    **dict.fromkeys(("video/mp4", "video/x-m4v", "video/quicktime", "video/3gpp", "audio/mp4"), "mov"),
    **dict.fromkeys(("video/webm", "video/x-matroska"), "matroska"),
    "video/x-msvideo": "avi",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/flac": "flac",
}
"""The one reader for each content type. Left to guess, FFmpeg would follow playlists to other files."""

_MP4, _MOV = ("mp4", "video/mp4"), ("mov", "video/quicktime")
_3GP, _MKV = ("3gp", "video/3gpp"), ("matroska", "video/x-matroska")
_WRITERS = {
    "video/mp4": (_MP4, _MOV),
    "video/x-m4v": (_MP4, _MOV),
    "video/quicktime": (_MOV,),
    "video/3gpp": (_3GP, _MP4, _MOV),
    "video/webm": (("webm", "video/webm"),),
    "video/x-matroska": (),
    "video/x-msvideo": (("avi", "video/x-msvideo"),),
    "audio/mp4": (("ipod", "audio/mp4"), ("mp4", "audio/mp4"), _3GP, _MOV),
    "audio/mpeg": (("mp3", "audio/mpeg"), ("mp2", "audio/mpeg")),
    "audio/aac": (("adts", "audio/aac"),),
    "audio/ogg": (("ogg", "audio/ogg"),),
    "audio/wav": (("wav", "audio/wav"),),
    "audio/amr": (("amr", "audio/amr"),),
    "audio/flac": (("flac", "audio/flac"),),
}
"""The containers to write, the first that holds every stream; Matroska, which holds nearly all, comes last."""

_APPLE = ("mp4", "mov", "ipod")
_BITEXACT = {"fflags": "+bitexact"}  # the writer does not name itself, and makes no random numbers
_OPTIONS = {
    **{writer: {**_BITEXACT, "movflags": "+faststart"} for writer in ("mp4", "mov", "3gp", "ipod")},
    "mp3": {**_BITEXACT, "id3v2_version": "0", "write_id3v1": "0"},
}

# Units inside the video itself that carry what cameras write there (SEI, user data, metadata) and no picture.
_FILTERS = {
    "h264": "filter_units=remove_types=6",
    "hevc": "filter_units=remove_types=39|40",
    "av1": "filter_units=remove_types=5",
    "mpeg2video": "filter_units=remove_types=178",
}
_REMOVED_UNITS: dict[str, Callable[[int], bool]] = {
    "h264": lambda first: first & 0x1F == 6,
    "hevc": lambda first: first >> 1 & 0x3F in (39, 40),
    "mpeg2video": lambda first: first == 178,
}
_EMPTY_COMMENTS = {
    "vorbis": b"\x03vorbis" + bytes(8) + b"\x01",
    "theora": b"\x81theora" + bytes(8),
}
_SONGS = ("vorbis", "theora", "opus", "flac", "speex")  # in Ogg, one song after the other may have its own names
_NAMES: tuple[PktSideDataT, ...] = ("new_extradata", "metadata_update", "strings_metadata")
_HEADERS = (
    *(b"OpusHead", b"OpusTags", b"Speex   "),
    *(b"\x01vorbis", b"\x03vorbis", b"\x05vorbis", b"\x80theora", b"\x81theora", b"\x82theora"),
)
_Played = VideoStream | AudioStream
_HIDDEN = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.metadata


def clean(original: Path, content_type: str, copy: Path, preview: Path) -> Cleaned:
    """Pack the streams anew, without names, places, times, chapters, covers and data; make a video's poster."""
    with _opened(original, content_type) as source:
        target, tracks, made = _fitting(_streams(source, content_type), content_type, copy)
        with target:
            duration = _repack(source, target, tracks)
    shown = content_type.startswith("video/") and _poster(copy, made, preview)
    return Cleaned(made, has_preview=shown, duration_seconds=duration)


def _opened(path: Path, content_type: str) -> InputContainer:
    """The container, read from this file alone: no other file, no address."""
    return av.open(
        f"file:{path}",
        format=_READERS[content_type],
        container_options={"protocol_whitelist": "file"},
        metadata_errors="replace",
    )


def _streams(source: InputContainer, content_type: str) -> list[_Played]:
    video = () if content_type.startswith("audio/") else source.streams.video
    both: tuple[_Played, ...] = (*video, *source.streams.audio)
    played = [s for s in both if s.codec_context and not s.disposition & _HIDDEN]
    if not played:
        raise Refused(Reason.DAMAGED)
    return played


class _Track:
    """A stream on its way from one container to the other."""

    def __init__(self, source: _Played, target: OutputContainer) -> None:
        """Raises ValueError if the target cannot hold such a stream."""
        self.source = source
        self.codec = source.codec_context.codec.canonical_name
        self.target = target.add_stream_from_template(source, opaque=True)
        self._filter = self._make_filter()
        self._last: int | None = None
        context = self.target.codec_context
        if self.codec == "hevc" and target.format.name in _APPLE:
            context.codec_tag = "hvc1"  # under the other name that the standard knows, Apple's players show nothing
        if self.codec in _EMPTY_COMMENTS and context.extradata:
            context.extradata = _without_comments(context.extradata, _EMPTY_COMMENTS[self.codec])

    def _make_filter(self) -> BitStreamFilterContext | None:
        if self.codec not in _FILTERS:
            return None
        filtering = BitStreamFilterContext(_FILTERS[self.codec], self.source, self.target)
        context = self.target.codec_context
        context.codec_tag = "\0\0\0\0"  # the filter brought the old container's
        if self.codec in _REMOVED_UNITS and context.extradata:  # and it leaves the headers in front as they were
            context.extradata = _without_units(context.extradata, _REMOVED_UNITS[self.codec])
        return filtering

    def carried(self, packet: Packet[Any] | None) -> list[Packet[Any]]:
        """The packets to write for one that was read; None flushes."""
        packets = self._filter.filter(packet) if self._filter else [packet] if packet else []
        bare = [self._bare(packet) for packet in packets if not self._is_header(packet)]
        for packet in bare:
            packet.stream = self.target
            self._order(packet)
        return bare

    def _order(self, packet: Packet[Any]) -> None:
        """Let no packet come before the last one, as it does where recordings were joined; writers refuse that."""
        if packet.dts is None:
            return
        if self._last is not None and packet.dts <= self._last:
            packet.dts = self._last + 1
            packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
        self._last = packet.dts

    def _is_header(self, packet: Packet[Any]) -> bool:
        """Whether it is the header of a second song, names included, that the reader took for sound."""
        if self.codec not in _SONGS:
            return False
        start = bytes(packet)[:8]
        return start.startswith(_HEADERS) or (self.codec == "flac" and start[:1] != b"\xff")

    def _bare(self, packet: Packet[Any]) -> Packet[Any]:
        """The packet without what cameras write into each frame of Motion JPEG, or a second song's names."""
        if self.codec == "mjpeg":
            return _remade(packet, jpeg.bare(bytes(packet)))
        named = self.codec in _SONGS and any(packet.has_sidedata(kind) for kind in _NAMES)
        return _remade(packet, bytes(packet)) if named else packet


def _fitting(streams: list[_Played], content_type: str, copy: Path) -> tuple[OutputContainer, list[_Track], str]:
    """The first container that takes every stream, the streams' tracks in it, and its content type."""
    for writer, made in (*_WRITERS[content_type], _MKV):
        target = av.open(str(copy), "w", format=writer, container_options=_OPTIONS.get(writer, _BITEXACT))
        try:
            return target, [_Track(stream, target) for stream in streams], made
        except ValueError:
            target.close()
    raise Refused(Reason.DAMAGED)


def _repack(source: InputContainer, target: OutputContainer, tracks: list[_Track]) -> float:
    """Write every packet; return the seconds from the first one to the end of the last."""
    by_index = {track.source.index: track for track in tracks}
    start, end = None, 0.0
    for packet in source.demux([track.source for track in tracks]):
        time = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or time is None:  # an empty one only says that the file ends
            continue
        begins = float(time * packet.time_base)
        start = begins if start is None else min(start, begins)
        end = max(end, begins + float((packet.duration or 0) * packet.time_base))
        target.mux(by_index[packet.stream.index].carried(packet))
    for track in tracks:
        target.mux(track.carried(None))
    if start is None:
        raise Refused(Reason.DAMAGED)
    return round(max(end - start, 0.0), 3)


def _remade(packet: Packet[Any], content: bytes) -> Packet[Any]:
    """A packet of the same time with this content and nothing at its side."""
    bare = Packet(content)
    bare.pts, bare.dts, bare.duration = packet.pts, packet.dts, packet.duration
    bare.time_base, bare.is_keyframe = packet.time_base, packet.is_keyframe
    return bare


def _without_units(headers: bytes, is_removed: Callable[[int], bool]) -> bytes:
    """Headers with a start code in front of each unit, without those whose first byte says what they are."""
    start, *units = headers.split(b"\0\0\1")
    return b"\0\0\1".join([start, *(unit for unit in units if unit and not is_removed(unit[0]))])


def _without_comments(headers: bytes, empty: bytes) -> bytes:
    """Three headers in Xiph's lacing (count less one, two lengths in sums of bytes), the middle one made empty."""
    if headers[:1] != b"\x02":
        raise Refused(Reason.DAMAGED)
    at, lengths = 1, []
    for _ in range(2):
        length = 0
        while headers[at] == 255:
            length, at = length + 255, at + 1
        lengths.append(length + headers[at])
        at += 1
    first = headers[at : at + lengths[0]]
    last = headers[at + sum(lengths) :]
    return b"\x02" + bytes([len(first), len(empty)]) + first + empty + last


def _poster(copy: Path, content_type: str, preview: Path) -> bool:
    """Write a picture from a tenth into the video, upright; return whether one could be drawn."""
    try:
        with _opened(copy, content_type) as source:
            stream = source.streams.video[0]
            if stream.width * stream.height > pictures.MAX_PIXELS:
                return False
            source.seek((source.duration or 0) // 10)
            frame = next(source.decode(stream))
            image = frame.to_image().rotate(frame.rotation, expand=True)  # type: ignore[no-untyped-call]
    except (av.FFmpegError, StopIteration, IndexError, ValueError):
        return False
    pictures.save_preview(image, preview)
    return True
