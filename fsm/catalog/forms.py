"""Forms of items, rates and prices per customer."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectChoice, SelectField  # type: ignore[attr-defined]  # reason: stubs are older
from wtforms.validators import InputRequired, Regexp

from fsm.catalog.kits import MOST_QUANTITY
from fsm.catalog.models import LaborRate, RateKind, StockItem
from fsm.catalog.price_lists import PriceListValues
from fsm.catalog.services import ItemValues, RateValues
from fsm.company.models import Company
from fsm.company.vat import default_statuses
from fsm.core.fields import DayField, ExactField, Form, TextField
from fsm.core.formats import percent

HIGHEST_PRICE = Decimal("9999999.9999")
STEPS = ("0.01", "0.05", "0.10", "0.50", "1.00")
UNIT = r"^([^\W\d_]\S*)?$"
ACCOUNT = r"^([0-9]{6,8})?$"
RATE_KINDS = (
    (RateKind.LABOR.value, _l("Labor, per hour")),
    (RateKind.TRAVEL_TIME.value, _l("Travel time, per hour")),
    (RateKind.DISTANCE.value, _l("Distance, per kilometre")),
    (RateKind.CALL_OUT.value, _l("Call-out, each")),
)


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Options of a select from (value, label)."""
    return [SelectChoice(str(value), label) for value, label in pairs]


class PriceField(ExactField):
    """A unit price: four decimals, never negative."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms'
        super().__init__(label, validators, places=4, high=HIGHEST_PRICE, **kwargs)


class _TaxedForm(Form):
    """What items and rates share: a VAT rate of the company and a ledger account."""

    tax_rate = SelectField(_l("VAT rate"))
    has_normal_rate_in_dwellings = BooleanField(
        _l("21 % in dwellings"),
        description=_l(
            "Never at the lower rate for works on private dwellings: boilers on gas or oil, and their fitting."
        ),
    )
    account_number = TextField(
        _l("Ledger account"), [Regexp(ACCOUNT, message=_l("An account has 6 to 8 digits."))], length=8
    )

    def offer(self, company: Company, stored: Decimal | None = None) -> None:
        """Fill the choice of VAT rates; a stored rate stays choosable."""
        rates = dict.fromkeys([*company.tax_rates, Decimal(0)])
        if stored is not None:
            rates[stored] = None
        default = _("Default (%(rate)s)", rate=percent(company.default_tax_rate))
        self.tax_rate.choices = choices([("", default), *((_key(rate), percent(rate)) for rate in rates)])

    @property
    def chosen_tax_rate(self) -> Decimal | None:
        """None: the company's default."""
        return Decimal(self.tax_rate.data) if self.tax_rate.data else None


class ItemForm(_TaxedForm):
    """A stock item."""

    code = TextField(_l("Code"), [InputRequired()], length=20)
    description = TextField(_l("Description"), [InputRequired()], length=500)
    barcode = TextField(_l("Barcode"), length=40)
    unit = TextField(
        _l("Unit"), [Regexp(UNIT, message=_l("A unit starts with a letter and has no spaces."))], length=10
    )
    sale_price = PriceField(_l("Sale price"), [InputRequired()])
    purchase_price = PriceField(_l("Purchase price"))
    special_status = SelectField(_l("Special VAT status"))
    is_stock_tracked = BooleanField(_l("Goods: stock is tracked"), default=True)

    def offer(self, company: Company, stored: Decimal | None = None) -> None:
        """The statuses that the law of the company's country knows, beside the rates."""
        super().offer(company, stored)
        statuses = [status for status in default_statuses(company.country_code) if status.code]
        self.special_status.choices = choices(
            [("", _("None")), *((row.code, f"{row.code} {row.texts.get('en', '')}".strip()) for row in statuses)]
        )

    def fill(self, item: StockItem) -> None:
        """What differs between row and form."""
        self.tax_rate.data = _key(item.tax_rate)

    def values(self) -> ItemValues:
        """For the services."""
        return ItemValues(
            code=self.code.data or "",
            description=self.description.data or "",
            barcode=self.barcode.data or "",
            unit=self.unit.data or "",
            sale_price=self.sale_price.data,
            purchase_price=self.purchase_price.data or Decimal(0),
            tax_rate=self.chosen_tax_rate,
            special_status=self.special_status.data or "",
            account_number=self.account_number.data or "",
            is_stock_tracked=self.is_stock_tracked.data,
            has_normal_rate_in_dwellings=self.has_normal_rate_in_dwellings.data,
        )


