"""A tab of the browser that one test after the other uses.

A new context takes Chromium more than twice the time of a page that is loaded into a tab it has:
three processes start, and each compiles all of the page's modules.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Browser, Page, ViewportSize

EMPTY = "/_emulator/inspector/keypad.js"  # a page of the same origin that runs nothing
TIMEOUT_MS = 30_000  # of a busy machine
VIEWPORT = ViewportSize(width=1280, height=800)
PERMISSIONS = ["clipboard-read", "clipboard-write", "microphone"]
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"
# What is added to a page by these can't be taken away from it.
ADDING = ("add_init_script", "expose_binding", "expose_function", "on", "once")
# Told on the console, where the tests look for errors.
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""

Result = TypeVar("Result")


class Tab:
    """Gives its page to one test after the other, and brings it back to how it was.

    A page to which a test added something that stays is closed: the next test gets a new one.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self._page: Page | None = None
        self._is_watched = False
        self._was_added_to = False

    @property
    def page(self) -> Page:
        """The page, as it is when no test used it before."""
        if self._page is None:
            self._page = self._open()
        return self._page

    def watch(self) -> None:
        """Notice from now on whether something is added to the page."""
        self._is_watched, self._was_added_to = True, False

    def reset(self) -> None:
        """End all that goes on in the page, and forget what the test left there."""
        self._is_watched = False
        page = self.page
        if self._was_added_to or page.is_closed() or len(page.context.pages) > 1:
            self.close()
            return
        try:
            self._clean(page)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the page, with all that its context remembers."""
        if self._page is not None:
            self._page.context.close()
            self._page = None

    def _open(self) -> Page:
        context = self._browser.new_context(
            color_scheme="light",
            viewport=VIEWPORT,
            timezone_id="UTC",
            locale="en-GB",
            permissions=PERMISSIONS,
        )
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.add_init_script(TELL_VIOLATIONS)
        for name in ADDING:
            setattr(page, name, self._noting(getattr(page, name)))
        return page

    def _noting(self, add: Callable[..., Result]) -> Callable[..., Result]:
        def add_and_note(*arguments: Any, **named: Any) -> Result:
            self._was_added_to |= self._is_watched
            return add(*arguments, **named)

        return add_and_note

    def _clean(self, page: Page) -> None:
        page.context.set_offline(False)
        page.unroute_all(behavior="ignoreErrors")
        page.goto(self._url + EMPTY)
        page.evaluate(FORGET)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(VIEWPORT)
