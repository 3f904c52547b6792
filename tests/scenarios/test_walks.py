"""Random walks: 20 of 100 steps in ``make test``, 200 in ``make soak``; the seed of a failure is its name."""

import os

import pytest
from flask import Flask

from tests.scenarios.walk import Walker

pytestmark = pytest.mark.database
STEPS = 100
WALKS = 200 if os.environ.get("FSM_SOAK") else 10  # on each engine


@pytest.mark.parametrize("seed", range(WALKS))
def test_walk(database: Flask, engine_name: str, seed: int) -> None:
    walker = Walker(seed if engine_name == "sqlite" else seed + 1_000)
    walker.walk(STEPS)
    refused = sum("refused" in step for step in walker.done)
    assert refused > 0
    assert STEPS - refused > STEPS // 10, "a walk in which hardly anything happens proves little"
