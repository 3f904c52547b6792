"""The ``fsm`` command. Every command obeys ``DATABASE_URL`` and ``FSM_DATA``."""

import datetime as dt
import os
import sys
from pathlib import Path

import click
from flask import Flask

from fsm import demo as demo_company
from fsm import logs, server, upgrading, worker
from fsm.app import create_app
from fsm.company import services as company_services
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
    is_new = bring_up_to_date(app)
    with app.app_context():
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


def bring_up_to_date(app: Flask) -> bool:
    """Back up and migrate where there is something to migrate, then check; tells whether the database was new."""
    with app.app_context():
        state = upgrading.state()
        if state.is_new:
            click.echo("Making the database")
            upgrading.migrate()
        elif state.current != state.head:
            click.echo(f"Upgrading the database from {state.current} to {state.head}")
            click.echo(f"Backup: {upgrading.back_up(Path(app.config['DATA_FOLDER']))}")
            upgrading.migrate()
            if _report(quiet=True):
                raise click.ClickException(
                    "The checks found faults after the upgrade; restore the backup and report this."
                )
        session.remove()
        return state.is_new


@main.command()
@click.pass_obj
def migrate(app: Flask) -> None:
    """Bring the database to the newest revision, with a backup before."""
    bring_up_to_date(app)
    click.echo("The database is up to date.")


@main.command()
@click.pass_obj
def demo(app: Flask) -> None:
    """Load a believable company into a new database."""
    bring_up_to_date(app)
    with app.app_context():
        if company_services.current() is not None:
            raise click.ClickException("There is a company in this database already; the demo needs a new one.")
        _load_demo()
        click.echo(f"Password of all demo logins: {demo_company.PASSWORD}")
        for email, roles in demo_company.LOGINS:
            click.echo(f"  {email:28} {roles}")


def _load_demo() -> None:
    today = dt.datetime.now(zone()).date()
    with click.progressbar(length=demo_company.STEPS, label="Demo company", file=sys.stderr) as bar:
        demo_company.load(today, progress=lambda: bar.update(1))


@main.command()
@click.pass_obj
def check(app: Flask) -> None:
    """Prove the books: every invariant, each fault in a sentence. Exit status 1 where one is broken."""
    with app.app_context():
        if _report(quiet=False):
            sys.exit(1)


def _report(*, quiet: bool) -> bool:
    """Run all checks, say what is wrong; tells whether something is."""
    with click.progressbar(length=len(checks.CHECKS), label="Checking", file=sys.stderr) as bar:
        findings = checks.run(progress=lambda _name: bar.update(1))
    for finding in findings:
        click.echo(f"{finding.check}:")
        for sentence in finding.sentences:
            click.echo(f"  {sentence}")
        if finding.has_more:
            click.echo("  and more")
    if not quiet and not findings:
        click.echo(f"{len(checks.CHECKS)} checks, nothing wrong.")
    return bool(findings)


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


@main.command("worker")
@click.option("--with-parent", is_flag=True, help="Stop when standard input closes (as a child of the server).")
@click.pass_obj
def run_worker(app: Flask, *, with_parent: bool) -> None:
    """Do the jobs that wait: PDF and whatever leaves the building."""
    worker.main(app, with_parent=with_parent)
