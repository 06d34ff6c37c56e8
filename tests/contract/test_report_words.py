"""What a report says of a finding: a refusal is no expectation, and what came is shown."""

import pytest
from starlette.testclient import TestClient

from emulator.contract.renderings import render_report
from emulator.contract.report import Demands, Report, read_report

CONFIG = {"evi_version": "3", "name": "A"}


@pytest.fixture
def report(client: TestClient) -> Report:
    """A client with a mistake of each kind that is told in its own way."""
    client.get("/v0/evi/config")
    for _ in range(2):
        config_id = client.post("/v0/evi/configs", json=CONFIG).json().get("id", "")
        if config_id:
            client.request("DELETE", f"/v0/evi/prompts/{config_id}", json={"a": 1})
    client.post("/v0/evi/prompts", content=b'{not JSON, "api_key": "s3cret"')
    client.post("/v0/evi/configs", json={"evi_version": "3", "name": 3})
    return read_report(client.get("/_emulator/contract").json())


def test_what_is_wrong(report: Report) -> None:
    """The error's text with its code; the body that is not JSON; the body that is not wanted."""
    told = render_report(report, Demands(), "text")
    assert "        A config named 'A' already exists (ID: " in told
    assert "). (name_taken)" not in told
    assert ") (name_taken)\n" in told
    assert "expected JSON (unexpected character, expected a string key); got " in told
    assert "{not JSON" in told
    assert "s3cret" not in told
    assert 'expected no body; got "a body of 7 bytes"' in told
    assert "expected a valid string; got 3" in told


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
def test_when_and_where(report: Report, format: str) -> None:
    """The first request with its number, time and line; version and seed."""
    told = render_report(report, Demands(), format).replace("\\", "").replace("&gt;", ">")
    assert "once, journal 1, first at 20" in told
    assert "Z: GET /v0/evi/config -> 404" in told
    assert "emulator " in told
    assert ", seed demo" in told


def test_findings_are_by_operation(report: Report) -> None:
    """Those of an operation stand together, operations with errors first."""
    subjects = [found["subject"] for found in report.findings]
    assert subjects == sorted(subjects, key=subjects.index)
    assert report.findings[0]["level"] == "error"
    levels = [found["level"] for found in report.findings if found["subject"] == "create-prompt"]
    assert levels == sorted(levels)


def test_another_scheme(client: TestClient) -> None:
    """A key in an Authorization header of another scheme was sent, and is not read."""
    given = {"Authorization": "ApiKey k"}
    answer = TestClient(client.app).get("/v0/evi/configs", headers=given)
    assert answer.status_code == 401
    assert "the header Authorization is read as 'Bearer TOKEN' alone" in answer.text
