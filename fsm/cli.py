"""The ``fsm`` command. Every command obeys ``DATABASE_URL`` and ``FSM_DATA``."""

import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask

from fsm import demo as demo_company
from fsm import logs, restoring, server, upgrading, worker
from fsm.api import keys as api_keys
from fsm.api.models import REQUESTS_PER_MINUTE
from fsm.app import create_app
from fsm.backups.manifest import Manifest
from fsm.company import services as company_services
from fsm.core import search
from fsm.core.db import session, writing
from fsm.core.errors import DomainError
from fsm.core.formats import zone
from fsm.home import checks
from fsm.users import passwords
from fsm.users import services as user_services
from fsm.users.models import Role


@click.group()
@click.version_option(package_name="fsm")
@click.pass_context
def main(context: click.Context) -> None:
    """Field-service work orders and invoicing with double-entry books."""
    logs.set_up()
    context.obj = create_app()


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=lambda: int(os.environ.get("PORT", "5000")))
@click.option("--host", default=lambda: os.environ.get("HOST", "127.0.0.1"))
@click.option("--empty", is_flag=True, envvar="FSM_EMPTY", help="Start a new database without the demo company.")
@click.pass_obj
def up(app: Flask, port: int, host: str, *, empty: bool) -> None:
    """Bring the database up to date and serve: back up, migrate, check, start."""
    with app.app_context(), upgrading.alone():  # a second process that starts now waits for the whole of it
        is_new = _up_to_date()
        if is_new and not empty:
            click.echo("A new database: loading the demo company")
            _load_demo()
        company = company_services.current()
        is_demo = bool(company and company.is_demo)
        session.remove()
    click.echo(f"fsm serves on http://{host}:{port}")
    if company is None:
        click.echo("Open it to set up your company.")
    if is_demo:
        click.echo(f"Demo logins, password “{demo_company.PASSWORD}”:")
        for email, roles in demo_company.LOGINS:
            click.echo(f"  {email:28} {roles}")
    server.serve(app, host=host, port=port)


def bring_up_to_date(app: Flask) -> None:
    """Back up and migrate where there is something to migrate, then check; refuses with the reason."""
    with app.app_context(), upgrading.alone():
        _up_to_date()


def _up_to_date() -> bool:
    try:
        return upgrading.bring_up_to_date(click.echo, check=_checked)
    except upgrading.UpgradeError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.pass_obj
def migrate(app: Flask) -> None:
    """Bring the database to the newest revision, with a backup before."""
    bring_up_to_date(app)
    click.echo("The database is up to date.")


@main.command()
@click.option(
    "--scale",
    type=click.IntRange(0, demo_company.MOST_SCALED),
    default=0,
    metavar="N",
    help="So many invoices more, of the years before: with their customers, credit notes and payments.",
)
@click.pass_obj
def demo(app: Flask, scale: int) -> None:
    """Load a believable company into a new database."""
    bring_up_to_date(app)
    with app.app_context():
        if company_services.current() is not None:
            raise click.ClickException("There is a company in this database already; the demo needs a new one.")
        _load_demo(scale)
        click.echo(f"Password of all demo logins: {demo_company.PASSWORD}")
        for email, roles in demo_company.LOGINS:
            click.echo(f"  {email:28} {roles}")


def _load_demo(scale: int = 0) -> None:
    today = dt.datetime.now(zone()).date()
    started = time.monotonic()
    length = demo_company.STEPS + scale
    with click.progressbar(length=length, label="Demo company", file=sys.stderr, show_pos=bool(scale)) as bar:
        demo_company.load(today, progress=lambda: bar.update(1), scaled=scale, told=bar.update)
    if scale:
        seconds = time.monotonic() - started
        click.echo(f"{scale:,} invoices more in {seconds:,.0f} s: {scale / seconds:,.0f} each second, all in all.")


@main.command()
@click.pass_obj
def check(app: Flask) -> None:
    """Prove the books: every invariant, each fault in a sentence. Exit status 1 where one is broken."""
    with app.app_context():
        if _report(quiet=False):
            sys.exit(1)


def _report(*, quiet: bool) -> bool:
    """Run all checks, say what is wrong; tells whether something is."""
    findings = _checked()
    for finding in findings:
        click.echo(f"{finding.check}:")
        for sentence in finding.sentences:
            click.echo(f"  {sentence}")
        if finding.has_more:
            click.echo("  and more")
    if not quiet and not findings:
        click.echo(f"{len(checks.CHECKS)} checks, nothing wrong.")
    return bool(findings)


def _checked() -> list[checks.Finding]:
    with click.progressbar(length=len(checks.CHECKS), label="Checking", file=sys.stderr) as bar:
        return checks.run(progress=lambda _name: bar.update(1))


