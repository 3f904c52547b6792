"""Pictures from anywhere: only what can be read gets in, and nothing of what the camera wrote beside it."""

import base64
import io
import struct
import zlib
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from PIL import Image

from fsm.core.errors import DomainError
from fsm.files import images

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


@pytest.fixture(autouse=True)
def program() -> Iterator[None]:
    """Language for the sentences."""
    program = Flask("images")
    Babel(program)
    with program.app_context():
        yield


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int) -> bytes:
    """A few bytes that claim to be a picture of that size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def is_near(color: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(color, tuple)
    return all(abs(one - other) < 40 for one, other in zip(color, wanted, strict=True))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_photo_becomes_a_jpeg_of_at_most_1600_pixels(form: str) -> None:
    made = images.photo(encoded(Image.new("RGB", (3200, 800), RED), form))
    assert (made.media_type, made.width, made.height) == ("image/jpeg", 1600, 400)
    picture = decoded(made.data)
    assert (picture.format, picture.size) == ("JPEG", (1600, 400))
    assert is_near(picture.getpixel((800, 200)), RED)


def test_small_photo_keeps_its_size() -> None:
    made = images.photo(encoded(Image.new("RGB", (20, 10), BLUE), "PNG"))
    assert (made.width, made.height) == (20, 10)


def test_place_comment_and_device_are_gone() -> None:
    exif = Image.Exif()
    exif[0x0110] = "Phone of Jan"
    exif[0x8825] = {1: "N", 2: (51.0, 3.0, 0.0), 3: "E", 4: (3.0, 43.0, 0.0)}
    data = encoded(
        Image.new("RGB", (60, 30), RED), "JPEG", exif=exif, comment=b"house of Jan", xmp=b"<x>place of Jan</x>"
    )
    assert data.count(b"of Jan") == 3
    made = images.photo(data)
    assert b"Jan" not in made.data
    assert b"Exif" not in made.data
    assert not decoded(made.data).getexif()


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (60, 30), (5, 15)),
        (3, (60, 30), (55, 15)),
        (6, (30, 60), (15, 5)),
        (8, (30, 60), (15, 55)),
    ],
)
def test_photo_stands_upright(orientation: int, size: tuple[int, int], red_at: tuple[int, int]) -> None:
    picture = Image.new("RGB", (60, 30), BLUE)
    picture.paste(RED, (0, 0, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = decoded(images.photo(encoded(picture, "JPEG", exif=exif, quality=95)).data)
    assert made.size == size
    assert is_near(made.getpixel(red_at), RED)


def test_transparent_photo_lies_on_white() -> None:
    made = decoded(images.photo(encoded(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG")).data)
    assert is_near(made.getpixel((10, 10)), WHITE)


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "I;16", "LA"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    assert images.photo(encoded(Image.new(mode, (20, 20)), form)).width == 20


GOOD = encoded(Image.effect_noise((200, 200), 50), "JPEG")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00 this is a program",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        encoded(Image.new("RGB", (9, 9)), "GIF"),
        encoded(Image.new("RGB", (9, 9)), "BMP"),
        GOOD[: len(GOOD) // 2],
        GOOD[:100],
        encoded(Image.effect_noise((90, 90), 50), "PNG")[:-200],
        encoded(Image.effect_noise((90, 90), 50), "WEBP")[:-200],
        png_of(100, 100),
        png_of(0, 10),
    ],
    ids=["empty", "program", "svg", "pdf", "gif", "bmp", "half", "header", "png", "webp", "too short", "no width"],
)
def test_what_is_no_readable_image_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(DomainError, match="This file is no image that can be read") as refusal:
        images.photo(data, field="photos")
    assert refusal.value.field == "photos"


@pytest.mark.parametrize(("width", "height"), [(7000, 6000), (10_000, 10_000), (60_000, 60_000)])
def test_bomb_is_refused_before_it_is_decoded(width: int, height: int) -> None:
    with pytest.raises(DomainError, match="too many pixels: at most 40 million"):
        images.photo(png_of(width, height))


def test_forty_megapixels_are_read() -> None:
    made = images.photo(encoded(Image.new("L", (8000, 5000)), "JPEG"))
    assert (made.width, made.height) == (1600, 1000)


def test_more_than_15_megabytes_are_refused() -> None:
    with pytest.raises(DomainError, match="at most 15 MB"):
        images.photo(bytes(15 * 1024 * 1024 + 1))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # what Pillow says beside reading it
def test_broken_exif_makes_no_bad_picture() -> None:
    data = encoded(Image.new("RGB", (20, 10), RED), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\xff\xff garbage")
    assert images.photo(data).width == 20


def data_url(picture: Image.Image, form: str = "PNG") -> str:
    return f"data:image/{form.lower()};base64," + base64.b64encode(encoded(picture, form)).decode()


def signed() -> Image.Image:
    picture = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    picture.paste((0, 0, 80, 255), (10, 40, 200, 44))
    return picture


def test_signature_stays_a_png_on_white() -> None:
    made = images.signature(data_url(signed()))
    assert (made.media_type, made.width, made.height) == ("image/png", 300, 100)
    picture = decoded(made.data)
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.getpixel((0, 0)) == WHITE
    assert picture.getpixel((50, 42)) == (0, 0, 80)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "no image that can be read"),
        (data_url(signed().convert("RGB"), "JPEG"), "no image that can be read"),
        ("data:image/png;base64," + base64.b64encode(GOOD).decode(), "no image that can be read"),
        ("data:image/png;base64,%%%", "no image that can be read"),
        ("data:image/png;base64,é", "no image that can be read"),
        ("data:image/png;base64," + base64.b64encode(png_of(5000, 5000)).decode(), "too many pixels"),
        ("data:image/png;base64," + "A" * 600_000, "This signature is too large."),
        (data_url(Image.new("RGBA", (300, 100), (0, 0, 0, 0))), "The signature is empty."),
    ],
    ids=["nothing", "jpeg", "jpeg inside", "no base64", "no ascii", "bomb", "large", "blank"],
)
def test_bad_signature_is_refused_at_its_field(url: str, sentence: str) -> None:
    with pytest.raises(DomainError, match=sentence) as refusal:
        images.signature(url, field="signature")
    assert refusal.value.field == "signature"
