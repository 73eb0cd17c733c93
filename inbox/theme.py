"""The newsroom's one colour, made readable.

A newsroom names a single colour. Everything that carries it on the public pages and on the desk
is derived here, once at start: the hue stays, the lightness moves as little as possible until the
contrast holds. Hue and lightness are those of OKLCH (https://www.w3.org/TR/css-color-4/#ok-lab),
where a lighter blue stays blue. Contrast is the ratio that WCAG 2.2 defines
(https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio), computed on the eight-bit values that browsers
are given, so what is promised here is what is shown.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace

__all__ = [
    "DESK_COLOUR",
    "PUBLIC_COLOUR",
    "Colour",
    "Desk",
    "Palette",
    "Public",
    "contrast",
    "palette",
    "parse_colour",
    "stylesheet",
]

PUBLIC_COLOUR = "#7a1d4e"
"""Mulberry, the colour of the public pages when the newsroom names none."""

DESK_COLOUR = "#2950b8"
"""Blue, the accent of the desk when the newsroom names none."""

TEXT = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""

STRONG_TEXT = 7.0
"""Contrast of text that we aim at (WCAG 2.2, 1.4.6)."""

SHAPE = 3.0
"""Least contrast of a shape with what is around it (WCAG 2.2, 1.4.11)."""

WHITE_REACH = 0.1
"""How much lightness a fill may lose to carry white text, before it carries ink instead."""

STEPS = 500
HEX = re.compile(r"#?(?:([0-9a-fA-F]{3})|([0-9a-fA-F]{6}))")


@dataclass(frozen=True)
class Colour:
    """An opaque sRGB colour; each part is 0 to 255."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        """The colour as CSS writes it, `#rrggbb`."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, from 0 for black to 1 for white.

        https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
        """
        red, green, blue = (_linear(part) for part in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: int) -> float:
    """Light of one part, 0 to 1, without the bend that sRGB gives it."""
    share = part / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def _bent(light: float) -> int:
    """The part that gives off this much light; the inverse of `_linear`."""
    share = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return round(share * 255)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of two colours in either order, from 1 (alike) to 21 (black and white)."""
    darker, lighter = sorted((one.luminance, other.luminance))
    return (lighter + 0.05) / (darker + 0.05)


def parse_colour(text: str) -> Colour:
    """The colour written as `#7a1d4e`, `7a1d4e` or `#7ad`.

    Raises ValueError, in words for the person who wrote the setting, for anything else.
    """
    match = HEX.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a colour; write six hexadecimal digits, for example {PUBLIC_COLOUR}")
    short, long = match.groups()
    digits = long or "".join(digit * 2 for digit in short)
    return Colour(*bytes.fromhex(digits))


WHITE = parse_colour("#ffffff")


@dataclass(frozen=True)
class _Ground:
    """What one scheme lays the colour on; the values are those of public.css and desk.css."""

    dark: bool
    paper: Colour
    ink: Colour
    desk_surfaces: tuple[Colour, ...]
    desk_ink: Colour
    desk_hint: Colour


LIGHT = _Ground(
    dark=False,
    paper=WHITE,
    ink=parse_colour("#15181b"),
    desk_surfaces=(WHITE, parse_colour("#f7f6f3"), parse_colour("#f4f2ed")),
    desk_ink=parse_colour("#1c1a17"),
    desk_hint=parse_colour("#6b665d"),
)
DARK = _Ground(
    dark=True,
    paper=parse_colour("#14171a"),
    ink=LIGHT.ink,
    desk_surfaces=(parse_colour("#191b1e"), parse_colour("#141517"), parse_colour("#212428")),
    desk_ink=LIGHT.desk_ink,
    desk_hint=parse_colour("#9a978f"),
)


@dataclass(frozen=True)
class Public:
    """The colour on the public pages, in one scheme.

    `brand` is for text and lines, 7:1 on paper.
    `fill` is a surface, and `on_fill` the text on it, 4.5:1. On dark paper the fill has 3:1; on
    white paper it may be as pale as the newsroom likes, because
    `fill_edge` outlines it: the fill itself where that has 3:1 on paper, else ink.
    """

    brand: Colour
    fill: Colour
    on_fill: Colour
    fill_edge: Colour


@dataclass(frozen=True)
class Desk:
    """The colour on the desk, in one scheme.

    `accent` is for text, dots and buttons: 4.5:1 on every surface by day, 7:1 by night.
    `on_accent` is the text on it, 4.5:1.
    `accent_soft` is the ground of what is current or one's own, and `accent_ink` the text on it,
    7:1 there and on every surface. The grey of hints has 4.5:1 on it too.
    """

    accent: Colour
    on_accent: Colour
    accent_ink: Colour
    accent_soft: Colour


@dataclass(frozen=True)
class Palette:
    """All that is derived from the newsroom's colour."""

    public_light: Public
    public_dark: Public
    desk_light: Desk
    desk_dark: Desk


def palette(colour: str | None = None) -> Palette:
    """The palette of a colour; None is a newsroom that names none and gets the two house colours.

    Raises ValueError when the text is not a colour.
    """
    public = parse_colour(colour or PUBLIC_COLOUR)
    desk = parse_colour(colour or DESK_COLOUR)
    return Palette(
        public_light=_public(public, LIGHT),
        public_dark=_public(public, DARK),
        desk_light=_desk(desk, LIGHT),
        desk_dark=_desk(desk, DARK),
    )


