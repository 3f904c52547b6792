"""Runs the checks and tests stage by stage and ends with a table; fails if any stage fails.

A failing stage does not stop the later ones: one run tells everything that is wrong. A stage without a single test
fails too, since a test that was lost looks like that.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import chromium

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
IMPURE = "database or postgresql or concurrency or browser or soak"
# A worker that has nothing left takes tests from the other: the walks are long. A third worker gains nothing on two cores.
WORKERS = ("-n", "2", "--dist", "worksteal")


@dataclass(frozen=True, slots=True)
class Stage:
    """A name for the table and a command; the first word is a program of the virtual environment."""

    name: str
    command: tuple[str, ...]


def checks() -> list[Stage]:
    """Return lint, format, types and, once there are templates, their lint."""
    stages = [
        Stage("lint", ("ruff", "check", ".")),
        Stage("format", ("ruff", "format", "--check", ".")),
        Stage("types", ("mypy",)),
    ]
    if any(ROOT.glob("templates/**/*.html")):
        stages.append(Stage("templates", ("djlint", "--lint", "--quiet", "templates")))
    return stages


def tests(name: str, markers: str, *options: str) -> Stage:
    """Return a stage of pytest with the tests that a marker expression selects."""
    return Stage(name, ("pytest", "--quiet", "-m", markers, *options))


def quick() -> list[Stage]:
    """Return what runs in under a minute: no database, no browser, no second process."""
    return [*checks(), tests("pure tests", f"not ({IMPURE})", *WORKERS)]


def full() -> list[Stage]:
    """Return everything but the full counts, the tests in one run: whoever waits for a lease leaves the others the time."""
    return [*checks(), tests("tests", "not soak", "--durations=25", *WORKERS)]


def soak() -> list[Stage]:
    """Return everything; `FSM_SOAK` makes the tests use the full counts."""
    os.environ["FSM_SOAK"] = "1"
    # Shown as they come: the seeds and figures of these go into the note. Some take half an hour by themselves.
    return [*full(), tests("soak tests", "soak", "--capture=no", "-o", "faulthandler_timeout=0")]


KINDS = {"quick": quick, "test": full, "soak": soak}


def run(stage: Stage, *, is_beside: bool = False) -> tuple[int, float]:
    """Return the exit status and the seconds taken; what runs beside other stages shows its output at its end."""
    program, *arguments = stage.command
    heading = f"\n== {stage.name}: {' '.join(stage.command)}"
    if not is_beside:
        print(heading, flush=True)
    began = time.monotonic()
    out, errors = (subprocess.PIPE, subprocess.STDOUT) if is_beside else (None, None)
    finished = subprocess.run([BIN / program, *arguments], cwd=ROOT, check=False, stdout=out, stderr=errors, text=True)
    seconds = time.monotonic() - began
    if is_beside:
        print(f"{heading}\n{finished.stdout.rstrip()}", flush=True)
    return finished.returncode, seconds


def run_all(stages: list[Stage]) -> list[tuple[Stage, int, float]]:
    """Run the checks of one process each beside the tests, all else in its order."""
    beside = checks()
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = [(stage, pool.submit(run, stage, is_beside=True)) for stage in beside]
        results = [(stage, *run(stage)) for stage in stages if stage not in beside]
        return [*((stage, *future.result()) for stage, future in waiting), *results]


def main() -> None:
    """Run the kind named by the first argument: quick, test or soak."""
    kind = sys.argv[1]
    if kind == "test":
        os.environ["FSM_TURNS"] = "1"
    if kind != "quick":
        # Before the first stage, so that a missing browser is told at once and not after minutes.
        os.environ["CHROMIUM"] = chromium.path()
    began = time.monotonic()
    results = run_all(KINDS[kind]())
    print(f"\n== make {kind}")
    for stage, status, seconds in results:
        print(f"{'ok' if status == 0 else 'FAILED':<8}{seconds:7.1f} s  {stage.name}")
    failed = sum(status != 0 for _, status, _ in results)
    print(f"{time.monotonic() - began:15.1f} s  altogether")
    if failed:
        raise SystemExit(f"{failed} of {len(results)} stages failed")


if __name__ == "__main__":
    main()
