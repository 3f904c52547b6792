"""Every page, light and dark, on phone, tablet and desk: axe finds nothing serious, and nothing is wider than the screen.

`make test` measures each page in the three widths and lets axe look at one of each kind in one of them, by turns, every
other one in the dark, the menus around it at the first pages of each turn; `make soak` lets axe look at all of all pages in
all six pairs, for every role.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from fsm.app import create_app
from fsm.users.models import Role
from fsm.users.permissions import PUBLIC, may
from tests.browser.conftest import DESKTOP, SignIn, Site, Watch, serving
from tests.browser.examples import NO_PAGES, make_examples
from tests.conftest import migrated

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
HEIGHT = 1000
IS_SOAK = bool(os.environ.get("FSM_SOAK"))
WIDTHS = (1440, 820, 390)
Looks: TypeAlias = tuple[tuple[str, int], ...]
# By turns: most work is done at a desk.
TURNS: Looks = (("light", 1440), ("dark", 1440), ("light", 390), ("dark", 820))
ALL: Looks = tuple((scheme, width) for scheme in ("light", "dark") for width in WIDTHS)
# Who sees most comes first.
ROLES = (Role.MANAGER, Role.ADMINISTRATOR, Role.TECHNICIAN, Role.ACCOUNTANT, Role.OFFICE)
# The manager sees most pages first: shares of them keep both workers busy. In the soak everybody sees all theirs.
MANY = {Role.MANAGER: 4}
LOOKING = ROLES if IS_SOAK else (Role.MANAGER, Role.ADMINISTRATOR, Role.TECHNICIAN)
SHARES = [(role, part, MANY.get(role, 1)) for role in LOOKING for part in range(MANY.get(role, 1))]
# Rules that never say more than "moderate" take a third of axe's time.
MODERATE = (
    "empty-table-header",
    "heading-order",
    "image-redundant-alt",
    "landmark-banner-is-top-level",
    "landmark-complementary-is-top-level",
    "landmark-contentinfo-is-top-level",
    "landmark-main-is-top-level",
    "landmark-no-duplicate-banner",
    "landmark-no-duplicate-contentinfo",
    "landmark-no-duplicate-main",
    "landmark-one-main",
    "landmark-unique",
    "page-has-heading-one",
    "presentation-role-conflict",
    "region",
    "skip-link",
)
# The same on every page, and half of what is to be looked at.
MENUS = ("nav.side", "header.top > .tools", "nav.bottom-bar", "#shortcuts", "#palette")
# What leads to an element takes axe a sixth of its time: it is asked for once there is something to be told.
RUN = """async (left) => {
  const rules = Object.fromEntries(MODERATE.map((name) => [name, { enabled: false }]));
  const options = { resultTypes: ["violations"], iframes: false, preload: false, rules };
  const place = { include: [["html"]], exclude: left.map((one) => [one]) };
  const grave = async (selectors) => (await axe.run(place, { ...options, selectors })).violations
    .filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = (await grave(false)).length ? await grave(true) : [];
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`
      + ` ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ""}`));
}""".replace("MODERATE", json.dumps(MODERATE))
# Nothing is wider than the screen; and a size container whose rows or fields arrive while it is laid out must not stay
# empty. A chart's table is for those who do not see the chart.
MEASURE = """() => {
  const width = document.documentElement.clientWidth;
  const faults = [...document.querySelectorAll(".fields, .scroll:not(.drawn .twin), .lines, .panel")]
    .filter((one) => one.children.length && one.checkVisibility() && one.getBoundingClientRect().height < 8)
    .map((one) => `nothing is seen of ${one.outerHTML.slice(0, 100)}`);
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > width + 1);
    faults.push(`wider than the screen: ${wide.slice(0, 4).map((one) => one.outerHTML.slice(0, 100)).join(" | ")}`);
  }
  return faults;
}"""


@pytest.fixture(scope="module")
def seed() -> Any:
    """Something on every page."""
    return make_examples


class Screen:
    """Shows a page in one size and scheme of colours after the other; only what changes is asked of the browser."""

    def __init__(self, page: Page) -> None:
        self.page, self.width, self.scheme = page, 0, ""
        self.session: CDPSession = page.context.new_cdp_session(page)

    def colour(self, scheme: Any) -> None:
        """Light or dark."""
        if scheme != self.scheme:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.scheme = scheme

    def widen(self, width: int) -> None:
        """As Playwright's own call does for the page, but that takes the window around it along, at twice the time."""
        if width != self.width:
            size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
            self.session.send("Emulation.setDeviceMetricsOverride", size)
            self.width = width

    def faults(self, looks: Looks = ALL, left: Iterable[str] = ()) -> list[str]:
        """What is wrong with the page that is open; ``looks``: how axe sees it, without what is ``left``."""
        found: list[str] = []
        # From where the last page ended: each page needs two changes of the width.
        for width in reversed(WIDTHS) if self.width == WIDTHS[-1] else WIDTHS:
            self.widen(width)
            found += [f"{self.page.url} {width}: {fault}" for fault in self.page.evaluate(MEASURE)]
            for scheme in (scheme for scheme, at in looks if at == width):
                self.colour(scheme)
                found += [f"{self.page.url} {width} {scheme}: {fault}" for fault in self.page.evaluate(RUN, list(left))]
        return found


def looks_of(place: int) -> Looks:
    """Whose turn it is at a place in a row of pages."""
    return ALL if IS_SOAK else (TURNS[place % len(TURNS)],)


def left_of(place: int) -> tuple[str, ...]:
    """What has been looked at on the pages before."""
    return () if IS_SOAK or place < len(TURNS) else MENUS


def looked_at_by(role: Role, endpoint: str) -> bool:
    """Each page by one role, and by the technician, whose pages are others; in the soak by all who may see it."""
    if endpoint in PUBLIC:  # pages behind a link, without a login: anybody sees them
        return role is ROLES[0]
    return may([role], endpoint) and (IS_SOAK or role in {first_of(endpoint), Role.TECHNICIAN})


def first_of(endpoint: str) -> Role:
    """Who sees all that the page can show; others may be refused by what the record is about, as a history or an import."""
    return next(role for role in ROLES if may([role], endpoint))


def test_every_page_has_its_example(site: Site, tmp_path: Path) -> None:
    """An endpoint that answers GET is looked at, or named as no page."""
    app = create_app(SECRET_KEY="only for tests", DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI="sqlite://")
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {name for name in endpoints if not name.startswith("api.")} - NO_PAGES == set(site.rows.pages)


def test_what_is_wrong_is_seen(sign_in: SignIn, watch: Watch) -> None:
    """Grey on grey, a picture without words, a box that is too wide: each is told, in the light and in the dark."""
    page = sign_in(Role.OFFICE)
    page.context.add_init_script(path=AXE)
    page.goto("/customers")
    page.evaluate("""() => {
      const wrong = document.createElement("p");
      wrong.textContent = "hardly to be read";
      Object.assign(wrong.style, { color: "#888", background: "#999", width: "3000px" });
      wrong.append(Object.assign(document.createElement("img"), { src: "/static/icons/favicon.svg" }));
      document.querySelector("main .content").append(wrong);
    }""")
    faults = "\n".join(Screen(page).faults())
    assert [faults.count(words) > 0 for words in ("image-alt", "wider than the screen")] == [True, True], faults
    for scheme in ("light", "dark"):
        assert f"{scheme}: color-contrast" in faults, faults


@pytest.mark.parametrize(("role", "part", "parts"), SHARES, ids=str)
def test_pages(site: Site, sign_in: SignIn, watch: Watch, role: Role, part: int, parts: int) -> None:
    pages: dict[str, list[str]] = site.rows.pages
    seen = [pages[endpoint] for endpoint in sorted(pages) if pages[endpoint] and looked_at_by(role, endpoint)]
    is_others = {
        path: IS_SOAK and first_of(name) is not role for name in pages if may([role], name) for path in pages[name]
    }
    paths = [path for some in seen for path in some][part::parts]
    assert paths, "somebody who sees no page proves nothing"
    firsts = {some[0] for some in seen}
    looked = [path for path in paths if IS_SOAK or path in firsts]
    page = sign_in(role)
    screen = Screen(page)
    watch.refusals |= {403, 404, 410}  # what a link answers that leads nowhere any more, or not for this role

    def faults_at(path: str, looks: Looks, left: tuple[str, ...] = ()) -> list[str]:
        answer = page.goto(path)
        assert answer is not None
        expected = {404, 410} if path in site.rows.gone else {200, 403} if is_others.get(path) else {200}
        assert answer.status in expected, path
        return screen.faults(looks, left)

    screen.colour("light")
    faults = [fault for path in paths if path not in looked for fault in faults_at(path, ())]
    page.context.add_init_script(path=AXE)
    # The light ones first: no page waits for other colours.
    for place in sorted(range(len(looked)), key=lambda place: looks_of(place)[0], reverse=True):
        faults += faults_at(looked[place], looks_of(place), left_of(place))
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults)


def test_refused_pages(site: Site, sign_in: SignIn, watch: Watch) -> None:
    """Errors at fields, what may not be seen, what is not there."""
    watch.refusals = {403, 404, 422}
    page = sign_in(Role.OFFICE)
    screen = Screen(page)
    page.context.add_init_script(path=AXE)
    page.goto("/customers/new")
    page.get_by_label("Name").first.fill("No such number")
    page.get_by_label("VAT number").fill("BE0123456789")
    page.get_by_role("button", name="Save customer").click()
    page.locator("[data-errors]").wait_for()
    faults = screen.faults(looks_of(0))
    page.goto(site.rows.pages["schedule.proposal"][0])
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("button", name="Plan the ticked visits").click()
    page.get_by_text("Choose at least one row.").wait_for()
    faults += screen.faults(looks_of(0))
    for place, path in enumerate(("/reports/trial-balance", "/invoices/99999"), start=1):
        page.goto(path)
        faults += screen.faults(looks_of(place))
    assert not faults, "\n".join(faults)


def test_before_anybody_is_signed_in(chrome: Browser, site: Site, watch: Watch, tmp_path: Path) -> None:
    """Log in; and the first start, on a database without a company."""
    url = f"sqlite:///{tmp_path / 'fsm.sqlite3'}"
    empty = create_app(SECRET_KEY="only for tests", DATA_FOLDER=tmp_path, SQLALCHEMY_DATABASE_URI=url)
    migrated(empty)
    faults: list[str] = []
    with serving(url, tmp_path) as new, chrome.new_context(**DESKTOP) as context:
        context.on("page", watch.on)
        page = context.new_page()
        screen = Screen(page)
        context.add_init_script(path=AXE)
        for place, address in enumerate((f"{site.url}/login", f"{new.url}/first-start"), start=1):
            page.goto(address)
            faults += screen.faults(looks_of(place))
    assert not faults, "\n".join(faults)
