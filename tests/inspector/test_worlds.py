"""The worlds in use: listed, named, opened by reference."""

import re

from httpx import Client
from playwright.sync_api import Route, expect

from emulator.server import Server
from tests.inspector.browsing import BOTH, Inspector
from tests.inspector.test_timeline import held
from tests.outgoing.calls import ask

NAME = "tests/test_app.py::test_the_weather"


def test_an_unused_world_points_to_the_busy_ones(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """By name, never by key; one of them opens, and goes on being shown after a reload."""
    ask(remote, "PUT", "/_emulator/world", {"name": NAME})
    reference = ask(remote, "GET", "/_emulator/world")["reference"]
    held(server, api_key, "Is anybody there?")
    page = inspector.page
    page.goto(f"{server.url}/_emulator/#key=a-key-that-nobody-uses")
    busy = page.get_by_role("region", name="Worlds in use")
    expect(busy.get_by_role("button", name=NAME)).to_be_visible()
    assert not re.search(rf"\b{api_key}\b", page.content())
    for width in (360, 640, 1400):
        inspector.check_width(width)
        inspector.check(*BOTH)

    busy.get_by_role("button", name=NAME).click()
    expect(inspector.rows("client → user_input")).to_be_visible()
    page.reload()
    expect(inspector.rows("client → user_input")).to_be_visible()
    expect(page.get_by_role("textbox", name="Key")).to_have_attribute(
        "placeholder", f"of {reference}"
    )
    assert "world=" not in page.url
    page.get_by_role("textbox", name="Key").fill("another")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing has happened in this world yet.")).to_be_visible()
    inspector.check_console()


def test_a_world_without_its_key_can_be_driven(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """The page talks in it and moves its time, also past the end of the token's life."""
    held(server, api_key, "Hello")
    reference = ask(remote, "GET", "/_emulator/world")["reference"]
    inspector.expected.append("401")  # of the expired token, before the page takes another
    page = inspector.page
    page.goto(f"{server.url}/_emulator/#view=world&world={reference}")
    card = page.get_by_role("region", name="This world")
    expect(card).to_contain_text(f"opened by the reference {reference}")
    served = sum(len(api.operations) for api in server.app.apis)
    expect(card).to_contain_text(f"with {served} operations")
    card.get_by_role("textbox", name="Name").fill("Mine")
    card.get_by_role("button", name="Save the name").click()
    listed = page.get_by_role("region", name="Worlds in use")
    expect(listed.get_by_role("row", name="Mine (this one)")).to_contain_text("s ago")
    page.get_by_label("Clock").get_by_role("button", name="+1 h").click()
    inspector.go("Timeline")
    expect(inspector.rows("advanced by 3600 s")).to_be_visible()
    inspector.go("Talk")
    page.get_by_role("button", name="Start the chat").click()
    expect(page.get_by_role("heading", name="Connected")).to_be_visible()
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("heading", name="The chat is over")).to_be_visible()
    assert ask(remote, "GET", "/_emulator/world")["name"] == "Mine"
    inspector.check()


def test_this_world_is_listed_where_many_are_in_use(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """The list has the hundred worlds that were used last, and this one."""
    ask(remote, "PUT", "/_emulator/world", {"name": "Mine"})
    keys = [f"{api_key}-{number}" for number in range(101)]
    for key in keys:
        held(server, key, "Hello")
    page = inspector.open("world")
    listed = page.get_by_role("region", name="Worlds in use")
    expect(listed.get_by_role("row", name="Mine (this one)")).to_be_visible()
    expect(listed).to_contain_text("the newest 100 of")
    for key in keys:
        server.app.worlds.drop(server.app.worlds.get(key))


def test_a_world_that_is_gone(inspector: Inspector, server: Server) -> None:
    """The page says so; a key leads on."""
    inspector.expected.append("404")
    page = inspector.page
    page.goto(f"{server.url}/_emulator/#world=0123456789abcdef")
    expect(page.locator("#state")).to_have_text("Refused")
    expect(page.get_by_role("alert").first).to_contain_text("does not exist")
    page.get_by_role("textbox", name="Key").fill("another")
    page.keyboard.press("Enter")
    expect(page.locator("#state")).to_have_text("Live")
    inspector.check_console()


def test_a_late_token_opens_no_other_world(
    inspector: Inspector, remote: Client, server: Server, api_key: str
) -> None:
    """Whoever opens a second world before the first has its token sees the second."""
    references = []
    for key in (api_key, f"{api_key}-2"):
        remote.headers["X-Hume-Api-Key"] = key
        references.append(ask(remote, "PATCH", "/_emulator/world", {"name": key})["reference"])
    first, second = references
    page = inspector.page
    held_back: list[Route] = []
    page.route(f"**/worlds/{first}/token", lambda route: held_back.append(route))
    page.goto(f"{server.url}/_emulator/#view=world&world={first}")
    expect(page.get_by_role("textbox", name="Key")).to_have_attribute("placeholder", f"of {first}")
    page.evaluate("hash => { location.hash = hash; }", f"view=world&world={second}")
    card = page.get_by_role("region", name="This world")
    expect(card.get_by_role("textbox", name="Name")).to_have_value(f"{api_key}-2")
    with page.expect_response(f"**/worlds/{first}/token"):
        for route in held_back:
            route.continue_()
    page.unroute_all()
    page.get_by_role("link", name="Timeline").click()
    page.get_by_role("link", name="World").click()
    expect(card.get_by_role("textbox", name="Name")).to_have_value(f"{api_key}-2")
