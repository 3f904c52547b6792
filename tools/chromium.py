"""Prints the path of the Chromium or Chrome that the browser tests drive; installs it where it may."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MACOS_PROGRAMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = (
    "No Chromium found, and the browser tests need one. Install Chromium or Google Chrome "
    "(Debian: sudo apt-get install chromium), or name the program: CHROMIUM=/path/to/chromium make test"
)


def installed() -> str | None:
    """Return the path of an installed browser; `CHROMIUM` in the environment goes first."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    found = (shutil.which(program) for program in PROGRAMS + MACOS_PROGRAMS)
    return next((path for path in found if path), None)


def install() -> None:
    """Install the distribution's package; what apt says goes to stderr, since stdout carries the path."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "--quiet"], ["install", "--yes", "--quiet", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *command], check=True, stdout=sys.stderr, env=environment)


def path() -> str:
    """Return the browser's path.

    Raises:
        SystemExit: there is none, and this user cannot install one.

    """
    named = os.environ.get("CHROMIUM")
    browser = installed()
    may_install = os.geteuid() == 0 and shutil.which("apt-get")
    if browser is None and named:
        raise SystemExit(f"CHROMIUM={named} names no program that can be started.")
    if browser is None and may_install:
        try:
            install()
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"{MISSING}\n({' '.join(error.cmd)} failed)") from error
        browser = installed()
    if browser is None:
        raise SystemExit(MISSING)
    return str(Path(browser).absolute())


if __name__ == "__main__":
    print(path())
