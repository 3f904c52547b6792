"""Every rounding of the program (accounting.md 1): half up on the absolute value, so that a credit note mirrors its invoice."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

CENT = Decimal("0.01")
_KEPT = 8192  # rates, zeros and prices come again and again
_STEPS = tuple(Decimal(1).scaleb(-places) for places in range(11))


class TooPreciseError(ValueError):
    """A number that the column could only keep by rounding it, or that is no number."""


def rounded(value: Decimal, places: int = 2) -> Decimal:
    """Half up on the absolute value; never answers a negative zero."""
    return _quantized(value, places, ROUND_HALF_UP)


def rounded_to_step(value: Decimal, step: Decimal) -> Decimal:
    """The nearest multiple of `step` (cash in Belgium: 0.05), with the decimals of `step`."""
    return rounded(value / step, 0) * step


def percentage_of(amount: Decimal, percentage: Decimal) -> Decimal:
    """Exact, not rounded."""
    return amount * percentage / 100


def share(amount: Decimal, ideals: Sequence[Decimal], rates: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Cut `amount` (whole cents) into shares near their ideals that add up to it exactly.

    `ideals` are the exact shares, the sum of which rounds to `amount`; `rates` settle ties: the higher rate first,
    then the earlier place. Raises ValueError where more cents are missing than there are shares.
    """
    cut = [_quantized(ideal, 2, ROUND_DOWN) for ideal in ideals]
    missing = amount - sum(cut, Decimal(0))
    cents = int(missing / CENT)
    if abs(cents) > len(cut) or cents * CENT != missing:
        raise ValueError(f"{amount} cannot be shared as {ideals}")
    cent = CENT if cents > 0 else -CENT
    # Where negative lines leave cents to take away, the largest remainder is the one furthest below 0.
    places = sorted(range(len(cut)), key=lambda at: ((cut[at] - ideals[at]) * cent, -rates[at], at))
    for at in places[: abs(cents)]:
        cut[at] += cent
    return tuple(cut)


def share_by_weight(amount: Decimal, weights: Sequence[Decimal], rates: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """As `share`, in proportion to `weights`; weights that add up to 0 leave all of it to the first."""
    total = sum(weights, Decimal(0))
    if total:
        return share(amount, [amount * weight / total for weight in weights], rates)
    return tuple(amount if at == 0 else Decimal("0.00") for at in range(len(weights)))


def to_scaled(value: Decimal, scale: int) -> int:
    """The integer that an exact column of `scale` decimals keeps. Raises TooPreciseError rather than round."""
    if not value.is_finite():
        raise TooPreciseError(f"{value} is not a number")
    numerator, denominator = value.as_integer_ratio()
    shift: int = 10**scale
    scaled, rest = divmod(numerator * shift, denominator)
    if rest:
        raise TooPreciseError(f"{value} has more than {scale} decimals")
    return scaled


@lru_cache(_KEPT)
def from_scaled(scaled: int, scale: int) -> Decimal:
    """The Decimal, with `scale` decimals, that `to_scaled` was given."""
    return Decimal(f"{scaled}E-{scale}")


def _quantized(value: Decimal, places: int, rounding: str) -> Decimal:
    result = value.quantize(_STEPS[places], rounding=rounding)
    return result or abs(result)
