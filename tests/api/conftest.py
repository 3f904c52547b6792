"""Clients of the API: one per role, each with a key of its own."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from fsm.api import keys
from fsm.core.db import writing
from fsm.users.models import Role


class ApiClient:
    """Sends a key with each request; bodies are JSON unless said otherwise."""

    def __init__(self, app: Flask, token: str) -> None:
        self._client = app.test_client(use_cookies=False)
        self.token = token

    def send(self, method: str, path: str, body: Any = None, **known: Any) -> TestResponse:
        headers = {"X-API-Key": self.token, **known.pop("headers", {})}
        if body is not None:
            text = isinstance(body, str | bytes)
            known["data"] = body if text else json.dumps(body)
            known.setdefault("content_type", "application/xml" if text else "application/json")
        return self._client.open(f"/api/v1/{path}", method=method, headers=headers, **known)

    def get(self, path: str, **known: Any) -> TestResponse:
        return self.send("GET", path, **known)

    def post(self, path: str, body: Any = None, **known: Any) -> TestResponse:
        return self.send("POST", path, {} if body is None else body, **known)

    def put(self, path: str, body: Any, **known: Any) -> TestResponse:
        return self.send("PUT", path, body, **known)

    def delete(self, path: str, **known: Any) -> TestResponse:
        return self.send("DELETE", path, **known)


@pytest.fixture
def api_for(app: Flask) -> Callable[[Role], ApiClient]:
    """A client whose key has this role."""

    def make(role: Role = Role.OFFICE) -> ApiClient:
        with writing():
            made = keys.create(f"Shop of the {role.value}", [role], actor_id=None)
        return ApiClient(app, made.token)

    return make


@pytest.fixture
def api(api_for: Callable[[Role], ApiClient]) -> ApiClient:
    """A client with the rights of the office."""
    return api_for(Role.OFFICE)
