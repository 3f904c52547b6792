"""Signatures and photos, drawn: the demo ships no picture of anybody's boiler."""

import base64
import io
import math
from collections.abc import Iterable
from random import Random

from PIL import Image, ImageDraw

from fsm.files import images
from fsm.files.images import Picture

_INK = (24, 34, 84)
_SIDE = (960, 720)


def signature(name: str) -> Picture:
    """A scrawl of its own for each name, as the canvas of the order's page would send it."""
    rng = Random(name)  # noqa: S311 - a drawing, no secret
    picture = Image.new("RGB", (480, 160), "white")
    pen = ImageDraw.Draw(picture)
    for word, start in zip(name.split(), range(30, 480, 150), strict=False):
        loops, height = len(word), rng.uniform(18, 34)
        turns = [rng.uniform(0.7, 1.3) for _letter in word]
        points = []
        for step in range(loops * 16):
            angle, letter = step / 16 * 2 * math.pi, step // 16
            x = start + step * 1.25 + 9 * math.sin(angle)
            y = 90 - height * turns[letter] * math.cos(angle) * (2.0 if not letter else 0.8) + step / 14
            points.append((x, y))
        pen.line(points, fill=_INK, width=3, joint="curve")
    pen.line([(40, 128), (rng.uniform(330, 440), rng.uniform(112, 126))], fill=_INK, width=2)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return images.signature(images.PNG_PREFIX + base64.b64encode(file.getvalue()).decode())


def gauge(bar: float) -> Picture:
    """A manometer of a heating system, 0 to 4 bar, on the copper of the boiler room."""
    picture, pen = _wall((205, 200, 190))
    _pipes(pen, [(80, 620, 880, 620), (480, 560, 480, 620)])
    pen.ellipse((260, 140, 700, 580), fill=(60, 60, 64))
    pen.ellipse((285, 165, 675, 555), fill=(246, 246, 240))
    for step in range(41):
        end = 172 if step % 10 else 158
        pen.line([_on_dial(step / 10, end), _on_dial(step / 10, 186)], fill=(30, 30, 30), width=4)
    for mark in range(5):
        x, y = _on_dial(mark, 130)
        pen.text((x - 12, y - 18), str(mark), fill=(30, 30, 30), font_size=36)
    pen.text((446, 430), "bar", fill=(30, 30, 30), font_size=36)
    pen.line([(480, 360), _on_dial(bar, 150)], fill=(190, 30, 30), width=9)
    pen.ellipse((462, 342, 498, 378), fill=(40, 40, 40))
    return _stored(picture)


def display(text: str) -> Picture:
    """The front of a boiler that shows a fault code."""
    picture, pen = _wall((188, 196, 200))
    pen.rounded_rectangle((220, 40, 740, 640), 26, fill=(248, 248, 246), outline=(150, 150, 150), width=4)
    pen.rounded_rectangle((330, 430, 630, 540), 14, fill=(22, 40, 34))
    pen.text((400, 440), text, fill=(120, 240, 150), font_size=76)
    for x in (350, 430, 530, 610):
        pen.ellipse((x - 16, 566, x + 16, 598), fill=(200, 204, 206), outline=(140, 140, 140))
    pen.text((410, 96), "CALORA", fill=(170, 40, 30), font_size=44)
    _pipes(pen, [(x, 640, x, 720) for x in (300, 400, 560, 660)])
    return _stored(picture)


def board(tripped: int) -> Picture:
    """A distribution board of twelve modules, one of them down."""
    picture, pen = _wall((214, 210, 204))
    pen.rounded_rectangle((90, 150, 870, 570), 20, fill=(240, 240, 238), outline=(120, 120, 120), width=5)
    for place in range(12):
        x = 125 + place * 60
        pen.rectangle((x, 230, x + 52, 490), fill=(252, 252, 252), outline=(150, 150, 150), width=3)
        y = 390 if place == tripped else 300
        pen.rectangle((x + 12, y, x + 40, y + 56), fill=(180, 40, 30) if place == tripped else (50, 60, 70))
        pen.text((x + 10, 500), str(place + 1), fill=(60, 60, 60), font_size=30)
    return _stored(picture)


def joint(*, is_dripping: bool) -> Picture:
    """A copper joint under a ceiling, before and after the repair."""
    picture, pen = _wall((226, 222, 214))
    pen.rectangle((0, 0, 960, 170), fill=(196, 160, 120))
    _pipes(pen, [(0, 300, 960, 300), (520, 300, 520, 720)])
    pen.rounded_rectangle((470, 258, 570, 350), 12, fill=(205, 140, 90), outline=(120, 76, 44), width=4)
    if is_dripping:
        pen.ellipse((300, 190, 700, 250), fill=(178, 150, 110))
        for y in (380, 470, 590):
            pen.ellipse((592, y, 612, y + 34), fill=(90, 150, 200))
    return _stored(picture)


def _wall(color: tuple[int, int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", _SIDE, color)
    pen = ImageDraw.Draw(picture)
    for y in range(0, _SIDE[1], 90):
        pen.line([(0, y), (_SIDE[0], y)], fill=tuple(part - 14 for part in color), width=3)
    return picture, pen


def _pipes(pen: ImageDraw.ImageDraw, lines: Iterable[tuple[int, int, int, int]]) -> None:
    for line in lines:
        pen.line(line, fill=(176, 104, 60), width=34)
        pen.line(line, fill=(214, 150, 104), width=12)


def _on_dial(bar: float, radius: float) -> tuple[float, float]:
    angle = math.radians(225 - bar / 4 * 270)
    return 480 + radius * math.cos(angle), 360 - radius * math.sin(angle)


def _stored(picture: Image.Image) -> Picture:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return images.photo(file.getvalue())
