"""Credentials: who may call, and as which world."""

import base64
from typing import Any

import pytest
from starlette.testclient import TestClient

from emulator.apis.evi.state import EviState
from emulator.errors import ApiError
from emulator.server import new_app
from emulator.settings import Settings
from emulator.web.app import App
from emulator.web.auth import LONGEST_KEY, TOKEN_LIFETIME_MS, Auth
from emulator.world.world import World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
GRANT = {"grant_type": "client_credentials"}


def basic(credentials: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


def names(client: TestClient, query: str = "", headers: dict[str, str] | None = None) -> list[str]:
    answer = client.get(f"/v0/evi/prompts?page_size=100&{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [prompt["name"] for prompt in answer.json()["prompts_page"]]


@pytest.fixture
def anonymous(app: App) -> TestClient:
    return TestClient(app)


@pytest.fixture
def token(anonymous: TestClient, api_key: str, world: World) -> str:
    """An access token for the test's world, which has a prompt of its own."""
    world.state(EviState).prompts.create(
        world.ids.uuid(), api_key, {"text": "", "prompt_expansion": {}}, 1
    )
    answer = anonymous.post("/oauth2-cc/token", data=GRANT, headers=basic(f"{api_key}:secret"))
    assert answer.status_code == 200
    token: str = answer.json()["access_token"]
    return token


def refusal(auth: Auth, token: str) -> str:
    """What is said to a token that is not good."""
    with pytest.raises(ApiError) as refused:
        auth.world({}, f"access_token={token}".encode())
    return str(refused.value.body).lower()


def is_known(auth: Auth, token: str) -> bool:
    try:
        auth.world({}, f"access_token={token}".encode())
    except ApiError:
        return False
    return True


def fault(answer: Any) -> str:
    assert answer.status_code == 401
    code: str = answer.json()["fault"]["detail"]["errorcode"]
    return code


@pytest.mark.parametrize("headers", [{}, {"X-Hume-Api-Key": ""}, {"Authorization": "Basic xyz"}])
def test_no_credentials_are_refused(anonymous: TestClient, headers: dict[str, str]) -> None:
    """Without key and token the answer is the gateway's 401."""
    assert fault(anonymous.get("/v0/evi/configs", headers=headers)) == (
        "oauth.v2.FailedToResolveAPIKey"
    )


def test_a_key_of_any_size_makes_no_world(anonymous: TestClient, app: App) -> None:
    """In a header, in the query or for a token: the world would keep it."""
    longest, longer = "k" * LONGEST_KEY, "k" * (LONGEST_KEY + 1)
    assert names(anonymous, headers={"X-Hume-Api-Key": longest}) != []
    worlds = len(list(app.worlds))
    for answer in (
        anonymous.get("/v0/evi/prompts", headers={"X-Hume-Api-Key": longer}),
        anonymous.get("/v0/evi/prompts", params={"api_key": longer}),
        anonymous.post("/oauth2-cc/token", data=GRANT, headers=basic(f"{longer}:secret")),
    ):
        assert fault(answer) == "oauth.v2.InvalidApiKey"
    assert len(list(app.worlds)) == worlds


def test_refusal_comes_before_validation(anonymous: TestClient) -> None:
    """An unknown caller learns nothing about what else is wrong."""
    assert anonymous.post("/v0/evi/configs/1", content=b"{").status_code == 401


def test_every_carrier_leads_to_the_same_world(
    anonymous: TestClient, api_key: str, token: str
) -> None:
    """Key and token work in the header and in the query."""
    assert api_key in names(anonymous, headers={"X-Hume-Api-Key": api_key})
    assert api_key in names(anonymous, f"api_key={api_key}")
    assert api_key in names(anonymous, headers={"Authorization": f"Bearer {token}"})
    assert api_key in names(anonymous, headers={"Authorization": f"bearer {token}"})
    assert api_key in names(anonymous, f"access_token={token}")
    assert api_key not in names(anonymous, "api_key=another")


@pytest.mark.parametrize("name", ["apiKey", "accessToken"])
def test_requests_know_no_older_spelling(
    anonymous: TestClient, api_key: str, token: str, name: str
) -> None:
    """Official clients only ever sent them in a chat's handshake."""
    value = api_key if name == "apiKey" else token
    answer = anonymous.get(f"/v0/evi/prompts?{name}={value}")
    assert fault(answer) == "oauth.v2.FailedToResolveAPIKey"


def test_credentials_may_come_in_the_form(anonymous: TestClient, api_key: str) -> None:
    """client_id and client_secret in the form do as well as HTTP Basic."""
    form = {**GRANT, "client_id": api_key, "client_secret": "secret"}
    answer = anonymous.post("/oauth2-cc/token", data=form)

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 1800


def test_a_token_expires(anonymous: TestClient, world: World, token: str) -> None:
    """A token is good for 30 minutes of the world's clock, and then says that it expired."""
    clock = world.clock
    clock.freeze()
    clock.move_to(clock.now_ms() + TOKEN_LIFETIME_MS - 5_000)
    assert names(anonymous, f"access_token={token}")

    clock.move_to(clock.now_ms() + 10_000)

    assert fault(anonymous.get(f"/v0/evi/prompts?access_token={token}")) == (
        "oauth.v2.AccessTokenExpired"
    )


def test_a_token_leads_to_the_keys_next_world(
    anonymous: TestClient, client: TestClient, api_key: str, token: str
) -> None:
    """A world that was deleted is not written into: the key sees what its old token makes."""
    assert client.delete("/_emulator/world").status_code == 204
    bearer = {"Authorization": f"Bearer {token}"}
    assert api_key not in names(anonymous, headers=bearer)

    made = anonymous.post("/v0/evi/prompts", json={"name": "new", "text": ""}, headers=bearer)
    assert made.status_code == 201
    assert "new" in names(client)


def test_a_token_leads_to_a_world_that_was_made_anew(
    app: App, anonymous: TestClient, api_key: str, token: str
) -> None:
    """A fresh world in the place of another one is what its tokens see."""
    fresh = app.worlds.create(api_key)
    assert api_key not in names(anonymous, f"access_token={token}")
    assert app.auth.world({}, f"access_token={token}".encode()) is fresh


def test_only_so_many_tokens_are_remembered(
    app: App, world: World, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of tokens that are all good, the oldest are forgotten."""
    monkeypatch.setattr("emulator.web.auth.MOST_TOKENS", 200)
    auth = Auth(app.worlds, ())
    tokens = [auth.issue_token(world) for _ in range(1_000)]
    known = [is_known(auth, each) for each in tokens]
    assert 100 <= sum(known) <= 200
    assert known == sorted(known)


def test_tokens_that_expired_long_ago_are_forgotten(app: App, world: World) -> None:
    """For one more lifetime they are answered as expired, then like any that is none."""
    auth = Auth(app.worlds, ())
    old = auth.issue_token(world)
    world.freeze()
    world.clock.move_to(world.clock.now_ms() + 2 * TOKEN_LIFETIME_MS)
    assert "expired" in refusal(auth, old)
    for _ in range(1_000):
        auth.issue_token(world)
    assert "expired" not in refusal(auth, old)


def test_an_unknown_token_is_refused(anonymous: TestClient) -> None:
    """A token that was never issued is not one."""
    answer = anonymous.get("/v0/evi/prompts", headers={"Authorization": "Bearer nonsense"})
    assert fault(answer) == "oauth.v2.InvalidAccessToken"


@pytest.mark.parametrize(
    ("data", "headers", "status", "error"),
    [
        pytest.param(GRANT, {}, 401, "invalid_client", id="no credentials"),
        pytest.param(GRANT, basic("key:"), 401, "invalid_client", id="no secret"),
        pytest.param(GRANT, {"Authorization": "Basic ?"}, 401, "invalid_client", id="no base64"),
        pytest.param({}, basic("key:secret"), 400, "invalid_request", id="no grant type"),
        pytest.param(
            {"grant_type": "password"},
            basic("key:secret"),
            400,
            "unsupported_grant_type",
            id="another grant type",
        ),
    ],
)
def test_token_requests_are_judged(
    anonymous: TestClient, data: dict[str, str], headers: dict[str, str], status: int, error: str
) -> None:
    """A bad token request is answered as OAuth 2 says, with a sentence."""
    answer = anonymous.post("/oauth2-cc/token", data=data, headers={**FORM, **headers})

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_accepted_keys_can_be_limited() -> None:
    """With a list of API keys, any other is refused, for tokens too."""
    client = TestClient(new_app(Settings(seed="empty", api_key=("good", "fine"))))

    assert client.get("/v0/evi/configs", headers={"X-Hume-Api-Key": "fine"}).status_code == 200
    assert fault(client.get("/v0/evi/configs", headers={"X-Hume-Api-Key": "bad"})) == (
        "oauth.v2.InvalidApiKey"
    )
    assert fault(client.post("/oauth2-cc/token", data=GRANT, headers=basic("bad:secret"))) == (
        "oauth.v2.InvalidApiKey"
    )


def test_a_key_may_have_any_letters(app: App, anonymous: TestClient) -> None:
    """A key in UTF-8 is the same key in the header and in the query."""
    world = app.worlds.get("clé")
    world.state(EviState).prompts.create(
        world.ids.uuid(), "é", {"text": "", "prompt_expansion": {}}, 1
    )

    assert "é" in names(anonymous, "api_key=cl%C3%A9")
    answer = anonymous.get(
        "/v0/evi/prompts?name=%C3%A9", headers={b"X-Hume-Api-Key": "clé".encode()}
    )
    assert answer.json()["total_pages"] == 1
