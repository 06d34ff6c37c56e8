"""A browser for the tests of the inspector."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from emulator.server import Server
from tests.contract.sounds import recorded_speech
from tests.inspector.browsing import CHROMIUM, Inspector, why_not
from tests.inspector.tab import Tab


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, and skip it where there is none."""
    reason = why_not()
    for item in items:
        if "inspector" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, into whose microphone somebody speaks.

    For these tests alone: no other may run while Playwright's loop does.
    """
    speech = tmp_path_factory.mktemp("microphone") / "speech.wav"
    speech.write_bytes(recorded_speech())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-audio-capture={speech}%noloop",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tab(browser: Browser, server: Server) -> Iterator[Tab]:
    """The tab that tests use one after the other."""
    tab = Tab(browser, server.url)
    yield tab
    tab.close()


@pytest.fixture
def inspector(tab: Tab, server: Server, api_key: str, tmp_path: Path) -> Iterator[Inspector]:
    """The inspector of the test's own world, in a tab that knows nothing of other tests."""
    inspector = Inspector(tab.page, server.url, api_key)
    tab.watch()
    yield inspector
    inspector.leave()
    tab.reset()
