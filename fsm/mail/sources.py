"""What slices above lend to mail about their records: figures of the moment, documents, what follows once it was taken.

Mail knows no invoice. The roof says which source serves which kind of record (``use``).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fsm.core.errors import DomainError

Subjects = Sequence[tuple[str, int]]


def _nothing(about_id: int) -> str | None:
    del about_id
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of record.

    ``facts(id, language)``: placeholders and their texts as they are now, amounts and days in that language; read at
    the moment of sending. ``render(id)``: the bytes of its PDF. ``accepted(message kind, id)``: a server has taken a
    message about it, or the folder has; in a writing transaction, and possibly more than once. ``why_not(id)``: why it
    must not leave any more (it was withdrawn), read just before. ``subjects(id)``: whose timelines tell of it.
    ``page``: the endpoint of the record and the name of its id there. ``link_endpoint``: where the link in the message
    leads, with the argument ``token``; empty for none.
    """

    facts: Callable[[int, str], Mapping[str, str]]
    render: Callable[[int], bytes]
    accepted: Callable[[str, int], None]
    subjects: Callable[[int], Subjects]
    page: tuple[str, str]
    why_not: Callable[[int], str | None] = _nothing
    link_endpoint: str = "portal.document"


_sources: dict[str, Source] = {}


def use(sources: Mapping[str, Source]) -> None:
    """Said once by the roof."""
    _sources.clear()
    _sources.update(sources)


def source_of(about_kind: str) -> Source | None:
    """None for a message about nothing (a test); DomainError for a kind that nobody serves."""
    if not about_kind:
        return None
    if about_kind not in _sources:
        raise DomainError(f"no source of mail about {about_kind}")
    return _sources[about_kind]
