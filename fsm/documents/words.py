"""The words of a document in its own language, which need not be the reader's; and how figures and days read in it."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from fsm.company.models import Language

CODES: Mapping[Language, str] = MappingProxyType(
    {Language.ENGLISH: "en", Language.DUTCH: "nl", Language.FRENCH: "fr", Language.GERMAN: "de"}
)
"""The two letters under which laws and statuses keep their texts."""

_LOCALES = {
    code: Locale.parse(name) for code, name in (("en", "en_GB"), ("nl", "nl_BE"), ("fr", "fr_BE"), ("de", "de_BE"))
}
_NARROW_SPACE, _SPACE, _MINUS = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"

_ORDER = ("en", "nl", "fr", "de")
_TABLE = {
    "invoice": ("Invoice", "Factuur", "Facture", "Rechnung"),
    "credit_note": ("Credit note", "Creditnota", "Note de crédit", "Gutschrift"),
    "draft": (
        "DRAFT – not an invoice",
        "ONTWERP – geen factuur",
        "BROUILLON – ne vaut pas facture",
        "ENTWURF – keine Rechnung",
    ),
    "withdrawn": ("WITHDRAWN – void", "INGETROKKEN – ongeldig", "RETIRÉ – sans valeur", "ZURÜCKGEZOGEN – ungültig"),
    "number": ("Number", "Nummer", "Numéro", "Nummer"),
    "issue_date": ("Date", "Datum", "Date", "Datum"),
    "delivery_date": ("Date of supply", "Leveringsdatum", "Date de prestation", "Leistungsdatum"),
    "due_date": ("Due date", "Vervaldag", "Échéance", "Fällig am"),
    "reference": ("Your reference", "Uw referentie", "Votre référence", "Ihre Referenz"),
    "buyer_vat_number": ("Your VAT number", "Uw btw-nummer", "Votre n° de TVA", "Ihre USt-IdNr."),
    "corrects": ("Corrects invoice", "Corrigeert factuur", "Rectifie la facture", "Berichtigt Rechnung"),
    "of_date": ("of", "van", "du", "vom"),
    "attention": ("Attn.", "T.a.v.", "À l’attention de", "z. Hd."),
    "delivery_address": ("Delivery address", "Leveringsadres", "Adresse de livraison", "Lieferadresse"),
    "site": ("Place of work", "Plaats van de werken", "Lieu d’intervention", "Ausführungsort"),
    "description": ("Description", "Omschrijving", "Description", "Beschreibung"),
    "quantity": ("Quantity", "Aantal", "Quantité", "Menge"),
    "price": ("Unit price", "Eenheidsprijs", "Prix unitaire", "Einzelpreis"),
    "tax_rate": ("VAT", "Btw", "TVA", "MwSt."),
    "amount": ("Amount", "Bedrag", "Montant", "Betrag"),
    "prices_with_tax": (
        "Prices include VAT.",
        "De prijzen zijn inclusief btw.",
        "Les prix s’entendent TVA comprise.",
        "Alle Preise einschließlich MwSt.",
    ),
    "base": ("Taxable amount", "Maatstaf", "Base", "Bemessungsgrundlage"),
    "tax": ("VAT", "Btw", "TVA", "MwSt."),
    "sum": ("Sum of lines", "Som van de lijnen", "Somme des lignes", "Summe der Zeilen"),
    "discount": ("Discount", "Korting", "Remise", "Rabatt"),
    "total_without_tax": ("Total without VAT", "Totaal zonder btw", "Total hors TVA", "Nettobetrag"),
    "total_tax": ("VAT", "Btw", "TVA", "MwSt."),
    "total_with_tax": ("Total with VAT", "Totaal met btw", "Total TVAC", "Gesamtbetrag"),
    "refundable_deposit": (
        "of which refundable packaging",
        "waarvan terugneembare verpakking",
        "dont emballages consignés",
        "davon Pfandverpackung",
    ),
    "total_tax_in_euro": ("VAT in EUR", "Btw in EUR", "TVA en EUR", "MwSt. in EUR"),
    "exchange_rate": ("Exchange rate", "Wisselkoers", "Taux de change", "Wechselkurs"),
    "cash_discount": ("Cash discount", "Korting contant", "Escompte", "Skonto"),
    "in_time": (
        "{amount} if paid by {date}",
        "{amount} bij betaling uiterlijk op {date}",
        "{amount} en cas de paiement au plus tard le {date}",
        "{amount} bei Zahlung bis {date}",
    ),
    "payment": ("Payment", "Betaling", "Paiement", "Zahlung"),
    "pay": (
        "Please pay {amount} by {date}.",
        "Gelieve {amount} te betalen uiterlijk op {date}.",
        "Merci de payer {amount} au plus tard le {date}.",
        "Bitte zahlen Sie {amount} bis {date}.",
    ),
    "pay_without_term": (
        "Please pay {amount}.",
        "Gelieve {amount} te betalen.",
        "Merci de payer {amount}.",
        "Bitte zahlen Sie {amount}.",
    ),
    "credited": (
        "{amount} is credited to you.",
        "{amount} wordt u gecrediteerd.",
        "{amount} est porté à votre crédit.",
        "{amount} wird Ihnen gutgeschrieben.",
    ),
    "structured_message": ("Reference", "Mededeling", "Communication", "Mitteilung"),
    "scan": (
        "Pay by scanning",
        "Scan om te betalen",
        "Scannez pour payer",
        "Zum Zahlen scannen",
    ),
    "page": ("Page", "Pagina", "Page", "Seite"),
    "of_pages": ("of", "van", "sur", "von"),
    "vat_number": ("VAT", "Btw", "TVA", "USt-IdNr."),
    "enterprise_number": ("Enterprise no.", "Ondernemingsnr.", "N° d’entreprise", "Unternehmensnr."),
}


class Words:
    """What a layout asks of a language: ``words.due_date``, ``words.money(x)``."""

    def __init__(self, language: Language) -> None:
        self.code = CODES[language]
        self._at = _ORDER.index(self.code)
        self._locale = _LOCALES[self.code]

    def __getattr__(self, name: str) -> str:
        try:
            return _TABLE[name][self._at]
        except KeyError:
            raise AttributeError(name) from None

    def money(self, amount: Decimal) -> str:
        """Grouped, two decimals."""
        return self._number(amount, "#,##0.00")

    def with_currency(self, amount: Decimal, currency: str) -> str:
        """With the currency's sign, where the language puts it."""
        return _spaced(format_currency(amount, currency, locale=self._locale))

    def unit_price(self, amount: Decimal) -> str:
        """Two to four decimals."""
        return self._number(amount, "#,##0.00##")

    def number(self, value: Decimal) -> str:
        """No needless decimals; at most ten, those of an exchange rate."""
        return self._number(value, "#,##0.##########")

    def percent(self, value: Decimal) -> str:
        """With its sign."""
        return f"{self._number(value, '#,##0.####')}{_SPACE}%"

    def day(self, value: dt.date) -> str:
        """The month in letters, so that no reader takes it for the day."""
        return _spaced(format_date(value, "d MMM y" if self.code != "de" else "d. MMM y", locale=self._locale))

    def country(self, code: str) -> str:
        """The country's name; the code itself where it is none."""
        return str(self._locale.territories.get(code, code))

    def _number(self, value: Decimal, pattern: str) -> str:
        return _spaced(format_decimal(value, format=pattern, locale=self._locale, decimal_quantization=False))


def _spaced(text: str) -> str:
    # Few typefaces have the narrow space by which CLDR groups French digits.
    return text.replace(_NARROW_SPACE, _SPACE).replace("-", _MINUS)
