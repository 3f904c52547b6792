"""What the worker does for documents."""

from fsm.core.db import writing
from fsm.core.jobs import Payload
from fsm.documents import services
from fsm.documents.canonical import from_json
from fsm.files.services import write_bytes

RENDER_PDF = "documents.render_pdf"


def render_pdf(payload: Payload) -> None:
    """Make and keep the PDF of ``{"document_kind": …, "document_id": …}``; doing it twice changes nothing."""
    row = services.printed_facts(payload["document_kind"], payload["document_id"])
    if services.is_stored(row.id):
        return
    printed_facts_id, data = row.id, services.render(from_json(row.facts))
    write_bytes(data)
    with writing():
        services.store_pdf(printed_facts_id, data)
