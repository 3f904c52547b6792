"""What was printed is kept once; the PDF is made once, by the worker or by the first who asks."""

import contextlib
import hashlib

import pytest
import sqlalchemy as sa
from flask import Flask, g
from sqlalchemy.exc import IntegrityError

from fsm.company.models import Language
from fsm.company.services import the_company
from fsm.core import db as database_module
from fsm.core.db import session, writing
from fsm.core.errors import NotFoundError
from fsm.core.jobs import Job, JobState, enqueue, run_one
from fsm.documents import services
from fsm.documents.canonical import canonical
from fsm.documents.jobs import RENDER_PDF
from fsm.documents.models import FrozenPdf, PrintedFacts
from fsm.documents.printing import seller_facts
from fsm.files import services as files
from tests.documents.samples import facts

pytestmark = pytest.mark.database
KIND = "invoice"


def freeze(*document_ids: int) -> dict[int, str]:
    with writing():
        return services.freeze([(KIND, row_id, facts(number=f"FA-26{row_id:05d}")) for row_id in document_ids])


def stored() -> list[FrozenPdf]:
    session.rollback()
    return list(session.scalars(sa.select(FrozenPdf)))


def run_job(app: Flask, document_id: int) -> Job:
    with writing():
        enqueue(RENDER_PDF, [{"document_kind": KIND, "document_id": document_id}])
    assert run_one(app.extensions["job_handlers"])
    session.rollback()
    job = session.scalars(sa.select(Job).order_by(Job.id.desc())).first()
    assert job is not None
    return job


def test_freezing_keeps_text_and_hash_of_each_document(database: Flask) -> None:
    hashes = freeze(1, 2)
    assert hashes.keys() == {1, 2}
    for row_id, sha256 in hashes.items():
        row = services.printed_facts(KIND, row_id)
        assert row.facts == canonical(facts(number=f"FA-26{row_id:05d}"))
        assert row.sha256 == sha256 == hashlib.sha256(row.facts.encode()).hexdigest()
    assert services.facts_of(KIND, 2).number == "FA-2600002"
    assert freeze() == {}


def test_a_document_is_frozen_once(database: Flask) -> None:
    freeze(1)
    with pytest.raises(IntegrityError):
        freeze(1)
    assert session.scalar(sa.select(sa.func.count()).select_from(PrintedFacts)) == 1


def test_what_is_not_posted_has_no_pdf(database: Flask) -> None:
    with pytest.raises(NotFoundError):
        services.pdf_of(KIND, 1)


def test_the_worker_makes_the_pdf_and_everybody_gets_those_bytes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(1)
    assert run_job(app, 1).state is JobState.DONE
    (row,) = stored()
    monkeypatch.setattr(services, "render", lambda *_: pytest.fail("it was made already"))
    data = services.pdf_of(KIND, 1)
    assert data.startswith(b"%PDF")
    assert data == files.open_bytes(row.file_id)
    assert files.get(row.file_id).media_type == "application/pdf"
    assert run_job(app, 1).state is JobState.DONE  # a twin of the job
    assert [one.id for one in stored()] == [row.id]


def test_the_first_reader_makes_it_and_a_get_stores_it_after_its_answer(app: Flask) -> None:
    freeze(1)
    with app.test_request_context("/"):
        data = services.pdf_of(KIND, 1)
        assert stored() == []  # reading has written nothing yet
        assert len(g.afterwards) == 1
        database_module.run_afterwards()
    (row,) = stored()
    assert files.open_bytes(row.file_id) == data == services.pdf_of(KIND, 1)


def test_the_first_to_store_wins_when_two_were_making_it(app: Flask) -> None:
    freeze(1)
    with app.test_request_context("/"):
        mine = services.pdf_of(KIND, 1)
        assert run_job(app, 1).state is JobState.DONE
        (row,) = stored()
        database_module.run_afterwards()
    assert [one.id for one in stored()] == [row.id]
    assert mine == services.pdf_of(KIND, 1)


def test_outside_of_a_request_it_is_stored_at_once(database: Flask) -> None:
    freeze(1)
    data = services.pdf_of(KIND, 1)
    assert [files.open_bytes(row.file_id) for row in stored()] == [data]


def test_inside_a_write_it_is_stored_with_it(database: Flask) -> None:
    freeze(1)
    with contextlib.suppress(ZeroDivisionError), writing(bulk=True):
        services.pdf_of(KIND, 1)
        raise ZeroDivisionError
    assert stored() == []
    with writing(bulk=True):
        services.pdf_of(KIND, 1)
    assert len(stored()) == 1


def test_a_withdrawn_document_is_marked_and_the_issued_one_stays(database: Flask) -> None:
    freeze(1)
    issued = services.pdf_of(KIND, 1)
    assert services.withdrawn_pdf_of(KIND, 1) != issued
    assert services.pdf_of(KIND, 1) == issued
    assert len(stored()) == 1


def test_the_logo_is_that_of_the_day_of_posting(database: Flask) -> None:
    picture = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
        "53de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
    )
    with writing():
        company = the_company()
        company.logo_file_id = files.put(picture, "image/png").id
    company = the_company()
    sha256 = services.logo_sha256_of(company)
    assert sha256 == hashlib.sha256(picture).hexdigest()
    with_logo = facts(seller=seller_facts(company, sha256, Language.DUTCH), bank=None)
    assert b"/Subtype /Image" in services.render(with_logo)
    with pytest.raises(NotFoundError):  # never silently without it
        services.render(facts(seller=seller_facts(company, "0" * 64, Language.DUTCH)))
