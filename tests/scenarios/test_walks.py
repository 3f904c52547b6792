"""Random walks: 20 of 100 steps in ``make test``, 200 on each engine in ``make soak``; the seed of a failure is its name."""

import os

import pytest
from flask import Flask

from tests.scenarios.walk import Walker

pytestmark = pytest.mark.database
STEPS = 100
# SQLite walks three times as fast; what differs between the engines is less than what differs between the walks.
WALKS = {"sqlite": 200, "postgresql": 200} if os.environ.get("FSM_SOAK") else {"sqlite": 16, "postgresql": 4}


@pytest.mark.parametrize(
    ("engine_name", "seed"),
    [(engine, seed) for engine, walks in WALKS.items() for seed in range(walks)],
    indirect=["engine_name"],
)
def test_walk(database: Flask, engine_name: str, seed: int) -> None:
    walker = Walker(seed if engine_name == "sqlite" else seed + 1_000)
    walker.walk(STEPS)
    refused = sum("refused" in step for step in walker.done)
    assert refused > 0
    assert STEPS - refused > STEPS // 10, "a walk in which hardly anything happens proves little"
