"""Numbers of the API: whole ones, exact ones, amounts and prices; how each is read, bounded and written."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError

from fsm.api.fields import Json, Wire
from fsm.core.money import rounded

MAX_INT = 2**63 - 1
NOISE = Decimal("1e-9")
CENTS = 2
_INTEGER = re.compile(r"[-+]?\d{1,19}(\.0{1,10})?")
_NUMBER = re.compile(r"[-+]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})")


class Integer(Wire):
    """A whole number within bounds; ``560.0`` and ``"560"`` are one too."""

    def __init__(self, low: int = 0, high: int = MAX_INT, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(**known)
        self.low, self.high = low, high

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
            raise ValidationError(_("must be a whole number"))
        text = str(value) if isinstance(value, int) or not isinstance(value, Decimal) else _plain(value)
        if not _INTEGER.fullmatch(text.strip()):
            raise ValidationError(_("must be a whole number"))
        number = int(text.strip().partition(".")[0])
        if not self.low <= number <= self.high:
            raise ValidationError(_("must be between %(low)s and %(high)s", low=self.low, high=self.high))
        return number

    def show(self, value: Any) -> int:  # noqa: ANN401 - a whole number
        """A number."""
        return int(value)

    def described(self) -> Json:
        """With its bounds."""
        schema: Json = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return {"anyOf": [schema, {"type": "string", "pattern": r"^\d{1,19}$"}]}

    def displayed(self) -> Json:
        """A number."""
        return {"type": "integer"}


class Id(Integer):
    """The id of a row, 1 at least."""

    def __init__(self, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(1, MAX_INT, **known)


@lru_cache(maxsize=4096)
def _written(value: Decimal, shown: int) -> str:
    """Kept, for rates and quantities are few and lists are long. Equal numbers are written alike."""
    whole, _point, decimals = f"{value:f}".partition(".")
    decimals = decimals.rstrip("0").ljust(shown, "0")
    return f"{whole}.{decimals}" if decimals else whole


class Number(Wire):
    """An exact number of at most ``places`` decimals within bounds; shown as text with at least ``shown`` of them."""

    def __init__(
        self,
        places: int = 2,
        low: Decimal | int = 0,
        high: Decimal | int = MAX_INT,
        *,
        shown: int = 0,
        **known: Any,  # noqa: ANN401 - those of a field
    ) -> None:
        super().__init__(**known)
        self.places, self.low, self.high, self.shown = places, Decimal(low), Decimal(high), shown

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        number = _decimal(value)
        if not self.low <= number <= self.high:
            raise ValidationError(_("must be between %(low)s and %(high)s", low=f"{self.low:f}", high=f"{self.high:f}"))
        if isinstance(value, Decimal) and abs(number - rounded(number, self.places)) < NOISE:
            number = rounded(number, self.places)  # 12.100000000000001, as binary fractions are written
        exponent = number.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.places:
            raise ValidationError(_("may have at most %(places)s decimals", places=self.places))
        return number

    def show(self, value: Any) -> str:  # noqa: ANN401 - a Decimal
        """Text, without needless zeros past ``shown`` decimals."""
        return _written(value or abs(value), self.shown)  # no "-0"

    def described(self) -> Json:
        """A number, or text that says one."""
        bounds: Json = {"minimum": float(self.low)} | ({"maximum": float(self.high)} if self.high != MAX_INT else {})
        return {
            "oneOf": [
                {"type": "number", **bounds},
                {"type": "string", "pattern": rf"^-?\d+(\.\d{{1,{max(self.places, 1)}}})?$"},
            ]
        }

    def displayed(self) -> Json:
        """Text that says a number."""
        return {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}


class Money(Number):
    """An amount in cents; shown with both decimals."""

    def __init__(self, **known: Any) -> None:  # noqa: ANN401 - those of a field
        high = Decimal("9999999999999.99")
        super().__init__(CENTS, -high, high, shown=CENTS, **known)

    def show(self, value: Any) -> str:  # noqa: ANN401 - a Decimal of two decimals
        """Text with two decimals."""
        return f"{value:.2f}"


class Price(Number):
    """A price of a unit (S3: 4 decimals, at most 9,999,999.9999); shown with two to four."""

    MOST = Decimal("9999999.9999")

    def __init__(self, low: Decimal | int | None = None, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(4, -self.MOST if low is None else low, self.MOST, shown=CENTS, **known)


def _decimal(value: Any) -> Decimal:  # noqa: ANN401 - whatever JSON can say
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValidationError(_("must be a number"))
    text = _plain(value) if isinstance(value, Decimal) else str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValidationError(_("must be a number"))
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValidationError(_("must be a number")) from None


def _plain(value: Decimal) -> str:
    """Without exponent; empty for what is beyond all bounds, so that nothing long is ever written out."""
    return f"{value:f}" if value.is_finite() and -25 <= value.adjusted() <= 25 and _places(value) <= 20 else ""  # noqa: PLR2004 - far past every bound here


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 99