def stylesheet(palette: Palette) -> str:
    """A small stylesheet that hands the palette to public.css and desk.css as custom properties.

    The scheme is the reader's own (prefers-color-scheme), so it needs no script.
    """
    light = _declarations(palette.public_light, palette.desk_light)
    dark = _declarations(palette.public_dark, palette.desk_dark)
    return f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def _declarations(public: Public, desk: Desk) -> str:
    return ";".join(
        f"--{field.name.replace('_', '-')}:{getattr(part, field.name)}"
        for part in (public, desk)
        for field in fields(part)
    )


def _public(colour: Colour, ground: _Ground) -> Public:
    fill = _fill(colour, ground)
    return Public(
        brand=_readable(colour, (ground.paper,), STRONG_TEXT),
        fill=fill,
        on_fill=_text_on(fill, ground.ink),
        fill_edge=fill if contrast(fill, ground.paper) >= SHAPE else ground.ink,
    )


def _fill(colour: Colour, ground: _Ground) -> Colour:
    """The nearest shade that carries white text, or ink where white would bend the colour."""

    def carries(text: Colour, fill: Colour) -> bool:
        seen = not ground.dark or contrast(fill, ground.paper) >= SHAPE
        return seen and contrast(text, fill) >= TEXT

    def carries_either(fill: Colour) -> bool:
        return carries(WHITE, fill) or carries(ground.ink, fill)

    nearest = _nearest(colour, carries_either)
    white = _nearest(colour, lambda fill: carries(WHITE, fill))
    moved = abs(_Shade.of(white).lightness - _Shade.of(colour).lightness)
    return white if moved <= WHITE_REACH else nearest


def _desk(colour: Colour, ground: _Ground) -> Desk:
    surfaces = ground.desk_surfaces
    aim = STRONG_TEXT if ground.dark else TEXT
    accent = _readable(colour, surfaces, aim)
    soft = _soft(colour, ground)
    return Desk(
        accent=accent,
        on_accent=_text_on(accent, ground.desk_ink),
        accent_ink=_readable(accent, (soft, *surfaces), STRONG_TEXT),
        accent_soft=soft,
    )


def _soft(colour: Colour, ground: _Ground) -> Colour:
    """A tint that can be told from the surface and carries text: pale by day, deep by night."""
    named = _Shade.of(colour)
    if ground.dark:
        tint = replace(named, lightness=0.28, chroma=min(named.chroma, 0.05))
    else:
        tint = replace(named, lightness=0.955, chroma=min(named.chroma, 0.02))
    return _readable(tint.colour(), (ground.desk_hint,), TEXT)


def _text_on(fill: Colour, ink: Colour) -> Colour:
    return max(WHITE, ink, key=lambda text: contrast(text, fill))


def _readable(colour: Colour, grounds: tuple[Colour, ...], aim: float) -> Colour:
    """The nearest shade that has the contrast on every ground.

    A shade with 4.5:1 on near-white carries white text at 4.5:1 itself, and one with 7:1 on
    near-black carries ink, so it may also be the ground of a button.
    """
    return _nearest(colour, lambda shade: all(contrast(shade, under) >= aim for under in grounds))


def _nearest(colour: Colour, fits: Callable[[Colour], bool]) -> Colour:
    """The shade of the same hue, nearest in lightness, that fits; one of them has to."""
    return next(shade for shade in _shades(colour) if fits(shade))


def _shades(colour: Colour) -> Iterator[Colour]:
    """The colour itself, then ever darker and ever lighter ones by turns, to black and white."""
    yield colour
    named = _Shade.of(colour)
    for step in range(1, STEPS + 1):
        yield replace(named, lightness=max(named.lightness - step / STEPS, 0)).colour()
        yield replace(named, lightness=min(named.lightness + step / STEPS, 1)).colour()


@dataclass(frozen=True)
class _Shade:
    """A colour by its lightness (0 to 1), chroma (0 is grey) and hue (radians), as in OKLCH."""

    lightness: float
    chroma: float
    hue: float

    @classmethod
    def of(cls, colour: Colour) -> "_Shade":
        """The shade of an sRGB colour; the numbers are those of CSS Color 4."""
        red, green, blue = (_linear(part) for part in (colour.red, colour.green, colour.blue))
        long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
        medium = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
        short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
        lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
        a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
        b = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
        return cls(lightness, math.hypot(a, b), math.atan2(b, a))

    def colour(self) -> Colour:
        """The sRGB colour; where no screen can show the chroma, the most that it can show."""
        weakest, strongest = 0.0, self.chroma
        if _fits_screen(self._light(strongest)):
            return _from_light(self._light(strongest))
        for _ in range(16):
            middle = (weakest + strongest) / 2
            if _fits_screen(self._light(middle)):
                weakest = middle
            else:
                strongest = middle
        return _from_light(self._light(weakest))

    def _light(self, chroma: float) -> tuple[float, float, float]:
        a, b = chroma * math.cos(self.hue), chroma * math.sin(self.hue)
        long = (self.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
        medium = (self.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
        short = (self.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
        return (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )


def _fits_screen(light: tuple[float, float, float]) -> bool:
    return min(light) >= -0.0005 and max(light) <= 1.0005


def _from_light(light: tuple[float, float, float]) -> Colour:
    red, green, blue = (_bent(min(max(part, 0), 1)) for part in light)
    return Colour(red, green, blue)
