"""Legal clauses that documents print, in the law's own words (accounting.md 6)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """A text in force since a day. Belgian law words it in nl and fr; en and de are translations for the reader."""

    country: str
    code: str
    since_date: dt.date
    texts: Mapping[str, str]
    official_languages: frozenset[str] = frozenset({"nl", "fr"})


CO_CONTRACTOR = "co_contractor"
DWELLING = "dwelling"
CREDIT_NOTE = "credit_note"

_CLAUSES = (
    Clause(
        "BE",
        CO_CONTRACTOR,
        dt.date(2023, 1, 1),
        {
            "nl": "Verlegging van heffing. Bij gebrek aan schriftelijke betwisting binnen een termijn van één "
            "maand na de ontvangst van de factuur, wordt de afnemer geacht te erkennen dat hij een "
            "belastingplichtige is gehouden tot de indiening van periodieke aangiften. Als die voorwaarde niet "
            "vervuld is, is de afnemer ten aanzien van die voorwaarde aansprakelijk voor de betaling van de "
            "verschuldigde belasting, interesten en geldboeten.",
            "fr": "Autoliquidation : En l'absence de contestation par écrit, dans un délai d'un mois à compter "
            "de la réception de la facture, le client est présumé reconnaître qu'il est un assujetti tenu au "
            "dépôt de déclarations périodiques. Si cette condition n'est pas remplie, le client endossera, par "
            "rapport à cette condition, la responsabilité quant au paiement de la taxe, des intérêts et des "
            "amendes dus.",
            "en": "Reverse charge: Unless the customer objects in writing within one month of receiving the invoice, "
            "the customer is deemed to acknowledge being a taxable person who must file periodic returns. If that "
            "condition is not met, the customer is liable, as regards that condition, for the payment of the tax, "
            "interest and fines due.",
            "de": "Steuerschuldnerschaft des Leistungsempfängers: Sofern der Kunde nicht binnen eines Monats ab Erhalt "
            "der Rechnung schriftlich widerspricht, gilt als anerkannt, dass er ein Steuerpflichtiger ist, der zur "
            "Abgabe periodischer Erklärungen verpflichtet ist. Ist diese Bedingung nicht erfüllt, haftet der Kunde in "
            "Bezug auf diese Bedingung für die Zahlung der geschuldeten Steuer, Zinsen und Geldbußen.",
        },
    ),
    Clause(
        "BE",
        DWELLING,
        dt.date(2022, 1, 1),
        {
            "nl": "Btw-tarief: Bij gebrek aan schriftelijke betwisting binnen een termijn van één maand vanaf de "
            "ontvangst van de factuur, wordt de klant geacht te erkennen dat (1) de werken worden verricht aan "
            "een woning waarvan de eerste ingebruikneming heeft plaatsgevonden in een kalenderjaar dat ten "
            "minste tien jaar voorafgaat aan de datum van de eerste factuur met betrekking tot die werken, (2) "
            "de woning, na uitvoering van die werken, uitsluitend of hoofdzakelijk als privéwoning wordt "
            "gebruikt en (3) de werken worden verstrekt en gefactureerd aan een eindverbruiker. Wanneer minstens "
            "één van die voorwaarden niet is voldaan, zal het normale btw-tarief van 21 pct. van toepassing zijn "
            "en is de afnemer ten aanzien van die voorwaarden aansprakelijk voor de betaling van de "
            "verschuldigde belasting, interesten en geldboeten.",
            "fr": "Taux de TVA : En l'absence de contestation par écrit, dans un délai d'un mois à compter de la "
            "réception de la facture, le client est présumé reconnaître que (1) les travaux sont effectués à un "
            "bâtiment d'habitation dont la première occupation a eu lieu au cours d'une année civile qui précède "
            "d'au moins dix ans la date de la première facture relative à ces travaux, (2) qu'après l'exécution "
            "de ces travaux, l'habitation est utilisée, soit exclusivement, soit à titre principal comme "
            "logement privé et (3) que ces travaux sont fournis et facturés à un consommateur final. Si au moins "
            "une de ces conditions n'est pas remplie, le taux normal de TVA de 21 p.c. sera applicable et le "
            "client endossera, par rapport à ces conditions, la responsabilité quant au paiement de la taxe, des "
            "intérêts et des amendes dus.",
            "en": "VAT rate: Unless the customer objects in writing within one month of receiving the invoice, the "
            "customer is deemed to acknowledge that (1) the works are carried out on a dwelling first occupied in a "
            "calendar year at least ten years before the date of the first invoice for those works, (2) after those "
            "works the dwelling is used solely or mainly as a private dwelling and (3) the works are supplied and "
            "invoiced to a final consumer. If at least one of those conditions is not met, the standard VAT rate of "
            "21 % applies and the customer is liable, as regards those conditions, for the payment of the tax, "
            "interest and fines due.",
            "de": "MwSt.-Satz: Sofern der Kunde nicht binnen eines Monats ab Erhalt der Rechnung schriftlich "
            "widerspricht, gilt als anerkannt, dass (1) die Arbeiten an einer Wohnung ausgeführt werden, deren erste "
            "Ingebrauchnahme in einem Kalenderjahr erfolgte, das dem Datum der ersten Rechnung über diese Arbeiten um "
            "mindestens zehn Jahre vorausgeht, (2) die Wohnung nach Ausführung der Arbeiten ausschließlich oder "
            "hauptsächlich als Privatwohnung genutzt wird und (3) die Arbeiten an einen Endverbraucher erbracht und "
            "ihm in Rechnung gestellt werden. Ist mindestens eine dieser Bedingungen nicht erfüllt, gilt der normale "
            "MwSt.-Satz von 21 % und der Kunde haftet in Bezug auf diese Bedingungen für die Zahlung der geschuldeten "
            "Steuer, Zinsen und Geldbußen.",
        },
    ),
    Clause(
        "BE",
        CREDIT_NOTE,
        dt.date(1992, 1, 1),
        {
            "nl": "BTW terug te storten aan de Staat in de mate waarin ze oorspronkelijk in aftrek werd gebracht",
            "fr": "TVA à reverser à l'État dans la mesure où elle a été initialement déduite",
            "en": "VAT to be repaid to the State to the extent that it was originally deducted",
            "de": "Die MwSt. ist dem Staat zurückzuzahlen, soweit sie ursprünglich abgezogen wurde",
        },
    ),
)


def clause(country: str, code: str, on: dt.date) -> Clause | None:
    """The clause in force on that day; None where the country's law asks for none."""
    known = [row for row in _CLAUSES if (row.country, row.code) == (country, code) and row.since_date <= on]
    return max(known, key=lambda row: row.since_date, default=None)
