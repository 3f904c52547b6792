"""Which records a text finds in the index: some statements on its primary key, whatever the size of the books."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from fsm.core.db import session
from fsm.core.search import SearchEntry, SearchWord
from fsm.core.search_words import AFTER, compact, digits_key, number_key, readings
from fsm.service_orders.models import ServiceOrder
from fsm.service_orders.visibility import own_order_ids, visible_to
from fsm.users.actor import Actor

Spellings: TypeAlias = Sequence[str]
Reading: TypeAlias = Sequence[Spellings]
MOST = 1000  # records of a kind that are told apart; who finds more types another word
FEW_READ = 1000  # rows of the rarest word among which the other words are sought; enough where they are frequent
MOST_READ = 20_000  # where the few did not give what was wanted
MOST_COUNTED = 2000  # to tell which word is the rarest
MOST_SPELLINGS = 4  # of a word beside others
MOST_EXACT = 50


def find(text: str, kinds: Collection[str], *, limit: int = MOST) -> dict[str, list[int]]:
    """The ids of each kind that the text finds, exact words first, then the newest; at most ``limit`` of each."""
    found: dict[str, dict[int, None]] = {kind: {} for kind in kinds}
    for reading in readings(text) if found else ():
        for spellings, others, of_kinds in _plans(reading, tuple(kinds)):
            for read in (FEW_READ, MOST_READ) if others else (0,):
                lacking = tuple(kind for kind in of_kinds if len(found[kind]) < limit)
                for word in spellings:
                    for kind, newest_first in _rows(word, others, lacking, limit, read):
                        found[kind][-newest_first] = None
    return {kind: list(ids)[:limit] for kind, ids in found.items() if ids}


def _plans(reading: Reading, kinds: tuple[str, ...]) -> list[tuple[Spellings, Reading, tuple[str, ...]]]:
    """Which word is looked up, which others must stand beside it, for which kinds: the rarest word first, each kind's own."""
    if len(reading) == 1:
        return [(reading[0], [], kinds)]
    counts = [_counts(spellings, kinds) for spellings in reading]
    rarest: dict[int, list[str]] = {}
    for kind in kinds:
        of_kind = [count.get(kind, 0) for count in counts]
        if all(of_kind):
            rarest.setdefault(of_kind.index(min(of_kind)), []).append(kind)
    return [
        (reading[place], [spellings for at, spellings in enumerate(reading) if at != place], tuple(of_kinds))
        for place, of_kinds in rarest.items()
    ]


def _counts(spellings: Spellings, kinds: tuple[str, ...]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in spellings:
        for kind, count in session.execute(_counting(kinds), _range(word) | {"most": MOST_COUNTED}):
            counts[kind] += count
    return counts


def _rows(word: str, others: Reading, kinds: tuple[str, ...], limit: int, read: int) -> Iterable[tuple[str, int]]:
    if not kinds:
        return ()
    wanted = limit + 100  # a subject may have two words that begin so
    bounds = _range(word) | ({"most": read, "wanted": wanted} if others else {"most": wanted})
    likes = {
        f"like_{at}_{place}": f"% {spellings[min(place, len(spellings) - 1)]}%"
        for at, spellings in enumerate(others)
        for place in range(MOST_SPELLINGS)
    }
    return session.execute(_looking_up(kinds, len(others)), bounds | likes)


def _range(word: str) -> dict[str, Any]:
    return {"low": word, "high": word + AFTER}


# Text, made once for each shape: building and caching these as expressions takes longer than running them. Kinds are
# words of this program, never typed ones.
_WORDS = "FROM search_word WHERE kind = '{kind}' AND word >= :low AND word < :high"
_ONE = f"SELECT * FROM (SELECT '{{kind}}' AS kind, newest_first {_WORDS} ORDER BY word, newest_first LIMIT :most) AS {{kind}}_"  # noqa: S608
_COUNT = f"SELECT '{{kind}}' AS kind, count(*) FROM (SELECT 1 {_WORDS} LIMIT :most) AS {{kind}}_"  # noqa: S608
_FILTERED = (
    "SELECT * FROM (SELECT rarest.kind, rarest.newest_first FROM "  # noqa: S608
    f"(SELECT '{{kind}}' AS kind, newest_first, word {_WORDS} ORDER BY word, newest_first LIMIT :most) AS rarest "
    "JOIN search_entry ON search_entry.kind = '{kind}' AND search_entry.subject_id = -rarest.newest_first "
    "WHERE {others} ORDER BY rarest.word, rarest.newest_first LIMIT :wanted) AS {kind}_"
)


@cache
def _looking_up(kinds: tuple[str, ...], others: int) -> sa.TextClause:
    if not others:
        return sa.text(" UNION ALL ".join(_ONE.format(kind=kind) for kind in kinds))
    filters = " AND ".join(
        "(" + " OR ".join(f"words LIKE :like_{at}_{place}" for place in range(MOST_SPELLINGS)) + ")"
        for at in range(others)
    )
    return sa.text(" UNION ALL ".join(_FILTERED.format(kind=kind, others=filters) for kind in kinds))


@cache
def _counting(kinds: tuple[str, ...]) -> sa.TextClause:
    return sa.text(" UNION ALL ".join(_COUNT.format(kind=kind) for kind in kinds))


def _all_of(words: Any, reading: Reading) -> list[sa.ColumnElement[bool]]:  # noqa: ANN401 - a text expression
    return [sa.or_(*(words.like(f"% {word}%") for word in spellings)) for spellings in reading]


def find_own_orders(text: str, actor: Actor, *, limit: int = MOST) -> list[int]:
    """A technician's: only the own orders are looked through, by their words and by those of their customer and site."""
    order, site, customer = aliased(SearchEntry), aliased(SearchEntry), aliased(SearchEntry)
    words = order.words + sa.func.coalesce(site.words, "") + sa.func.coalesce(customer.words, "")
    meant = [sa.and_(*_all_of(words, reading)) for reading in readings(text)]
    if not meant:
        return []
    query = (
        sa.select(ServiceOrder.id)
        .join(order, sa.and_(order.kind == "service_order", order.subject_id == ServiceOrder.id))
        .outerjoin(site, sa.and_(site.kind == "site", site.subject_id == ServiceOrder.site_id))
        .outerjoin(customer, sa.and_(customer.kind == "customer", customer.subject_id == ServiceOrder.customer_id))
        .where(ServiceOrder.id.in_(own_order_ids(actor)), visible_to(actor), sa.or_(*meant))
    )
    return list(session.scalars(query.order_by(ServiceOrder.id.desc()).limit(limit)))


def of_number(text: str, kinds: Collection[str]) -> list[tuple[str, int]]:
    """The records of this very number, in any case, with or without its prefix and zeros."""
    bare = compact(text)
    if not any(letter.isdigit() for letter in bare):
        return []
    words = {f"#{number_key(text)}"} | ({f"#{digits_key(text)}"} if bare.isdecimal() else set())
    query = sa.select(SearchWord.kind, SearchWord.newest_first).where(
        SearchWord.kind.in_(kinds), SearchWord.word.in_(words)
    )
    rows = session.execute(query.limit(MOST_EXACT))
    return list(dict.fromkeys((kind, -newest_first) for kind, newest_first in rows))
