from starlette.testclient import TestClient
def test_x(client: TestClient) -> None:
    assert client.get("/v0/evi/configs").status_code == 200
