"""Somebody at the screen: opens pages, follows links, types into forms and presses buttons, by the words on them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import lxml.html
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

Typed = Mapping[str, Any]


class Person:
    """One browser without scripts. What a page does not offer cannot be pressed: the lookup fails."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.url = "/"
        self.status = 0
        self.sent: tuple[str, dict[str, Any]] = ("", {})
        self.location = ""
        self._root: Any = None

    def open(self, url: str) -> "Person":
        """A page, with the redirects on the way to it."""
        return self._take(self.client.get(url), url)

    def follow(self, words: str, *, within: str = "") -> "Person":
        """The link of these words; ``within`` is the id of the part of the page that has it."""
        part = f"//*[@id='{within}']" if within else ""
        links = self._root.xpath(f"{part}//a[normalize-space(.)=$words]", words=words)
        assert links, f"{self.url} has no link “{words}”"
        return self.open(urljoin(self.url, links[0].get("href")))

    def press(self, words: str, typed: Typed | None = None, *, forged: Typed | None = None) -> "Person":
        """The button of these words, in its form with what the page filled in and what is ``typed`` over it.

        ``forged`` adds what no field of the page has.
        """
        buttons = self._root.xpath("//button[normalize-space(.)=$words]", words=words)
        assert buttons, f"{self.url} has no button “{words}”"
        button = buttons[0]
        form = button.xpath("ancestor::form")[0]
        values: MultiDict[str, Any] = MultiDict(form.form_values())
        if button.get("name"):
            values[button.get("name")] = button.get("value")
        for name, value in (typed or {}).items():
            assert form.xpath(".//*[@name=$name]", name=name), f"{self.url} has no field “{name}”"
            values[name] = value
        values.update(forged or {})
        url = urljoin(self.url, form.get("action") or self.url)
        if form.method == "GET":
            return self.open(url)
        return self.send(url, values.to_dict(flat=False))

    def send(self, url: str, values: dict[str, Any]) -> "Person":
        """A form as it stands, also one that was sent before."""
        self.sent = (url, values)
        answer = self.client.post(url, data=values)
        self.location = answer.headers.get("Location", "")
        return self._take(answer, url)

    def _take(self, answer: TestResponse, url: str) -> "Person":
        while answer.status_code in {302, 303}:
            url = urljoin(url, answer.headers["Location"])
            answer = self.client.get(url)
        self.url, self.status = url, answer.status_code
        self._root = lxml.html.fromstring(answer.get_data(as_text=True))
        for element in self._root.xpath("//kbd | //script | //style | //iframe"):
            element.drop_tree()
        return self

    @property
    def text(self) -> str:
        """All words of the page."""
        return " ".join(self._root.text_content().split())

    def texts(self, xpath: str) -> list[str]:
        """The words of these elements."""
        return [" ".join(element.text_content().split()) for element in self._root.xpath(xpath)]

    def offers(self, words: str) -> bool:
        """Whether the page has a link or a button of these words."""
        return bool(self._root.xpath("//*[self::a or self::button][normalize-space(.)=$words]", words=words))

    def field(self, name: str) -> str:
        """What stands in a field."""
        element = self._root.xpath("//*[@name=$name]", name=name)[0]
        return str(element.value or "")

    def names(self, prefix: str) -> list[str]:
        """The names of the fields that begin so, in their order."""
        names = self._root.xpath("//*[starts-with(@name, $prefix)]/@name", prefix=prefix)
        return [str(name) for name in names]

    def links(self, within: str = "") -> list[str]:
        """Where the links of the page lead, or those of the part with this id."""
        part = f"//*[@id='{within}']" if within else ""
        return [urljoin(self.url, href) for href in self._root.xpath(f"{part}//a/@href")]

    def table(self, caption: str) -> list[dict[str, str]]:
        """The rows of a list, each by the heads of its columns; the box to choose a row has none."""
        return [
            {
                cell.get("data-label"): " ".join(" ".join(cell.itertext()).split())
                for cell in row.xpath("./td[@data-label]")
            }
            for row in self._root.xpath("//table[normalize-space(caption)=$caption]/tbody/tr", caption=caption)
        ]

    def fact(self, label: str) -> str:
        """A fact or a figure of the page by its label."""
        found = self.texts(f"//dl//div[normalize-space(dt)='{label}']/dd")
        found += self.texts(f"//div[contains(@class, 'stat')][*[contains(@class, 'stat-label')]='{label}']/strong")
        assert found, f"{self.url} does not say “{label}”"
        return found[0]

    @property
    def state(self) -> str:
        """The status in the heading."""
        return self.texts("//h1//*[contains(@class, 'status')]")[0]

    def refusal(self, place: str) -> str:
        """The sentence at its place: below a field (its id), in a notice of the page, or on a page of its own."""
        if place == "page":
            return " ".join(self.texts("//p[@class='error-code']/following-sibling::p[1]"))
        if place == "notice":
            return " ".join(self.texts("//div[contains(@class, 'notice')]"))
        return " ".join(self.texts(f"//*[@id='{place}-error']"))
