"""docs/clients.md says which versions of Hume's packages were run, and what each of them needs."""

import json
import re
from pathlib import Path

import pytest

import emulator
from tests.clients.clients import (
    CLIENTS,
    NEXTJS,
    NODE_KIT,
    NODE_KIT_OLDER,
    RECOGNISER,
    RELEASE,
    Client,
)

ROOT = Path(emulator.__file__).parent.parent
DESCRIPTIONS = ROOT / "tests" / "clients" / "environments"
PAGE = (ROOT / "docs" / "clients.md").read_text()
PACKAGES = {
    "python": "`hume` for Python",
    "node": "`hume` for Node",
    "react": "`@humeai/voice-react`",
    "livekit": "`livekit-plugins-hume`",
    "pipecat": "`pipecat-ai[hume]`",
    "aisdk": "`@ai-sdk/hume`",
}
NAMES = {  # of the registries
    "python": "hume",
    "node": "hume",
    "react": "@humeai/voice-react",
    "livekit": "livekit-plugins-hume",
    "pipecat": "pipecat-ai",
    "aisdk": "@ai-sdk/hume",
}


def pins(text: str) -> dict[str, str]:
    """Return the versions that a file for pip pins."""
    return dict(line.split("==") for line in text.splitlines())


def version(client: Client) -> str:
    """Return the version that its environment has, which must be an exact one."""
    kind = client.name.partition("-")[0]
    if client.runs_python:
        return pins((DESCRIPTIONS / f"{client.name}.txt").read_text())[NAMES[kind]]
    described = json.loads((DESCRIPTIONS / f"{client.name}.json").read_text())
    return str(described["dependencies"][NAMES[kind]])


def rows() -> dict[tuple[str, str], str]:
    """Return what a version needs, by the package and the version that was run."""
    found, package = {}, ""
    for line in PAGE.partition("| tested |")[2].split("\n\n")[0].splitlines()[2:]:
        named, _, tested, needs = (cell.strip() for cell in line.strip("|").split("|"))
        package = named or package
        if tested:
            found[package, tested] = needs
    return found


def test_the_table_has_each_version_that_is_run() -> None:
    """It has those, and no others."""
    run = {(PACKAGES[each.name.partition("-")[0]], version(each)) for each in CLIENTS}
    assert rows().keys() == run


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_what_a_version_needs(client: Client) -> None:
    """The settings in its row are those with which it is tested."""
    needs = rows()[PACKAGES[client.name.partition("-")[0]], version(client)]
    assert ("`--tls`" in needs) == client.needs_tls
    assert ("`--prosody inline`" in needs) == client.needs_inline_prosody


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_an_environment_is_of_the_minor_version_in_its_name(client: Client) -> None:
    """Every version is pinned, so a run today and a run next year are of the same."""
    minor = client.name.partition("-")[2]
    assert re.fullmatch(rf"{re.escape(minor)}\.\d+", version(client))


OTHERS = (NEXTJS, NODE_KIT, NODE_KIT_OLDER, RECOGNISER, RELEASE)


def test_every_environment_is_used() -> None:
    """No description of an environment is left over."""
    used = {each.name for each in (*CLIENTS, *OTHERS)}
    assert {path.stem for path in DESCRIPTIONS.iterdir()} == used


def test_the_newest_versions_are_what_all_other_tests_run() -> None:
    """`make test` pins the same ones."""
    installed = json.loads((ROOT / "tests" / "node" / "package.json").read_text())["dependencies"]
    newest = {each.name.partition("-")[0]: version(each) for each in CLIENTS}
    assert installed["hume"] == newest["node"]
    assert installed["@humeai/voice-react"] == newest["react"]
    assert (
        pins(re.sub(";.*", "", (ROOT / "requirements-dev.txt").read_text()))["hume"]
        == newest["python"]
    )
