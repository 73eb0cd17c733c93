"""How many parts an SMS takes. Pure.

GSM 03.38 (3GPP TS 23.038): 160 characters of its alphabet fit one SMS, 153 each part of a longer one. With any other
character the whole text goes as UCS-2: 70, or 67 each.
"""

from dataclasses import dataclass

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("\f^{}\\[~]|€")
"""These take two places, as they are written with an escape."""


@dataclass(frozen=True)
class Count:
    """A text as an SMS: its characters, the parts it takes, and how many places one part of it has."""

    characters: int
    parts: int
    room: int


def count(text: str) -> Count:
    """Return how a text is cut into parts."""
    plain = all(character in GSM or character in GSM_DOUBLE for character in text)
    single, joined = (160, 153) if plain else (70, 67)
    widths = [_gsm_width(c) if plain else _ucs2_width(c) for c in text]
    if sum(widths) <= single:
        return Count(len(text), 1, single)
    return Count(len(text), _packed(widths, joined), joined)


def _gsm_width(character: str) -> int:
    return 2 if character in GSM_DOUBLE else 1


def _ucs2_width(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1


def _packed(widths: list[int], room: int) -> int:
    """How many parts these take; no character is cut in two."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
