"""Files as a former program exports them, of any length, with faults planted in them."""

import csv
import io
from dataclasses import dataclass, field
from decimal import Decimal as D

CUSTOMER_HEADERS = [
    "Klantnummer",
    "Naam",
    "BTW-nummer",
    "E-mail",
    "Straat",
    "Postcode",
    "Gemeente",
    "Land",
    "Betaaltermijn",
]
INVOICE_HEADERS = ["Klantnummer", "Factuurnummer", "Factuurdatum", "Vervaldatum", "Bedrag", "Reeds betaald", "OGM"]


@dataclass
class Fault:
    """What is wrong where: the row's number in the file, the header, and words of the sentence."""

    row: int
    column: str
    words: str


@dataclass
class File:
    """Rows as they are written, and the faults among them."""

    headers: list[str]
    rows: list[list[str]]
    faults: list[Fault] = field(default_factory=list)

    def data(self, separator: str = ";", encoding: str = "utf-8") -> bytes:
        """The bytes of the file."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=separator).writerows([self.headers, *self.rows])
        return text.getvalue().encode(encoding)

    def plant(self, place: int, column: str, value: str, words: str) -> None:
        """Spoil one cell; ``place`` counts from 0."""
        self.rows[place][self.headers.index(column)] = value
        self.faults.append(Fault(place + 2, column, words))


def vat_number(place: int) -> str:
    """A Belgian number with right check digits, another for each place."""
    base = 4_000_000 + place * 7 + 3
    return f"BE0{base:07d}{97 - base % 97:02d}"


def customers(count: int) -> File:
    """Every third is a consumer without a VAT number; names with accents, separators and quotes."""
    rows = []
    for place in range(count):
        name = ('Écurie "De Ruiter"', "Boulangerie Lefèvre; fils", "Bakkerij Peeters")[place % 3] + f" {place}"
        number = "" if place % 3 == 1 else vat_number(place)
        mail = f"klant{place}@example.com" if place % 2 else ""
        row = [f"K-{place:05d}", name, number, mail, f"Dorpsstraat {place}", "9000", "Gent", "België", "30"]
        rows.append(row)
    return File(list(CUSTOMER_HEADERS), rows)


def invoices(count: int, customer_count: int) -> File:
    """Every tenth is a credit note, every fourth is paid in part."""
    rows = []
    for place in range(count):
        sign = -1 if place % 10 == 9 else 1
        total = sign * (D(10000 + place * 37) / 100)
        paid = (total / 4).quantize(D("0.01")) if place % 4 == 1 else None
        rows.append(
            [
                f"K-{place % customer_count:05d}",
                f"2025/{place:04d}",
                f"{place % 28 + 1:02d}/11/2025",
                f"{place % 28 + 1:02d}/12/2025",
                written(total),
                written(paid) if paid is not None else "",
                "",
            ]
        )
    return File(list(INVOICE_HEADERS), rows)


def written(amount: D) -> str:
    """1.234,56 as in Belgium."""
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def due(file: File) -> D:
    """What all its rows leave due, read from the file itself."""

    def read(text: str) -> D:
        return D(text.replace(".", "").replace(",", ".") or "0")

    return sum((read(row[4]) - read(row[5]) for row in file.rows), D(0))


CUSTOMER_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("BTW-nummer", "BE0403170702", "is not a valid VAT number"),
    ("Naam", "", "This is missing."),
    ("Naam", "N" * 101, "At most 100 characters, these are 101."),
    ("E-mail", "nobody at home", "This is not an e-mail address."),
    ("Land", "Atlantis", "There is no such country."),
    ("Betaaltermijn", "1000", "Between 0 and 999."),
    ("Postcode", "12345678901", "At most 10 characters"),
    ("Betaaltermijn", "soon", "This is not a whole number."),
)
INVOICE_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("Klantnummer", "K-99999999", "There is no such customer"),
    ("Bedrag", "12,345", "At most 2 decimals."),
    ("Bedrag", "a lot", "This is not a number."),
    ("Factuurdatum", "31/02/2025", "There is no such day."),
    ("Factuurdatum", "15/01/2026", "Dated after the day of taking over"),
    ("Vervaldatum", "01/01/2025", "lies before the date of the document"),
    ("Factuurnummer", "", "This is missing."),
    ("Reeds betaald", "99.999.999,00", "cannot be due"),
    ("OGM", "+++123/4567/89012+++", "is not a valid payment reference"),
    ("Klantnummer", "", "The customer is missing."),
)


def spoil(file: File, faults: tuple[tuple[str, str, str], ...], count: int) -> None:
    """Plant so many faults, spread over the file, no two in one row."""
    step = max(1, len(file.rows) // count)
    for place in range(count):
        file.plant(place * step, *faults[place % len(faults)])
