"""The page's files: how they are served, and what they may not hold."""

import json
import re
from pathlib import Path

import pytest
from httpx import Client
from playwright.sync_api import expect
from starlette.testclient import TestClient

from emulator.apis.apis import APIS
from emulator.apis.evi.views import EVI_VIEWS
from emulator.apis.voices.views import VOICE_VIEWS
from emulator.inspection import View
from emulator.web.app import App
from emulator.web.inspector.routes import PAGE
from tests.inspector.browsing import BOTH, Inspector

FOLDERS = {PAGE, *(page.folder for api in APIS for page in api.pages)}
FILES = sorted(
    (path for folder in FOLDERS for path in folder.iterdir()), key=lambda path: path.name
)
NAMES = [path.name for path in FILES]


def policy_of(answer: object) -> dict[str, str]:
    text: str = answer.headers["content-security-policy"]  # type: ignore[attr-defined]
    return dict(part.split(" ", 1) for part in text.split("; "))


@pytest.mark.parametrize(
    "path",
    ["", "inspector/views.js", *(f"inspector/{name}" for name in NAMES if "html" not in name)],
)
def test_every_file_is_served_with_a_strict_policy(client: TestClient, path: str) -> None:
    """Nothing but own files, no exception; no sniffing, no referrer, no frame."""
    answer = client.get(f"/_emulator/{path}")
    policy = policy_of(answer)

    assert answer.status_code == 200
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "*" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_no_key_is_needed_for_the_page(client: TestClient) -> None:
    """It is the same for every world; what it shows is asked for with a key."""
    del client.headers["X-Hume-Api-Key"]
    assert client.get("/_emulator/").status_code == 200
    assert client.get("/_emulator", follow_redirects=False).headers["location"] == "/_emulator/"


def test_the_root_leads_browsers_to_the_page(app: App) -> None:
    """Whoever asks for HTML; other clients are answered 404, as for any unknown path."""
    client = TestClient(app, follow_redirects=False)
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for ask in (client.get, client.head):
        answer = ask("/", headers=browser)
        assert (answer.status_code, answer.headers["location"]) == (307, "/_emulator/")
    assert client.get("/", headers={"Accept": "*/*"}).status_code == 404
    assert client.post("/", headers=browser).status_code == 404
    assert client.get("/v1", headers=browser).status_code == 404


def test_a_file_is_sent_once(client: TestClient) -> None:
    """What the browser has already is answered 304."""
    first = client.get("/_emulator/inspector/app.js")
    again = client.get(
        "/_emulator/inspector/app.js", headers={"If-None-Match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_the_apis_bring_lists_and_pages(client: TestClient) -> None:
    """What the APIs bring, in their order, as a file of the page."""
    answer = client.get("/_emulator/inspector/views.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    lines = answer.text.splitlines()
    pages = ("models", "script", "speech", "expression")
    assert lines[:4] == [f'import {{ {name} }} from "./{name}.js";' for name in pages]
    lists = json.loads(lines[4].removeprefix("export const LISTS = ").removesuffix(";"))
    assert lists == json.loads(json.dumps([view.to_json() for api in APIS for view in api.views]))
    assert [view["title"] for view in lists] == ["Configs", "Prompts", "Tools", "Voices"]
    assert lines[5:] == ["export const PAGES = [models, script, speech, expression];"]


def test_no_two_files_have_one_name() -> None:
    """The files of the APIs' pages are served beside the page's own."""
    assert "views.js" not in NAMES
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("view", [*EVI_VIEWS, *VOICE_VIEWS], ids=lambda view: view.name)
def test_a_list_that_is_shown_is_an_operations(client: TestClient, view: View) -> None:
    """The path answers pages with the field; the example makes a resource, which the list has."""
    made = client.post(view.path, json=view.example)
    assert made.is_success
    found = client.get(view.path, params={"page_size": 100, **view.query}).json()[view.items]
    assert made.json()["id"] in [each["id"] for each in found]


@pytest.mark.parametrize("name", ["ap.js", "index.html", "..%2froutes.py", "__init__.py"])
def test_other_files_are_not_served(client: TestClient, name: str) -> None:
    """404, and the file that was probably meant."""
    answer = client.get(f"/_emulator/inspector/{name}")
    assert answer.status_code == 404
    if name == "ap.js":
        assert "did you mean 'app.js'" in answer.json()["message"]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_no_file_parses_markup_or_reaches_out(path: Path) -> None:
    """No innerHTML and its like, no eval, no address of another machine."""
    text = path.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert not re.search(r"\sstyle=|\son[a-z]+=\"", text)
    addresses = re.findall(r"https?://[^\s\"'`/$]+", text)
    assert set(addresses) <= {"http://www.w3.org", "http://localhost:3000", "http://127.0.0.1"}


def test_another_pages_link_leads_to_it(client: TestClient) -> None:
    """The page may be linked to from anywhere; its world may not be asked from there."""
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}
    assert client.get("/_emulator/", headers=linked).status_code == 200
    assert client.get("/_emulator/journal", headers=linked).status_code == 403
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"}
    assert client.get("/_emulator/", headers=embedded).status_code == 403
    assert client.get("/_emulator/", headers={**linked, "Host": "a.example"}).status_code == 403


def test_looking_leaves_no_trace(inspector: Inspector, remote: Client) -> None:
    """No view is in the journal or the contract, whatever it asks the API for."""
    views = ("timeline", "chats", "talk", "models", "script", "speech", "webhooks", "resources")
    for view in (*views, "expression", "faults", "contract", "world"):
        page = inspector.open(view)
        expect(page.locator("nav [aria-current]")).to_have_attribute("href", re.compile(view))
        expect(page.locator("main")).not_to_be_empty()
        inspector.check(*BOTH)
    assert remote.get("/_emulator/journal").json()["last_seq"] == 0
    assert remote.get("/_emulator/contract").json()["coverage"]["percent"] == 0
