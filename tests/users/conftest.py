"""Requests of these tests each get an application context of their own, as in life."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Browser(FlaskClient):
    """A client that never shares ``g`` (and who is logged in) with the test or with another client."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:  # noqa: ANN401 - werkzeug's own signature
        """One request."""
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture(autouse=True)
def browsers(request: pytest.FixtureRequest) -> None:
    """Make ``app.test_client`` give such clients."""
    if "app" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        app.test_client_class = Browser
