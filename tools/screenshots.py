"""Takes pictures of the pages of a running fsm: three widths, light and dark.

Called as: screenshots.py ADDRESS FOLDER EMAIL PASSWORD [PATH ...]; without paths, one page of each kind is found by
following links. The demo's pages: `make run`, then each of its logins.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin, urlsplit

import chromium
from playwright.sync_api import Page, sync_playwright

WIDTHS = {1440: 900, 820: 1180, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MOST_PAGES = 100
LINKS = "links => links.map(link => link.href)"
NO_PAGE = re.compile(r"/(pdf|logo|signature|photos/\d+)$|/static/|export")


def kind(path: str) -> str:
    """The path with ids taken out: pages of one kind look alike."""
    return re.sub(r"\d+", "N", urlsplit(path).path).strip("/").replace("/", "-") or "start"


def found(page: Page, address: str) -> Iterator[str]:
    """Give one address of each kind, those nearest to the start page first."""
    waiting: list[str] = ["/"]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        yield path
        waiting += [
            link.removeprefix(address.rstrip("/"))
            for link in page.eval_on_selector_all("a[href]", LINKS)
            if link.startswith(address) and not NO_PAGE.search(urlsplit(link).path)
        ]


def take(page: Page, path: str, folder: Path, name: str) -> None:
    """Write the pictures of one page."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    print(path)


def main(address: str, folder: str, email: str, password: str, *paths: str) -> None:
    """Sign in and look."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.path(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="en-GB")
        page.goto(urljoin(address, "/login"))
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(lambda url: "/login" not in url)
        for path in paths or found(page, address):
            page.goto(urljoin(address, path), wait_until="networkidle")
            take(page, path, target, kind(path))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
