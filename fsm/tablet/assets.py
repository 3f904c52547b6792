"""The files that the tablet needs without a network, and the version that they make together."""

import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
# What the page loads at once; the rest is fetched by the service worker in the background.
FIRST = (
    "css/tokens.css",
    "css/tablet.css",
    "icons/sprite.svg",
    "icons/favicon.svg",
    "vendor/idb/index.js",
)
LATER = (
    "icons/tablet-192.png",
    "vendor/signature_pad/signature_pad.umd.min.js",
)


def files() -> tuple[str, ...]:
    """Paths below ``static/``, to be kept on the device."""
    scripts = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "js" / "tablet").glob("*.js"))
    return (*FIRST, *scripts, *LATER)


@cache
def version() -> str:
    """Changes whenever one of the files, the page or its texts change; read once per process."""
    digest = hashlib.sha256()
    texts = (ROOT / "templates" / "tablet" / "show.html", ROOT / "fsm" / "tablet" / "texts.py")
    for path in (*(STATIC / name for name in files()), *texts):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]
