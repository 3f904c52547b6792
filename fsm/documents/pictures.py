"""The pictures on a page: the logo, and the code by which a bank's app fills in the transfer."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from PIL import Image
from segno import helpers

from fsm.documents.facts import Facts

LOGO_BOXES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"small": (120.0, 40.0), "medium": (170.0, 56.0), "large": (230.0, 84.0)}
)
"""Width and height in points within which a logo is fitted."""
QR_POINTS = 80
QR_NAME_CHARACTERS = 70
QR_TEXT_CHARACTERS = 70  # of 140: the code has room for 331 bytes, letters may take two
HIGHEST_TRANSFER = Decimal("999999999.99")
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the page, its size in points."""

    uri: str
    width: float
    height: float


def logo(data: bytes, size: str) -> Picture:
    """Fitted into the box of that size; an unknown size is the middle one."""
    box = LOGO_BOXES.get(size, LOGO_BOXES["medium"])
    with Image.open(io.BytesIO(data), formats=list(_MEDIA_TYPES)) as image:
        scale = min(box[0] / image.width, box[1] / image.height)
        width, height = image.width * scale, image.height * scale
        media_type = _MEDIA_TYPES[str(image.format)]
    return Picture(_data_uri(data, media_type), round(width, 2), round(height, 2))


def payment_code(facts: Facts, reference: str) -> Picture | None:
    """EPC069-12: euro alone, more than nothing, of an invoice that names an account."""
    amount, bank = facts.totals.total_with_tax, facts.bank
    if bank is None or facts.is_foreign or not facts.is_invoice or not reference:
        return None
    if not 0 < amount <= HIGHEST_TRANSFER:
        return None
    name = facts.seller.name[:QR_NAME_CHARACTERS].strip()
    # Belgian banks read their reference from the free text; the code's own field for it is for ISO 11649 alone.
    uri = _code(name, bank.iban, bank.bic, amount, reference[:QR_TEXT_CHARACTERS])
    return Picture(uri, QR_POINTS, QR_POINTS)


@lru_cache(maxsize=32)  # a draft is looked at again and again
def _code(name: str, iban: str, bic: str, amount: Decimal, text: str) -> str:
    code = helpers.make_epc_qr(name=name, iban=iban, bic=bic or None, amount=amount, text=text, encoding=1)
    return code.png_data_uri(scale=4, border=2)


def _data_uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
