"""A tablet without a browser: what its page would send."""

import datetime as dt
import hashlib
import io
import uuid
from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from werkzeug.test import TestResponse

from fsm.tablet.sync_views import DEVICE, DEVICE_TIME, HEADER

DEVICE_ID = "0197f0aa-0000-7000-8000-000000000001"


def new_key() -> str:
    return str(uuid.uuid4())


@dataclass
class Tablet:
    """One user's tablet; ``offset``: how far its clock is ahead."""

    client: FlaskClient
    user_id: int
    offset: dt.timedelta = field(default_factory=dt.timedelta)

    def headers(self, **more: str) -> dict[str, str]:
        clock = dt.datetime.now(dt.UTC) + self.offset
        return {HEADER: str(self.user_id), DEVICE: DEVICE_ID, DEVICE_TIME: clock.isoformat()} | more

    def pull(self) -> Any:
        answer = self.client.get("/tablet/orders", headers=self.headers())
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def order(self, order_id: int) -> Any:
        return next(order for order in self.pull()["orders"] if order["id"] == order_id)

    def body(self, order_id: int, kind: str, values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        at = dt.datetime.now(dt.UTC) + self.offset
        return {"order_id": order_id, "kind": kind, "values": values or {}, "at": at.isoformat()} | more

    def send(self, body: dict[str, Any], key: str | None = None, **headers: str) -> TestResponse:
        sent = self.headers(**({"Idempotency-Key": key or new_key()} | headers))
        return self.client.post("/tablet/operations", json=body, headers=sent)

    def do(self, order_id: int, kind: str, **values: Any) -> Any:
        answer = self.send(self.body(order_id, kind, values))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def blob(self, data: bytes, kind: str = "photo") -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        answer = self.client.put(
            f"/tablet/blobs/{sha256}?kind={kind}", data=data, headers=self.headers(**{"Content-Type": "image/png"})
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return sha256


def picture(form: str = "PNG", seed: int = 0) -> bytes:
    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).line([(20, 100 + seed % 90), (150, 40), (280, 160)], fill="navy", width=5)
    buffer = io.BytesIO()
    image.save(buffer, form)
    return buffer.getvalue()
