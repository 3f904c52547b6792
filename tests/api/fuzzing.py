"""Schemathesis over the API's own document, as a library: every check, every phase, against the WSGI application.

The seed decides what is sent; it is printed with each failure, so that a run can be made again:
``FSM_FUZZ_SEED=17 pytest tests/api/test_schemathesis.py``.
"""

import contextvars
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, NonFatalError, ScenarioFinished
from schemathesis.transport.wsgi import WSGITransport

DOCUMENT = "/api/v1/openapi.json"
EACH_TOLD = 4
# What a document cannot say: rules between things (a site of another customer, a closed period) are refused with 400, as
# S3's clients expect; a stale If-Match is 412, a key that came with another request 422.
REFUSALS_OF_RULES = ["2xx", "400", "401", "403", "404", "409", "412", "422"]
# What is wrong and stale is refused for being stale: preconditions come first (RFC 9110, 13.2.1).
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429"]


@dataclass
class Found:
    """What a run showed."""

    seed: int
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)

    def told(self) -> str:
        """Each kind of failure once, with the request that shows it."""
        kinds: Counter[str] = Counter()
        shown = []
        for (_label, kind), text in self.failures.items():
            kinds[kind] += 1
            if kinds[kind] <= EACH_TOLD:
                shown.append(text)
        counts = "\n".join(f"{count} x {kind}" for kind, count in kinds.most_common())
        return "\n\n".join([f"seed {self.seed}: {len(self.failures)} failures", counts, *shown])


def outside(app: Flask) -> Any:
    """The program as a server calls it: nothing of the test's own context is seen."""

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        found = contextvars.Context().run(app.wsgi_app, environ, start_response)
        try:
            return [b"".join(found)]
        finally:
            found.close()  # which schemathesis leaves open

    return answer


_SEND = WSGITransport.send


def _send(transport: WSGITransport, case: Any, **known: Any) -> Any:
    """Schemathesis 4.32 hands settings of the network to applications too, where it looks whether a key is needed."""
    for name in ("max_redirects", "verify", "cert", "proxies"):
        known.pop(name, None)
    return _SEND(transport, case, **known)


def configuration(token: str, seed: int, *, most_examples: int, seconds: int | None, phases: Iterable[str]) -> Any:
    """All checks; what is random comes from the seed."""
    generation = {"max-examples": most_examples, "deterministic": False, "no-shrink": seconds is None}
    values: dict[str, Any] = {
        "seed": seed,
        "suppress-health-check": ["all"],
        "headers": {"X-API-Key": token},
        "generation": generation,
        "workers": 1,
        "continue-on-failure": True,
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSALS_OF_RULES},
            "negative_data_rejection": {"expected-statuses": REFUSALS},
        },
        "phases": {name: {"enabled": name in phases} for name in ("examples", "coverage", "fuzzing", "stateful")},
    }
    if seconds is not None:
        values["max-time"] = seconds
    return SchemathesisConfig.from_dict(values)


def run(app: Flask, config: Any) -> Found:
    """Send it all; gives what came of it."""
    headers = dict(config.projects.default.headers)
    schema = schemathesis.openapi.from_wsgi(DOCUMENT, outside(app), config=config, headers=headers)
    found = Found(config.seed)
    with patch.object(WSGITransport, "send", _send):
        for event in from_schema(schema).execute():
            _note(found, event)
    return found


def _note(found: Found, event: EngineEvent) -> None:
    if isinstance(event, ScenarioFinished):
        _note_scenario(found, event)
    elif isinstance(event, NonFatalError):
        found.failures.setdefault((event.label, event.info.title), f"{event.label}: {event.info.format()}")


def _note_scenario(found: Found, event: ScenarioFinished) -> None:
    recorder = event.recorder
    for interaction in recorder.interactions.values():
        found.requests += 1
        if interaction.response is not None:
            found.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            kind = f"{check.name}: {failure.title}"
            request = check.failure_info.code_sample
            interaction = recorder.interactions.get(case_id)
            answer = interaction.response if interaction else None
            text = f"{answer.status_code} {answer.content[:300]!r}" if answer is not None and answer.content else ""
            found.failures.setdefault(
                (recorder.label, kind), f"{recorder.label} {kind}\n{failure.message}\n{request}\n{text}"
            )
