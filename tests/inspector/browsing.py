"""The inspector in a browser, and what must be so of it at any time."""

import shutil
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from playwright.sync_api import ConsoleMessage, Error, Locator, Page, expect

from tests.inspector.tab import EMPTY, TIMEOUT_MS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).resolve().parents[1] / "node/node_modules/axe-core/axe.min.js"
Scheme: TypeAlias = Literal["dark", "light"]
BOTH: tuple[Scheme, ...] = ("dark", "light")  # that the system may ask for; light as it begins

expect.set_options(timeout=TIMEOUT_MS)


def why_not() -> str:
    """What is missing to drive the page, or nothing."""
    if CHROMIUM is None:
        return "chromium is not installed"
    return "" if AXE.is_file() else "axe-core is missing from tests/node/node_modules (npm)"


# Colours are judged once nothing fades in or out any more.
RUN_AXE = """async () => {
  const ending = document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime));
  await Promise.allSettled(ending.map(({ finished }) => finished));
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const told = ({ html, failureSummary }) => `${html} ${failureSummary}`;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(told).join(" | ")}`);
}"""
# What runs out of the window to the right or left, but for what scrolls by itself.
CUT_OFF = """() => [...document.querySelectorAll("body *")]
  .filter((node) => node.checkVisibility()
    && !node.closest("svg, option, .unseen, .skip, .file input")
    && !node.closest(".row .note, .sideways, .track, .code, .diff"))
  .filter((node) => {
    const { left, right, width } = node.getBoundingClientRect();
    return width && (left < -0.5 || right > innerWidth + 0.5);
  })
  .map((node) => `${node.tagName}.${node.className}: ${node.textContent.slice(0, 40)}`)"""
# Controls that nobody can reach by scrolling: covered, or cut off by a box without a scrollbar.
OUT_OF_REACH = """() => [
  ...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((node) => node.checkVisibility() && !node.closest(".file, .skip"))
  .filter((node) => {
    node.scrollIntoView({ block: "center" });
    const { left, top, width, height } = node.getBoundingClientRect();
    const found = document.elementFromPoint(left + width / 2, top + height / 2);
    return !found || !(node.contains(found) || found.contains(node));
  })
  .map((node) => node.outerHTML.slice(0, 120))"""


@cache
def axe_source() -> str:
    return AXE.read_text()


class Inspector:
    """The page, as the world of one key."""

    def __init__(self, page: Page, url: str, api_key: str) -> None:
        self.page = page
        self.url = url
        self.api_key = api_key
        self.errors: list[str] = []  # of its console
        self.expected: list[str] = []  # that may stand there: parts of their texts
        page.on("console", self._note)
        page.on("pageerror", self._note_error)

    def leave(self) -> None:
        """Listen to the page no longer."""
        self.page.remove_listener("console", self._note)
        self.page.remove_listener("pageerror", self._note_error)

    def _note_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} {message.location['url']}")

    def open(self, view: str = "timeline", **parameters: str) -> Page:
        """Show a view, of this world."""
        query = urlencode({"view": view, **parameters, "key": self.api_key})
        self.page.goto(f"{self.url}/_emulator/#{query}")
        expect(self.page.locator("#state")).to_have_attribute("data-state", "live")
        return self.page

    def open_nothing(self) -> Page:
        """Show an empty page of the emulator's, which can import the inspector's modules."""
        self.page.goto(self.url + EMPTY)
        return self.page

    def go(self, title: str) -> None:
        """Another view, by its link."""
        self.page.get_by_role("link", name=title).click()

    def rows(self, text: str = "") -> Locator:
        """Those of the timeline that have the text and are in sight."""
        return self.page.locator(".row", has_text=text)

    def copied(self) -> str:
        text: str = self.page.evaluate("navigator.clipboard.readText()")
        return text

    def check(self, *schemes: Scheme) -> None:
        """No error on the console, nothing that the policy stopped, nothing against axe's rules.

        The rules are for the colours that are shown, or for each of the schemes.
        """
        if not self.page.evaluate("'axe' in globalThis"):
            self.page.evaluate(axe_source())
        for scheme in schemes or (None,):
            self.page.emulate_media(color_scheme=scheme)
            violations: Any = self.page.evaluate(RUN_AXE)
            assert not violations, "\n".join(violations)
        self.check_console()

    def check_width(self, width: int, height: int = 740) -> None:
        """Nothing is cut off in a window of this width, and each control can be reached."""
        self.page.set_viewport_size({"width": width, "height": height})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, width
        for look in (CUT_OFF, OUT_OF_REACH):
            found: list[str] = self.page.evaluate(look)
            assert not found, (width, self.page.url, found)

    def check_console(self) -> None:
        found = [each for each in self.errors if not any(part in each for part in self.expected)]
        assert not found, found
