"""The newsroom's one colour, made readable.

A newsroom names a single colour. Everything that carries it on the public pages and on the desk is derived here, once at
start: the hue stays, the lightness moves as little as possible until the contrast holds. Contrast is the ratio that WCAG 2.2
defines (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio); it is computed on the eight-bit values that browsers are given,
so what is promised here is what is shown.
"""

import colorsys
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
"""Mulberry, the public pages' colour when the newsroom names none."""

DESK_COLOUR = "#2950b8"
"""Blue, the desk's accent when the newsroom names none."""

TEXT = 4.5
"""Least contrast of text (WCAG 2.2, 1.4.3)."""

STRONG_TEXT = 7.0
"""Contrast of text that we aim at (WCAG 2.2, 1.4.6)."""

SHAPE = 3.0
"""Least contrast of a shape with what is around it (WCAG 2.2, 1.4.11)."""

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
        """Relative luminance, 0 for black to 1 for white (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
        return 0.2126 * _linear(self.red) + 0.7152 * _linear(self.green) + 0.0722 * _linear(self.blue)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio of two colours in any order, 1 (alike) to 21 (black and white)."""
    lighter, darker = sorted((one.luminance, other.luminance), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def parse_colour(text: str) -> Colour:
    """The colour written as `#7a1d4e`, `7a1d4e` or `#7ad`.

    Raises ValueError, with words for the person who wrote the setting, for anything else.
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
    """What one scheme puts the colour on; the values are those of public.css and desk.css."""

    dark: bool
    paper: Colour
    ink: Colour
    surfaces: tuple[Colour, ...]
    desk_ink: Colour


LIGHT = _Ground(
    dark=False,
    paper=WHITE,
    ink=parse_colour("#15181b"),
    surfaces=(WHITE, parse_colour("#f7f6f3"), parse_colour("#f4f2ed")),
    desk_ink=parse_colour("#1c1a17"),
)
DARK = _Ground(
    dark=True,
    paper=parse_colour("#14171a"),
    ink=LIGHT.ink,
    surfaces=(parse_colour("#191b1e"), parse_colour("#141517"), parse_colour("#212428")),
    desk_ink=LIGHT.desk_ink,
)


@dataclass(frozen=True)
class Public:
    """The colour on the public pages, in one scheme.

    `brand` is for text and lines on paper: 7:1 where the hue allows, never under 4.5:1.
    `fill` is a surface; `on_fill`, the text on it, has at least 4.5:1.
    `fill_edge` outlines the surface: the fill itself where that has 3:1 on paper, else ink. On dark paper the fill always has.
    """

    brand: Colour
    fill: Colour
    on_fill: Colour
    fill_edge: Colour


@dataclass(frozen=True)
class Desk:
    """The colour on the desk, in one scheme.

    `accent` is text, dots and buttons with at least 4.5:1 on every surface; `on_accent` is the text on it, at least 4.5:1.
    `accent_soft` is the ground of selected things; `accent_ink`, the text on it, has at least 4.5:1 there and on the surfaces.
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
    """Derive the palette of a colour; None stands for a newsroom that names none and gets the two house colours.

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
    """One small stylesheet that hands the palette to public.css and desk.css as custom properties.

    The scheme is the reader's own choice (prefers-color-scheme), so it works without a script. Link it after the others.
    """
    light = _declarations(palette.public_light, palette.desk_light)
    dark = _declarations(palette.public_dark, palette.desk_dark)
    return f":root{{{light}}}\n@media (prefers-color-scheme: dark){{:root{{{dark}}}}}\n"


def _declarations(public: Public, desk: Desk) -> str:
    values = vars(public) | vars(desk)
    return ";".join(f"--{name.replace('_', '-')}:{value}" for name, value in values.items())


def _public(colour: Colour, ground: _Ground) -> Public:
    def text_fits(fill: Colour) -> bool:
        return max(contrast(WHITE, fill), contrast(ground.ink, fill)) >= TEXT

    def stands_out(fill: Colour) -> bool:
        return contrast(fill, ground.paper) >= SHAPE

    fill = _nearest(colour, lambda shade: text_fits(shade) and (stands_out(shade) or not ground.dark))
    return Public(
        brand=_readable(colour, (ground.paper,), STRONG_TEXT),
        fill=fill,
        on_fill=_text_on(fill, ground.ink),
        fill_edge=fill if stands_out(fill) else ground.ink,
    )


def _desk(colour: Colour, ground: _Ground) -> Desk:
    accent = _readable(colour, ground.surfaces, STRONG_TEXT if ground.dark else TEXT, also=ground.desk_ink)
    soft = _soft(colour, ground)
    return Desk(
        accent=accent,
        on_accent=_text_on(accent, ground.desk_ink),
        accent_ink=_readable(accent, (soft, *ground.surfaces), STRONG_TEXT),
        accent_soft=soft,
    )


def _soft(colour: Colour, ground: _Ground) -> Colour:
    """A tint that can be told from the surface and still carries text: pale by day, deep by night."""
    hue, lightness, saturation = _hls(colour)
    if ground.dark:
        return _from_hls(hue, 0.19, min(saturation, 0.4))
    return _from_hls(hue, 0.955, min(saturation, 0.68))


def _text_on(fill: Colour, ink: Colour) -> Colour:
    return max(WHITE, ink, key=lambda text: contrast(text, fill))


def _readable(
    colour: Colour, grounds: tuple[Colour, ...], aim: float, also: Colour | None = None
) -> Colour:
    """The nearest shade that has the contrast on every ground and, as a button, carries white or the ink given."""

    def fits(shade: Colour) -> bool:
        if min(contrast(shade, ground) for ground in grounds) < aim:
            return False
        return also is None or contrast(_text_on(shade, also), shade) >= TEXT

    return _nearest(colour, fits)


def _nearest(colour: Colour, fits: Callable[[Colour], bool]) -> Colour:
    """The shade of the same hue, nearest in lightness, that fits. Black and white are shades of every hue."""
    return next(shade for shade in _shades(colour) if fits(shade))


def _shades(colour: Colour) -> Iterator[Colour]:
    """The colour itself, then ever darker and ever lighter ones by turns, down to black and up to white."""
    yield colour
    hue, lightness, saturation = _hls(colour)
    for step in range(1, STEPS + 1):
        for shade in (lightness - step / STEPS, lightness + step / STEPS):
            if 0 <= shade <= 1:
                yield _from_hls(hue, shade, saturation)
    yield from (_from_hls(hue, 0, saturation), _from_hls(hue, 1, saturation))


def _hls(colour: Colour) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(colour.red / 255, colour.green / 255, colour.blue / 255)


def _from_hls(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return Colour(round(red * 255), round(green * 255), round(blue * 255))
