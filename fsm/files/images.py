"""Uploaded pictures: checked, turned upright, shrunk, encoded anew without what the camera wrote beside them.

Decoding is slow: call these from ``@prepares``, never inside a write.
"""

import base64
import binascii
import io
import struct
import zlib
from dataclasses import dataclass
from threading import BoundedSemaphore

from flask_babel import gettext as _
from PIL import Image

from fsm.core.errors import DomainError
from fsm.files.models import MAX_BYTES

MAX_PIXELS = 40_000_000
MAX_SIDE = 1600
JPEG_QUALITY = 85
MAX_SIGNATURE_CHARACTERS = 600_000
MAX_SIGNATURE_PIXELS = 4_000_000
PNG_PREFIX = "data:image/png;base64,"
WHITE = (255, 255, 255)
ORIENTATION = 0x0112  # the EXIF tag
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow raises over hostile or broken bytes.
UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

_places = BoundedSemaphore(2)  # 40 megapixels are 160 MB while they are decoded


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored."""

    data: bytes
    media_type: str
    width: int
    height: int


def photo(data: bytes, field: str | None = None) -> Picture:
    """A JPEG of at most 1600 pixels a side from a JPEG, PNG or WebP; DomainError at ``field`` otherwise."""
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1024**2
        raise DomainError(_("This picture is too large: at most %(size)s MB.", size=size), field)
    with _places:
        picture = _decoded(data, ("JPEG", "PNG", "WEBP"), MAX_PIXELS, field)
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
        return _encoded(picture, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)


def signature(data_url: str, field: str | None = None) -> Picture:
    """A PNG on white from the canvas's data URL; DomainError at ``field`` where nothing was drawn or it is no PNG."""
    if len(data_url) > MAX_SIGNATURE_CHARACTERS:
        raise DomainError(_("This signature is too large. Clear it and sign again."), field)
    if not data_url.startswith(PNG_PREFIX):
        raise _unreadable(field)
    try:
        data = base64.b64decode(data_url.removeprefix(PNG_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        raise _unreadable(field) from None
    with _places:
        picture = _decoded(data, ("PNG",), MAX_SIGNATURE_PIXELS, field)
        if picture.getcolors(maxcolors=1):
            raise DomainError(_("The signature is empty."), field)
        return _encoded(picture, "PNG", optimize=True)


def _decoded(data: bytes, formats: tuple[str, ...], max_pixels: int, field: str | None) -> Image.Image:
    try:
        opened = Image.open(io.BytesIO(data), formats=formats)
        pixels = opened.width * opened.height  # from the header: nothing is decoded yet
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels(max_pixels, field) from None
    except UNREADABLE:
        raise _unreadable(field) from None
    if pixels > max_pixels:
        raise _too_many_pixels(max_pixels, field)
    try:
        turn = UPRIGHT.get(_orientation(opened))
        opened.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is decoded at a half or less where that is enough
        flat = _on_white(opened)
        return flat.transpose(turn) if turn is not None else flat
    except UNREADABLE:
        raise _unreadable(field) from None


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except UNREADABLE:  # broken EXIF makes no bad picture
        return 1


def _on_white(picture: Image.Image) -> Image.Image:
    """The pixels alone: no transparency, no metadata, of an animation the first picture."""
    if picture.has_transparency_data:
        see_through = picture.convert("RGBA")
        flat = Image.new("RGB", picture.size, WHITE)
        flat.paste(see_through, mask=see_through.getchannel("A"))
        return flat
    flat = picture.convert("RGB")
    flat.info = {}  # Pillow would write comments and XMP from here into the new file
    return flat


def _encoded(picture: Image.Image, form: str, **options: int) -> Picture:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return Picture(file.getvalue(), f"image/{form.lower()}", picture.width, picture.height)


def _unreadable(field: str | None) -> DomainError:
    return DomainError(_("This file is no image that can be read. JPEG, PNG and WebP are."), field)


def _too_many_pixels(limit: int, field: str | None) -> DomainError:
    return DomainError(_("This picture has too many pixels: at most %(count)s million.", count=limit // 10**6), field)