@main.command()
@click.pass_obj
def reindex(app: Flask) -> None:
    """Make the search index anew from the records."""
    with app.app_context(), click.progressbar(length=1, label="Search index", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        count = search.rebuild(progress)
    click.echo(f"{count} records are found by their words.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--verify", "verifies", is_flag=True, help="Restore the new backup into a scratch database and check it.")
@click.pass_obj
def backup(app: Flask, file: Path | None, *, verifies: bool) -> None:
    """Write everything into one archive, also while fsm is in use; default: a new file in the folder of backups."""
    with app.app_context():
        try:
            with _bar("Backing up") as progress:
                made = restoring.back_up("manual", file, progress)
            if verifies:
                with _bar("Verifying") as progress:
                    restoring.verify_and_note(made.path, progress)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
    _tell_of(made.path, made.manifest, made.size)
    if made.manifest.missing_files:
        raise click.ClickException(
            f"The backup is written, but {len(made.manifest.missing_files)} stored files were missing or damaged."
        )


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def verify(app: Flask, file: Path) -> None:
    """Prove a backup: restore it into a scratch database, with every file, and run all checks there."""
    with app.app_context():
        try:
            with _bar("Verifying") as progress:
                manifest = restoring.verify_and_note(file, progress)
        except DomainError as error:
            raise click.ClickException(str(error)) from error
    _tell_of(file, manifest, file.stat().st_size)
    click.echo(f"{len(checks.CHECKS)} checks, nothing wrong.")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Restore into this folder (a SQLite database and the files) instead of where fsm runs.",
)
@click.option("--replace", is_flag=True, help="Replace the company that is there; it is backed up before.")
@click.option(
    "--keep-revision", is_flag=True, help="Do not migrate: for going back to the version that made the backup."
)
@click.option("--accept-faults", is_flag=True, help="Restore although the checks of the books find faults.")
@click.pass_obj
def restore(
    app: Flask, file: Path, into: Path | None, *, replace: bool, keep_revision: bool, accept_faults: bool
) -> None:
    """Put a backup in place: proven, migrated and checked beside what is there, then swapped in."""
    target = app
    if into is not None:
        into = into.resolve()
        target = create_app(DATA_FOLDER=into, SQLALCHEMY_DATABASE_URI=f"sqlite:///{into / 'fsm.sqlite3'}")
    with target.app_context():
        try:
            with _bar("Restoring") as progress:
                restored = restoring.restore(
                    file, replace=replace, keep_revision=keep_revision, accept_faults=accept_faults, progress=progress
                )
        except DomainError as error:
            raise click.ClickException(str(error)) from error
    if restored.before is not None:
        click.echo(f"What was there before: {restored.before}")
    _tell_of(file, restored.manifest, file.stat().st_size)
    click.echo("Restored. Start fsm again where it runs: its secret key is the one of the backup.")


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    with click.progressbar(length=1000, label=label, file=sys.stderr) as bar:
        yield lambda done, total: bar.update(done * 1000 // max(total, 1) - bar.pos)


def _tell_of(path: Path, manifest: Manifest, size: int) -> None:
    click.echo(f"{path}: {manifest.company or 'no company'}, {manifest.made_at.astimezone(zone()):%Y-%m-%d %H:%M}")
    click.echo(
        f"  {manifest.rows:,} rows in {len(manifest.tables)} tables, {manifest.files.count:,} files, "
        f"{size / 1_000_000:,.1f} MB, revision {manifest.revision}, from {manifest.engine}"
    )


@main.command("user")
@click.argument("email")
@click.option("--name", help="The name shown; default: the part before the @.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), required=True)
@click.option("--password", envvar="FSM_PASSWORD", help="Asked for where it is not given.")
@click.pass_obj
def add_user(app: Flask, email: str, name: str | None, roles: tuple[str, ...], password: str | None) -> None:
    """Add somebody who may log in."""
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with app.app_context():
        try:
            password_hash = passwords.new_hash(secret, email)
            with writing():
                user = user_services.create_user(
                    email=email,
                    name=name or email.partition("@")[0],
                    roles={Role(role) for role in roles},
                    password_hash=password_hash,
                )
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{user.email} may log in.")


@main.group("api-key")
def api_key() -> None:
    """Keys with which other programs use the REST API."""


@api_key.command("create")
@click.argument("name")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), required=True)
@click.option("--per-minute", type=click.IntRange(1, api_keys.MOST_PER_MINUTE), default=REQUESTS_PER_MINUTE)
@click.pass_obj
def create_api_key(app: Flask, name: str, roles: tuple[str, ...], per_minute: int) -> None:
    """Make a key that may do what these roles may; prints the key alone, this once."""
    with app.app_context():
        try:
            with writing():
                made = api_keys.create(
                    name, [Role(role) for role in roles], actor_id=None, requests_per_minute=per_minute
                )
        except DomainError as error:
            raise click.ClickException(str(error)) from error
        click.echo(made.token)


@api_key.command("revoke")
@click.argument("name")
@click.pass_obj
def revoke_api_key(app: Flask, name: str) -> None:
    """Let the keys of this name in no more."""
    with app.app_context():
        with writing():
            revoked = [api_keys.revoke(row.id) for row in api_keys.listed() if row.name == name and not row.revoked_at]
        if not revoked:
            raise click.ClickException(f"There is no key in use with the name {name}.")
        click.echo(f"{len(revoked)} revoked.")


@main.command("worker")
@click.option("--with-parent", is_flag=True, help="Stop when standard input closes (as a child of the server).")
@click.pass_obj
def run_worker(app: Flask, *, with_parent: bool) -> None:
    """Do the jobs that wait: PDF and whatever leaves the building."""
    worker.main(app, with_parent=with_parent)
