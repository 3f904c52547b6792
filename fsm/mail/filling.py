"""Texts with placeholders such as ``{number}``; pure.

A line whose placeholder has nothing to say is left out, so that one template serves an invoice that is due and one that
was paid in cash.
"""

import re
from collections.abc import Collection, Mapping

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_BLANKS = re.compile(r"\n{3,}")
LINK = "link"


def unknown(text: str, names: Collection[str]) -> list[str]:
    """Placeholders that mean nothing here, each once, as they stand in the text."""
    return list(dict.fromkeys(match[0] for match in _PLACEHOLDER.finditer(text) if match[1] not in names))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with what is known filled in; placeholders that ``facts`` does not name stay as they are."""
    lines = []
    for line in text.splitlines():
        names = [match[1] for match in _PLACEHOLDER.finditer(line)]
        if any(name in facts and not facts[name] for name in names):
            continue
        lines.append(_filled(line, facts))
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip("\n")


def fill_line(text: str, facts: Mapping[str, str]) -> str:
    """The same for a subject: one line, which is never left out."""
    return " ".join(_filled(text, facts).split())


def _filled(line: str, facts: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: facts.get(match[1], match[0]), line)
