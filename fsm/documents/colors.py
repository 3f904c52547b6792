"""The colours of a layout: made from its accent, and readable on paper and screen."""

import re
from dataclasses import dataclass

WHITE, INK = "#ffffff", "#1d2733"
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: text of any size
_HEX = re.compile(r"#[0-9a-f]{6}")
_LINEAR_UP_TO = 0.04045


def is_color(text: str) -> bool:
    """Whether it reads #rrggbb, in small letters."""
    return bool(_HEX.fullmatch(text))


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def tint(color: str, share: float) -> str:
    """``share`` of the colour on white: 0.1 is a breath of it."""
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in _parts(color))


def _parts(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _luminance(color: str) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= _LINEAR_UP_TO else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = map(linear, _parts(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Palette:
    """What a design paints with; ``accent`` is readable on white, and white on it."""

    accent: str
    ink: str = INK
    muted: str = "#5b6673"
    rule: str = "#d3d9e0"
    hairline: str = "#e3e7ec"
    on_accent: str = WHITE

    @property
    def wash(self) -> str:
        """A background that text stays readable on."""
        return tint(self.accent, 0.07)
