"""What leaves, what comes back, and what nobody can know; against a real server on loopback, and into the folder."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from fsm.core.audit import now
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.core.jobs import MAX_ATTEMPTS, Job, JobState, run_one
from fsm.files import services as files
from fsm.mail import delivery, services, sources, states
from fsm.mail.addresses import Address
from fsm.mail.models import MailMessage, MailRecipient, MailSettings, MessageState, RecipientState, Security
from fsm.mail.services import Draft, File, enqueue_message
from fsm.mail.sources import Source
from tests.mail.servers import Behaviour, serving

pytestmark = pytest.mark.database
AN, BART = Address("an@peeters.example", "An Peeters"), Address("bart@peeters.example")
accepted: list[tuple[str, int]] = []
due = {"amount_due": "€ 100,00"}


@pytest.fixture(autouse=True)
def lent(database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source for records of an invented kind."""
    accepted.clear()
    monkeypatch.setattr(
        sources,
        "_sources",
        {
            "thing": Source(
                facts=lambda _id, _language: {"company": "Testwerk", "customer": "Peeters", "number": "26001", **due},
                render=lambda _id: b"%PDF-1.4 sample",
                accepted=lambda kind, about_id: accepted.append((kind, about_id)),
                subjects=lambda about_id: [("thing", about_id)],
                page=("home.show", "thing_id"),
            )
        },
    )


@pytest.fixture
def behaviour(database: Flask) -> Iterator[Behaviour]:
    behaviour = Behaviour()
    with serving(behaviour) as port:
        use_server(port)
        yield behaviour


def use_server(port: int) -> None:
    with writing():
        session.merge(
            MailSettings(
                id=1,
                uses_server=True,
                host="127.0.0.1",
                port=port,
                security=Security.NONE,
                sender_email="we@testwerk.example",
            )
        )


def enqueue(*recipients: Address, **values: object) -> int:
    with writing():
        draft = Draft(
            kind="invoice",
            language="dutch",
            subject=str(values.pop("subject", "Factuur {number}")),
            body=str(values.pop("body", "Beste {contact},\n\nTe betalen: {amount_due}\nOnline: {link}")),
            recipients=recipients or (AN,),
            about=("thing", 7),
            **values,  # type: ignore[arg-type]
        )
        return enqueue_message(draft, actor_id=1).id


def work(app: Flask, *, later: bool = False) -> None:
    """Do what is due; ``later``: as if its time had come."""
    if later:
        with writing():
            session.execute(sa.update(Job).where(Job.state == JobState.WAITING).values(run_at=now()))
            session.execute(sa.update(MailRecipient).values(next_try_at=None))
    while run_one(app.extensions["job_handlers"]):
        pass
    session.rollback()
    session.expire_all()
    assert session.scalars(sa.select(Job.error).where(Job.error.is_not(None))).all() == []


def states_of(message_id: int) -> list[str]:
    session.expire_all()
    return [row.state.value for row in session.get_one(MailMessage, message_id).recipients]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_one_that_is_taken(app: Flask, behaviour: Behaviour) -> None:
    message_id = enqueue(AN, BART)
    work(app)
    message = session.get_one(MailMessage, message_id)
    assert states_of(message_id) == ["sent", "sent"]
    assert (message.state, message.has_problem) == (MessageState.ENDED, False)
    assert message.recipients[0].information == "250 2.0.0 Queued as 4711"
    assert [address for address, _mail in behaviour.taken] == [AN.email, BART.email]
    mail = behaviour.taken[0][1]
    assert mail["To"] == "An Peeters <an@peeters.example>, bart@peeters.example"
    assert (mail["Subject"], mail["From"]) == ("Factuur 26001", "Testwerk <we@testwerk.example>")
    assert len(set(behaviour.ids)) == 2
    # No address of ours is set: no line with a link.
    assert text_of(mail).splitlines() == ["Beste An Peeters,", "", "Te betalen: € 100,00"]
    assert accepted == [("invoice", 7)]


def test_refused_by_one_taken_by_the_other(app: Flask, behaviour: Behaviour) -> None:
    behaviour.refused.add(AN.email)
    message_id = enqueue(AN, BART)
    work(app)
    assert states_of(message_id) == ["failed", "sent"]
    message = session.get_one(MailMessage, message_id)
    assert message.recipients[0].information == "550 5.1.1 No such mailbox here"
    assert message.has_problem
    assert accepted == [("invoice", 7)]
    behaviour.refused.clear()
    with writing():
        services.try_again(message_id)
    work(app)
    assert states_of(message_id) == ["sent", "sent"]
    assert [address for address, _mail in behaviour.taken] == [BART.email, AN.email]
    assert not session.get_one(MailMessage, message_id).has_problem


def test_busy_at_first(app: Flask, behaviour: Behaviour) -> None:
    behaviour.busy = 2
    message_id = enqueue()
    work(app)
    row = session.get_one(MailMessage, message_id).recipients[0]
    assert (row.state, row.attempts, row.information) == (
        RecipientState.SENDING,
        1,
        "451 4.7.1 Greylisted, come back later",
    )
    assert row.next_try_at is not None
    assert dt.timedelta(seconds=50) < row.next_try_at - now() <= dt.timedelta(minutes=1)
    assert accepted == []
    due["amount_due"] = "€ 40,00"  # somebody pays meanwhile
    work(app, later=True)
    work(app, later=True)
    due["amount_due"] = "€ 100,00"
    assert states_of(message_id) == ["sent"]
    assert len(behaviour.taken) == 1
    assert "€ 40,00" in text_of(behaviour.taken[0][1])


