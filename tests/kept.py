"""The rows that tests begin with: kept once and put back for each, a SQLite file as a whole, PostgreSQL's table by table."""

import shutil
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from fsm.core.db import Base, db, is_sqlite, session
from tests.prepared import leave


def keep(app: Flask, name: str, folder: Path) -> Callable[[], None]:
    """Keep all rows as they are; call what this gives to have them back. The app's context is on."""
    session.remove()
    if not is_sqlite():
        keep_rows(name)
        return lambda: put_back(app, name)
    path = folder / f"{name}.sqlite3"
    leave(app)
    shutil.copy(db.engine.url.database or "", path)
    return lambda: renew(path)


def renew(template: Path) -> None:
    """A fresh copy of the template under the program."""
    session.remove()
    path = Path(db.engine.url.database or "")
    db.engine.dispose()
    for left_over in path.parent.glob(f"{path.name}-*"):
        left_over.unlink()
    shutil.copy(template, path)


def put_back(app: Flask, name: str = "seeds") -> None:
    """Empty every table, and fill them with the rows of that name."""
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT {name}.put_back()")


def keep_rows(name: str = "seeds") -> None:
    """Copy PostgreSQL's rows beside its tables."""
    # One function, whose plans the connection keeps: guards and keys look away while it empties and fills the tables.
    tables = [table.name for table in Base.metadata.sorted_tables]
    copies = "".join(f'CREATE TABLE {name}."{table}" AS TABLE public."{table}";' for table in tables)
    emptied = "".join(f'DELETE FROM public."{table}";' for table in tables)
    filled = "".join(f'INSERT INTO public."{table}" SELECT * FROM {name}."{table}";' for table in tables)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"""
            CREATE SCHEMA {name}; {copies}
            CREATE FUNCTION {name}.put_back() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
            AS $$ BEGIN {emptied} {filled} END $$;
        """)
