"""Whatever colour a newsroom names, what is made of it can be read."""

import colorsys
import re
from pathlib import Path

import pytest

from inbox.theme import Colour, Desk, Public, contrast, palette, parse_colour, stylesheet

STATIC = Path(__file__).resolve().parent.parent / "inbox" / "static"

AWKWARD = {
    "yellow": "#ffe600",
    "pure red": "#ff0000",
    "pure green": "#00ff00",
    "pure blue": "#0000ff",
    "cyan": "#00ffff",
    "orange": "#ff7a00",
    "near white": "#fdfdfb",
    "near black": "#050507",
    "mid grey": "#777777",
    "pale pink": "#ffd6e0",
    "dark green": "#0b2a12",
    "mulberry": "#7a1d4e",
}

WHITE = parse_colour("#ffffff")
NIGHT = parse_colour("#14171a")
DESK_BY_DAY = [parse_colour(text) for text in ("#ffffff", "#f7f6f3", "#f4f2ed")]
DESK_BY_NIGHT = [parse_colour(text) for text in ("#191b1e", "#141517", "#212428")]

every_colour = pytest.mark.parametrize("colour", AWKWARD.values(), ids=AWKWARD.keys())


def hue(colour: Colour) -> float:
    return float(colorsys.rgb_to_hls(colour.red / 255, colour.green / 255, colour.blue / 255)[0])


def is_grey(colour: Colour) -> bool:
    parts = (colour.red, colour.green, colour.blue)
    return max(parts) - min(parts) < 24


def test_contrast_is_the_ratio_of_wcag() -> None:
    assert contrast(WHITE, parse_colour("#000000")) == pytest.approx(21)
    assert contrast(parse_colour("#777777"), WHITE) == pytest.approx(4.48, abs=0.005)
    assert contrast(WHITE, WHITE) == 1


@every_colour
def test_public_text_can_be_read(colour: str) -> None:
    made = palette(colour)
    assert contrast(made.public_light.brand, WHITE) >= 7
    assert contrast(made.public_dark.brand, NIGHT) >= 7


@every_colour
def test_public_fill_carries_its_text(colour: str) -> None:
    made = palette(colour)
    for public in (made.public_light, made.public_dark):
        assert contrast(public.on_fill, public.fill) >= 4.5
        assert str(public.on_fill) in {"#ffffff", "#15181b"}


@every_colour
def test_public_fill_is_seen_on_paper(colour: str) -> None:
    made = palette(colour)
    assert contrast(made.public_light.fill_edge, WHITE) >= 3
    assert contrast(made.public_dark.fill, NIGHT) >= 3
    assert made.public_dark.fill_edge == made.public_dark.fill


@every_colour
def test_desk_accent_can_be_read_on_every_surface(colour: str) -> None:
    made = palette(colour)
    for desk, surfaces, aim in (
        (made.desk_light, DESK_BY_DAY, 4.5),
        (made.desk_dark, DESK_BY_NIGHT, 7),
    ):
        assert min(contrast(desk.accent, surface) for surface in surfaces) >= aim
        assert contrast(desk.on_accent, desk.accent) >= 4.5


@every_colour
def test_desk_ink_can_be_read_on_the_soft_ground(colour: str) -> None:
    made = palette(colour)
    for desk, surfaces in ((made.desk_light, DESK_BY_DAY), (made.desk_dark, DESK_BY_NIGHT)):
        assert contrast(desk.accent_ink, desk.accent_soft) >= 7
        assert min(contrast(desk.accent_ink, surface) for surface in surfaces) >= 7


@every_colour
def test_hints_of_the_desk_can_be_read_on_the_soft_ground(colour: str) -> None:
    made = palette(colour)
    assert contrast(parse_colour("#6b665d"), made.desk_light.accent_soft) >= 4.5
    assert contrast(parse_colour("#9a978f"), made.desk_dark.accent_soft) >= 4.5


@every_colour
def test_hue_stays(colour: str) -> None:
    made = palette(colour)
    named = parse_colour(colour)
    derived = [
        made.public_light.brand,
        made.public_light.fill,
        made.public_dark.brand,
        made.public_dark.fill,
        made.desk_light.accent,
        made.desk_dark.accent,
    ]
    for shade in derived:
        if is_grey(named) or is_grey(shade):
            continue
        assert min(abs(hue(shade) - hue(named)), 1 - abs(hue(shade) - hue(named))) < 0.08


def test_a_colour_that_reads_well_is_left_alone() -> None:
    light = palette("#7a1d4e").public_light
    assert light == Public(*map(parse_colour, ("#7a1d4e", "#7a1d4e", "#ffffff", "#7a1d4e")))


def test_pure_red_is_deepened_for_white_and_yellow_keeps_its_shade_with_ink() -> None:
    assert str(palette("#ff0000").public_light.on_fill) == "#ffffff"
    yellow = palette("#ffe600").public_light
    assert (str(yellow.fill), str(yellow.on_fill)) == ("#ffe600", "#15181b")
    assert str(yellow.fill_edge) == "#15181b"


def test_off_white_does_not_turn_into_olive() -> None:
    assert is_grey(palette("#fdfdfb").public_light.brand)


def test_a_newsroom_without_a_colour_gets_mulberry_pages_and_a_blue_desk() -> None:
    made = palette()
    assert str(made.public_light.fill) == "#7a1d4e"
    assert str(made.desk_light.accent) == "#2950b8"
    assert made == palette(None)


@pytest.mark.parametrize("text", ["#7A1D4E", "7a1d4e", " #7a1d4e\n"])
def test_a_colour_may_be_written_in_several_ways(text: str) -> None:
    assert str(parse_colour(text)) == "#7a1d4e"


def test_three_digits_stand_for_six() -> None:
    assert str(parse_colour("#7ad")) == "#77aadd"


@pytest.mark.parametrize("text", ["", "mulberry", "#7a1d4", "#7a1d4e80", "rgb(1,2,3)", "#twelve"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is not a colour; write six hexadecimal digits"):
        parse_colour(text)


def test_stylesheet_brings_every_property_for_both_schemes() -> None:
    css = stylesheet(palette("#7a1d4e"))
    light, dark = css.split("@media (prefers-color-scheme: dark)")
    names = ["brand", "fill", "on-fill", "fill-edge"]
    names += ["accent", "on-accent", "accent-ink", "accent-soft"]
    assert len(names) == len(Public.__annotations__) + len(Desk.__annotations__)
    for part in (light, dark):
        assert re.findall(r"--([a-z-]+):#[0-9a-f]{6}", part) == names


@pytest.mark.parametrize(
    ("sheet", "tokens"),
    [
        ("public.css", ["--paper: #fff", "--ink: #15181b", "--paper: #14171a"]),
        ("desk.css", ["--surface: #fff", "--paper: #f7f6f3", "--hover: #f4f2ed", "--ink: #1c1a17"]),
        ("desk.css", ["--surface: #191b1e", "--paper: #141517", "--hover: #212428"]),
    ],
)
def test_the_grounds_are_those_of_the_stylesheets(sheet: str, tokens: list[str]) -> None:
    css = (STATIC / sheet).read_text("utf-8")
    for token in tokens:
        assert f"{token};" in css
