"""A proof that an order was given to a technician's tablet: work on it is kept even when the order is somebody else's now."""

import hashlib
import hmac

from flask import current_app


def grant(user_id: int, order_id: int) -> str:
    """What the tablet sends along with its work on this order."""
    return _signed(str(current_app.config["SECRET_KEY"]), user_id, order_id)


def is_granted(token: object, user_id: int, order_id: int) -> bool:
    """Whether this user's tablet was given this order, also under the former secret keys."""
    keys = [current_app.config["SECRET_KEY"], *(current_app.config.get("SECRET_KEY_FALLBACKS") or [])]
    return isinstance(token, str) and any(
        hmac.compare_digest(_signed(str(key), user_id, order_id).encode(), token.encode()) for key in keys
    )


def _signed(key: str, user_id: int, order_id: int) -> str:
    return hmac.new(key.encode(), f"tablet:{user_id}:{order_id}".encode(), hashlib.sha256).hexdigest()