@pytest.mark.parametrize("place", ["data", "dot", "answer"])
def test_connection_lost(app: Flask, behaviour: Behaviour, place: str) -> None:
    """Before the end of the data nothing was taken, after it nobody knows: never a second copy by itself."""
    behaviour.drop = place
    message_id = enqueue()
    work(app)
    (state,) = states_of(message_id)
    assert state == "maybe_sent" or (place == "data" and state == "sending")
    behaviour.drop = ""
    work(app, later=True)
    work(app, later=True)
    taken = len(behaviour.taken)
    assert taken <= 1
    assert states_of(message_id) == ["maybe_sent" if state == "maybe_sent" else "sent"]
    if state == "maybe_sent":
        assert accepted == []
        row = session.get_one(MailMessage, message_id).recipients[0]
        with writing():
            services.it_arrived(message_id, recipient_id=row.id)
        work(app)
        assert states_of(message_id) == ["sent"]
        assert accepted == [("invoice", 7)]
        assert len(behaviour.taken) == taken


def test_nobody_there(app: Flask, database: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Behaviour()) as port:
        pass
    use_server(port)
    monkeypatch.setattr(states, "BACK_OFF", (dt.timedelta(minutes=1),) * 3)
    message_id = enqueue()
    for _try in range(3):
        work(app, later=True)
        assert states_of(message_id) == ["sending"]
    assert session.get_one(MailMessage, message_id).has_problem
    work(app, later=True)
    assert states_of(message_id) == ["failed"]
    assert "127.0.0.1" in session.get_one(MailMessage, message_id).recipients[0].information


def test_a_worker_that_died_while_the_server_had_it(app: Flask, behaviour: Behaviour) -> None:
    message_id = enqueue()
    with writing():
        row = session.get_one(MailMessage, message_id).recipients[0]
        row.handed_at = now() - delivery.LEASE
    work(app)
    assert states_of(message_id) == ["maybe_sent"]
    assert behaviour.taken == []
    with writing():
        services.try_again(message_id, recipient_id=session.get_one(MailMessage, message_id).recipients[0].id)
    work(app)
    assert states_of(message_id) == ["sent"]


def test_another_worker_has_it_just_now(app: Flask, behaviour: Behaviour) -> None:
    message_id = enqueue()
    with writing():
        session.get_one(MailMessage, message_id).recipients[0].handed_at = now()
    work(app)
    assert states_of(message_id) == ["sending"]
    assert behaviour.taken == []


def test_into_the_folder(app: Flask, tmp_path: Path) -> None:
    with writing():
        logo = files.put(b"a,b\n", "text/csv")
    message_id = enqueue(AN, attachments=[File("lijst é.csv", logo.id)])
    work(app)
    assert states_of(message_id) == ["sent"]
    (path,) = (app.config["DATA_FOLDER"] / "mail").rglob("*.eml")
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["lijst é.csv"]
    assert "\r\n" in path.read_bytes().decode("ascii")


def broken(_id: int, _language: str) -> dict[str, str]:
    """What no try mends."""
    raise AttributeError("no such figure")


def test_a_message_whose_job_is_given_up_says_so_and_is_sent_again_by_hand(
    app: Flask, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sources._sources["thing"]
    monkeypatch.setitem(sources._sources, "thing", replace(whole, facts=broken))
    message_id = enqueue()
    for _try in range(MAX_ATTEMPTS):
        assert states_of(message_id) == ["sending"]
        with writing():
            session.execute(sa.update(Job).values(run_at=now()))
        assert run_one(app.extensions["job_handlers"])
    assert states_of(message_id) == ["failed"]
    message = session.get_one(MailMessage, message_id)
    assert (message.state, message.has_problem) == (MessageState.ENDED, True)
    assert "no such figure" in message.recipients[0].information
    monkeypatch.setitem(sources._sources, "thing", whole)
    with writing():
        session.execute(sa.delete(Job))
        services.try_again(message_id)
    work(app)
    assert states_of(message_id) == ["sent"]
    assert len(behaviour.taken) == 1


def test_what_a_server_may_have_is_not_called_failed_when_its_job_is_given_up(app: Flask, behaviour: Behaviour) -> None:
    message_id = enqueue(AN, BART)
    with writing():
        session.get_one(MailMessage, message_id).recipients[0].handed_at = now()
        worn = {"attempts": MAX_ATTEMPTS, "state": JobState.RUNNING, "run_at": now()}  # each try killed its worker
        session.execute(sa.update(Job).values(worn))
    assert not run_one(app.extensions["job_handlers"])
    assert states_of(message_id) == ["maybe_sent", "failed"]
    assert behaviour.taken == []


def test_what_no_document_learns_is_a_problem(
    app: Flask, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(_kind: str, _id: int) -> None:
        raise DomainError("its last day is over")

    monkeypatch.setitem(sources._sources, "thing", replace(sources._sources["thing"], accepted=refuses))
    message_id = enqueue()
    for _try in range(MAX_ATTEMPTS):
        with writing():
            session.execute(sa.update(Job).values(run_at=now()))
        assert run_one(app.extensions["job_handlers"])
    message = session.get_one(MailMessage, message_id, populate_existing=True)
    assert states_of(message_id) == ["sent"]
    assert message.has_problem
    assert "its last day is over" in message.recipients[0].information
    assert len(behaviour.taken) == 1
