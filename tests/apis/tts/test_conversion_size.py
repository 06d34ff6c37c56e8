"""A recording may be larger than other bodies, within a limit of its own."""

import pytest
from starlette.testclient import TestClient

from emulator.apis.tts.api import MAX_RECORDING_BYTES

HEAD = b'--part\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'


@pytest.mark.parametrize("path", ["json", "file"])
@pytest.mark.parametrize("over", [False, True])
def test_the_largest_recording(client: TestClient, path: str, over: bool) -> None:
    """48 MiB are read, and found to be no sound; a byte more is too large."""
    end = b"\r\n--part--\r\n"
    size = MAX_RECORDING_BYTES + over - len(HEAD) - len(end)
    answer = client.post(
        f"/v0/tts/voice_conversion/{path}",
        content=HEAD + bytes(size) + end,
        headers={"Content-Type": "multipart/form-data; boundary=part"},
    )
    assert answer.status_code == (413 if over else 400)
