"""What happens to the money of the demo, as tables: ``day`` counts working days from today."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from fsm.payments.models import PaymentMethod

TRANSFER, BANCONTACT, CASH = PaymentMethod.TRANSFER, PaymentMethod.BANCONTACT, PaymentMethod.CASH


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """An invoice of these orders, or a blank one; ``day`` None leaves it a draft."""

    key: str
    day: int | None = None
    orders: tuple[str, ...] = ()
    sent: str = "mail"
    discount: Decimal = Decimal(0)
    cash_discount: Decimal = Decimal(0)
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A credit note on all of an invoice, or on so many of one item; ``day`` None leaves it a draft."""

    key: str
    bill: str
    day: int | None = None
    code: str = ""
    quantity: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A payment of all that is due, of a round ``amount``, or of ``over`` more than is due."""

    day: int
    bill: str
    method: PaymentMethod = TRANSFER
    amount: Decimal | None = None
    over: Decimal = Decimal(0)
    takes_cash_discount: bool = False


Event: TypeAlias = Bill | Credit | Receipt
_RANK = {Bill: 0, Credit: 1, Receipt: 2}
_LATER = 1  # drafts are made last

_BILLS = (
    Bill(key="bakery-1", day=-60, orders=("i01",)),
    Bill(key="desmet-1", day=-59, orders=("i02",)),
    Bill(key="brewery-1", day=-57, orders=("i03", "i04")),
    Bill(key="schmitz-1", day=-55, orders=("i05",), sent="hand"),
    Bill(key="vermeulen-1", day=-53, orders=("i06",)),
    Bill(key="delattre-1", day=-50, orders=("i07",), cash_discount=Decimal(2)),
    Bill(key="school-1", day=-49, orders=("i08",)),
    Bill(key="restaurant-1", day=-47, orders=("i09",)),
    Bill(key="maes-1", day=-45, orders=("i10",)),
    Bill(key="syndic-1", day=-43, orders=("i11",)),
    Bill(key="dubois-1", day=-41, orders=("i12",), sent="post"),
    Bill(key="maes-2", day=-39, orders=("i10",), note="Replaces our credited invoice, now with your order number."),
    Bill(key="brewery-2", day=-38, orders=("i13",)),
    Bill(key="bakery-2", day=-36, orders=("i14",)),
    Bill(key="desmet-2", day=-34, orders=("i15",)),
    Bill(key="vermeulen-2", day=-31, orders=("i16",), discount=Decimal(5)),
    Bill(key="delattre-parts", day=-27),
    Bill(key="syndic-2", day=-18, orders=("i17", "i18")),
    Bill(key="maes-3", day=-16, orders=("i19",)),
    Bill(key="schmitz-2", day=-12, orders=("i20",)),
    Bill(key="restaurant-2", day=-10, orders=("i21",)),
    Bill(key="brewery-3", day=-8, orders=("i22",)),
    Bill(key="school-2", day=-6, orders=("i23",)),
    Bill(key="bakery-3", day=-4, orders=("i24",)),
    Bill(key="desmet-3", day=-3, orders=("i25",), sent=""),
    Bill(key="vermeulen-3", day=-2, orders=("i26",), sent=""),
    Bill(key="dubois-2", day=-1, orders=("i27",), sent=""),
    Bill(key="brewery-draft", orders=("i28",)),
    Bill(key="syndic-draft", orders=("i29", "i30")),
    Bill(key="maes-draft"),
)
_CREDITS = (
    Credit(key="maes-1-back", bill="maes-1", day=-40),
    Credit(key="panels-back", bill="brewery-2", day=-30, code="LED-60", quantity=Decimal(2)),
    Credit(key="restaurant-draft", bill="restaurant-2", code="RCB-20", quantity=Decimal(1)),
)
_RECEIPTS = (
    Receipt(day=-59, bill="desmet-1", method=BANCONTACT),
    Receipt(day=-55, bill="schmitz-1", method=CASH),
    Receipt(day=-48, bill="vermeulen-1"),
    Receipt(day=-47, bill="delattre-1", takes_cash_discount=True),
    Receipt(day=-44, bill="bakery-1"),
    Receipt(day=-40, bill="brewery-1"),
    Receipt(day=-33, bill="dubois-1", method=BANCONTACT, amount=Decimal(100)),
    Receipt(day=-31, bill="vermeulen-2", method=BANCONTACT),
    Receipt(day=-28, bill="school-1", amount=Decimal(250)),
    Receipt(day=-25, bill="syndic-1"),
    Receipt(day=-20, bill="bakery-2", over=Decimal(100)),
    Receipt(day=-15, bill="brewery-2"),
    Receipt(day=-11, bill="maes-2"),
    Receipt(day=-5, bill="schmitz-2"),
    Receipt(day=-2, bill="school-2", amount=Decimal(120)),
)


def events() -> list[Event]:
    """All of them in the order of their days, as numbers and the journal want it."""
    return sorted((*_BILLS, *_CREDITS, *_RECEIPTS), key=_place)


def _place(event: Event) -> tuple[int, int]:
    return (_LATER if event.day is None else event.day, _RANK[type(event)])