class RateForm(_TaxedForm):
    """A labor rate."""

    name = TextField(_l("Name"), [InputRequired()], length=80)
    kind = SelectField(_l("Kind"), choices=choices(RATE_KINDS))
    price = PriceField(_l("Price"), [InputRequired()])
    is_default = BooleanField(_l("Default of its kind"))

    def fill(self, rate: LaborRate) -> None:
        """What differs between row and form."""
        self.tax_rate.data = _key(rate.tax_rate)
        self.kind.data = rate.kind.value

    def values(self) -> RateValues:
        """For the services."""
        return RateValues(
            name=self.name.data or "",
            kind=RateKind(self.kind.data),
            price=self.price.data,
            tax_rate=self.chosen_tax_rate,
            account_number=self.account_number.data or "",
            is_default=self.is_default.data,
            has_normal_rate_in_dwellings=self.has_normal_rate_in_dwellings.data,
        )


class CustomerPriceForm(Form):
    """One price of one customer: an item by its code, or a rate."""

    code = TextField(_l("Item code"), length=20)
    labor_rate_id = SelectField(_l("or rate"))
    price = PriceField(_l("Price"), [InputRequired()])


class PriceListForm(Form):
    """A price list, without its prices."""

    name = TextField(_l("Name"), [InputRequired()], length=80)
    from_date = DayField(_l("From"), description=_l("Empty: already. Before this day the usual prices hold."))
    percentage_off = ExactField(
        _l("Percentage off"), places=4, high=100, description=_l("Of everything that the list does not name.")
    )

    def values(self) -> PriceListValues:
        """For the services."""
        return PriceListValues(
            name=self.name.data or "",
            from_date=self.from_date.data,
            percentage_off=self.percentage_off.data or Decimal(0),
        )


class ListedPriceForm(Form):
    """One price of a list: an item by its code, or a rate; a price, or a percentage off the usual one."""

    code = TextField(_l("Item code"), length=20)
    labor_rate_id = SelectField(_l("or rate"))
    price = PriceField(_l("Price"))
    off = ExactField(_l("or percentage off"), places=4, high=100)


class KitForm(Form):
    """A kit, without its lines."""

    code = TextField(_l("Code"), [InputRequired()], length=20)
    description = TextField(_l("Description"), [InputRequired()], length=500)


class KitLineForm(Form):
    """One line of a kit: an item by its code, or a rate."""

    item_code = TextField(_l("Item code"), length=20)
    labor_rate_id = SelectField(_l("or rate"))
    quantity = ExactField(
        _l("Quantity"),
        [InputRequired()],
        low=Decimal("0.01"),
        high=MOST_QUANTITY,
        default=Decimal(1),
        description=_l("Hours for labor."),
    )


def _key(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate.normalize():f}"


class PriceChangeForm(Form):
    """By how much the prices of many items change, and to what they are rounded."""

    percentage = ExactField(
        _l("Change"), [InputRequired(_l("Say by how much."))], places=2, low=Decimal(-90), high=Decimal(1000)
    )
    step = SelectField(_l("Rounded to"), choices=choices((step, f"EUR {step}") for step in STEPS), default=STEPS[0])

    def change(self) -> tuple[Decimal, Decimal]:
        """(percentage, step)."""
        return self.percentage.data or Decimal(0), Decimal(self.step.data or STEPS[0])
