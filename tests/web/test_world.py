"""PUT /_emulator/world: a world with settings of its own."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.server import new_app
from emulator.settings import Settings
from emulator.world.world import MANUAL_START_MS
from tests.outgoing.calls import ask

WORLD = "/_emulator/world"
SEED = {"prompts": [{
    "id": "b5a3d1a5-3b3f-4f2c-9d68-0a9f1b2c3d4e", "name": "Mine", "created_on": 1700000000000,
    "versions": [{"text": "Be brief."}],
}]}  # fmt: skip


def put(client: TestClient, **settings: Any) -> Any:
    return ask(client, "PUT", WORLD, settings)


def refusal(client: TestClient, **settings: Any) -> str:
    """What a 422 says about the only setting."""
    answer = client.put(WORLD, json=settings)
    assert answer.status_code == 422, answer.text
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["body", *settings]
    return str(problem["msg"])


def prompts(client: TestClient) -> list[str]:
    return [each["name"] for each in ask(client, "GET", "/v0/evi/prompts")["prompts_page"]]


def test_a_world_with_settings(client: TestClient) -> None:
    """Settings of a world differ from the server's; other worlds do not see them."""
    told = put(client, clock="manual", seed="empty", random_seed=1, signing_key="mine")
    assert told == {"signing_key": "mine", "now_ms": MANUAL_START_MS}
    assert ask(client, "GET", "/_emulator/clock")["mode"] == "manual"
    assert prompts(client) == []
    other = {"X-Hume-Api-Key": "another"}
    assert client.get("/_emulator/clock", headers=other).json()["mode"] == "system"


def test_it_begins_anew(client: TestClient) -> None:
    """What was there before is gone, its settings, too."""
    put(client, clock="manual")
    ask(client, "POST", "/v0/evi/prompts", {"name": "Of before", "text": ""}, 201)
    put(client)
    assert ask(client, "GET", "/_emulator/clock")["mode"] == "system"
    assert "Of before" not in prompts(client)


def test_a_seeds_content(client: TestClient) -> None:
    """A seed can be given as what its file would hold, and is what a reset returns to."""
    for _ in range(2):
        put(client, seed=SEED)
        assert prompts(client) == ["Mine"]
    ask(client, "POST", "/_emulator/reset", status=204)
    assert prompts(client) == ["Mine"]


def test_the_text_of_a_file(client: TestClient) -> None:
    """A seed and a script can be given as YAML; mistakes have their lines."""
    put(client, seed="user_id: 3fa85f64-5717-4562-b3fc-2c963f66afa6\nprompts: []\n")
    assert prompts(client) == []
    assert refusal(client, seed="prompts:\n- name: x\n").startswith("seed.yaml:2: ")
    text = "rules:\n- when: weather\n  answer: It snows.\n"
    told = ask(client, "PUT", "/_emulator/script", {"script": text})
    assert told["rules"] == ["'weather'"]
    answer = client.put("/_emulator/script", json={"script": "rules:\n- answr: It snows.\n"})
    assert answer.status_code == 422
    assert "answr" in answer.text


def test_a_bundled_script(client: TestClient) -> None:
    put(client, script="weather")
    assert ask(client, "GET", "/_emulator/script")["rules"] != []


def test_mistakes_are_explained(client: TestClient, tmp_path: Path) -> None:
    """Each is a 422 at the setting, in the words of the settings, and changes nothing."""
    ask(client, "POST", "/v0/evi/prompts", {"name": "Still here", "text": ""}, 201)
    assert refusal(client, clok="manual").startswith(
        "no setting 'clok' (did you mean 'clock'?); known: seed, "
    )
    assert "setting of the whole server" in refusal(client, port=1)
    assert refusal(client, clock="fast").startswith("clock must be one of system, manual")
    assert refusal(client, seed="dmo").startswith("no bundled seed 'dmo' (did you mean 'demo'?)")
    assert "'id' is missing" in refusal(client, seed={"prompts": [{"name": "x"}]})
    assert "no script 'wether'" in refusal(client, script="wether")
    assert "chaos" in refusal(client, chaos="nothing")
    assert "must be" in refusal(client, random_seed="1")
    assert "Still here" in prompts(client)


def test_no_file_is_read(client: TestClient, tmp_path: Path) -> None:
    """Over HTTP, nobody reads or writes a file of this machine by a world's settings."""
    file = tmp_path / "secret.yaml"
    file.write_text("rules: []")
    assert "bundled" in refusal(client, seed=str(file))
    assert "can't read a file" in refusal(client, script=str(file))
    text = f"sounds:\n- text: Hello\n  file: {file}\n"
    assert "seed.yaml:3: /sounds/0/file: " in refusal(client, seed=text)
    answer = client.put("/_emulator/script", json={"script": f"rules: []\n{text}"})
    assert answer.status_code == 422
    assert "leads out of the folder of script.yaml" in answer.text
    assert "concerns a file" in refusal(client, model_cassette=str(file))


@pytest.mark.parametrize("name", ["brain", "ears", "voice", "map_url", "call_hosts"])
def test_a_servers_limit_of_calls_holds(name: str) -> None:
    """A world can't call hosts that --call-hosts-only keeps its server from calling."""
    with TestClient(new_app(Settings(call_hosts_only=True))) as client:
        client.headers["X-Hume-Api-Key"] = "mine"
        assert "--call-hosts-only" in refusal(client, **{name: "http://127.0.0.1:9"})
        assert "--call-hosts-only" in refusal(client, call_hosts_only=False)


def test_the_timeline_as_text(client: TestClient) -> None:
    """It has a line for each entry."""
    path = "/_emulator/journal/timeline"
    assert client.get(path).text == "  (nothing happened)"
    client.get("/v0/evi/configs/none")
    answer = client.get(path, params={"around": 1})
    assert answer.headers["content-type"].startswith("text/plain")
    assert "http     GET /v0/evi/configs/none -> 4" in answer.text
    assert client.get(path, params={"around": "x"}).status_code == 422
