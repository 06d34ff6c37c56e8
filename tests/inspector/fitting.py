"""Views at the widths of a phone, a small window and a desk."""

from playwright.sync_api import Page

from tests.inspector.browsing import Inspector, Scheme

# With the colours in which axe looks at each: `test_page` has both colours of every view.
WIDTHS: dict[int, Scheme] = {360: "dark", 640: "light", 1400: "dark"}
CUT_OFF = """() => [...document.querySelectorAll("button, input, select, textarea, a[href]")]
  .filter((node) => node.checkVisibility() && !node.closest(".skip, .sideways, .unseen, .file"))
  .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
  .map((node) => node.outerHTML.slice(0, 120))"""


def check_widths(inspector: Inspector) -> None:
    """Nothing is cut off at any width, the page does not scroll sideways, axe finds nothing."""
    page: Page = inspector.page
    for width, scheme in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        assert page.evaluate(CUT_OFF) == [], width
        inspector.check(scheme)
