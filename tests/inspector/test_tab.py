"""The tab of the tests: a test finds nothing that the one before left there."""

from playwright.sync_api import expect

from tests.inspector.browsing import Inspector
from tests.inspector.tab import VIEWPORT, Tab

STORED = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]"


def test_it_forgets_what_was_done(inspector: Inspector, tab: Tab) -> None:
    """Storage, size, colours, routes and the network; what runs in the page ends."""
    page = inspector.open()
    assert page.evaluate(STORED) != []
    page.set_viewport_size({"width": 390, "height": 800})
    page.emulate_media(color_scheme="dark")
    page.route("**/*", lambda route: route.abort())
    page.context.set_offline(True)
    tab.reset()
    assert tab.page is page
    assert page.evaluate("document.querySelector('main')") is None
    inspector.open_nothing()
    assert page.evaluate(STORED) == []
    assert page.viewport_size == VIEWPORT
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")


def test_it_is_closed_where_something_stays(inspector: Inspector, tab: Tab) -> None:
    """A script that runs in each page can't be removed, so the next test gets another tab."""
    page = inspector.open_nothing()
    page.add_init_script("globalThis.stays = true")
    tab.reset()
    assert page.is_closed()
    assert tab.page is not page
    inspector = Inspector(tab.page, inspector.url, inspector.api_key)
    expect(inspector.open().locator("main")).not_to_be_empty()
    assert inspector.page.evaluate("globalThis.stays") is None
    inspector.leave()
