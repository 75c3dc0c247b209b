"""One brand colour made readable: as a button, as a link, on light and on dark paper.

A brand may choose any accent. Contrast follows WCAG 2.2 (1.4.3): at least 4.5 to 1 for text.
"""

import colorsys
import re
from functools import cache

from markupsafe import Markup

Colour = tuple[float, float, float]

DEFAULT_ACCENT = "#146c5c"
TEXT_CONTRAST = 4.6
# The least favourable backgrounds of theme.css that an accent is ever written on.
LIGHT_PAPER: Colour = (0.937, 0.929, 0.914)
DARK_PAPER: Colour = (0.161, 0.169, 0.184)
WHITE: Colour = (1.0, 1.0, 1.0)
INK: Colour = (0.07, 0.07, 0.08)


@cache
def accent_css(accent: str) -> Markup:
    """The custom properties that theme.css reads; anything but #rrggbb means the default accent."""
    chosen = parse_colour(accent if re.fullmatch("#[0-9a-fA-F]{6}", accent) else DEFAULT_ACCENT)
    on_light = _readable(chosen, LIGHT_PAPER, towards=0.0)
    on_dark = _readable(chosen, DARK_PAPER, towards=1.0)
    pairs = {
        "--mh-accent": (on_light, on_dark),
        "--mh-on-accent": (_text_on(on_light), _text_on(on_dark)),
    }
    lines = [
        f"{name}:light-dark({_hex(light)},{_hex(dark)})" for name, (light, dark) in pairs.items()
    ]
    # Safe to mark: every piece was made here from three numbers.
    return Markup(":root{" + ";".join(lines) + "}")  # noqa: S704


def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _readable(colour: Colour, paper: Colour, *, towards: float) -> Colour:
    """The nearest shade, towards black (0.0) or white (1.0), that can be read on the paper."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*colour)
    steps = (lightness + (towards - lightness) * step / 40 for step in range(41))
    shades = (colorsys.hls_to_rgb(hue, each, saturation) for each in steps)
    # Black and white, the ends of the way, can be read on either paper.
    return next(each for each in shades if contrast(each, paper) >= TEXT_CONTRAST)


def _text_on(colour: Colour) -> Colour:
    return max((WHITE, INK), key=lambda text: contrast(text, colour))


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def parse_colour(text: str) -> Colour:
    """ "#146c5c" as red, green and blue, each 0 to 1."""
    red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
