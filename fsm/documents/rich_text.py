"""Text that may also be given as HTML (S3's ``note_html``, ``description_html``): cleaned, bounded, and its plain text.

Where both are sent the HTML counts and the text is made from it. What is stored is safe to print as it stands.
"""

import html
import re

import nh3
from flask_babel import gettext as _

from fsm.core.errors import DomainError

# What a letter or an invoice needs; no pictures, links or styles: the PDF is the same everywhere and loads nothing.
TAGS = frozenset(
    {"p", "br", "b", "strong", "i", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "h3", "h4", "blockquote"}
)
_ENDS_LINE = re.compile(r"(?i)<br\s*/?>|</(?:p|li|h3|h4|blockquote|ul|ol)>")
_ITEM = re.compile(r"(?i)<li[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_NOT_STORED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Cleaning a page of a megabyte to find that it is too long would cost more than refusing it unread.
_RAW_FACTOR = 10


def clean(text: str) -> str:
    """HTML with nothing in it but the tags above, without attributes; scripts and styles go with their content."""
    return nh3.clean(_NOT_STORED.sub("", text), tags=set(TAGS), attributes={}, strip_comments=True).strip()


def text_of(cleaned: str) -> str:
    """The plain text of cleaned HTML: paragraphs and items each on a line, items with a dash."""
    lines = _ITEM.sub("- ", _ENDS_LINE.sub("\n", re.sub(r"\s*\n\s*", " ", cleaned)))
    plain = html.unescape(_TAG.sub("", lines)).replace("\N{NO-BREAK SPACE}", " ")
    rows = [re.sub(r"[ \t]+", " ", row).strip() for row in plain.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(rows)).strip()


def both(text: str, markup: str, *, most: int, field: str) -> tuple[str, str]:
    """Text and HTML as they are stored; DomainError at ``field`` (its HTML at ``<field>_html``) for more than ``most``.

    HTML of which nothing is left but tags counts as not sent.
    """
    if len(markup) > most * _RAW_FACTOR:
        raise DomainError(_("At most %(most)s characters.", most=most), f"{field}_html")
    cleaned = clean(markup) if markup.strip() else ""
    made = text_of(cleaned)
    if not made:
        if len(text) > most:
            raise DomainError(_("At most %(most)s characters.", most=most), field)
        return text, ""
    if len(cleaned) > most or len(made) > most:
        raise DomainError(_("At most %(most)s characters.", most=most), f"{field}_html")
    return made, cleaned
