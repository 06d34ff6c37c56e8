"""A program that uses the vendor's Python client: what recordings are made of in tests.

`python tests/extras/recording/vendor.py [NAME]` goes to HUME_BASE_URL with HUME_API_KEY.
"""

import asyncio
import os
import sys
import warnings
from contextlib import suppress
from typing import Any

with warnings.catch_warnings():  # the client imports what websockets means to remove
    warnings.simplefilter("ignore")
    import httpx
    from hume import AsyncHumeClient
    from hume.core.api_error import ApiError
    from hume.empathic_voice import SessionSettings, ToolResponseMessage, UserInput
    from hume.empathic_voice.types import AudioConfiguration, Tool

WEATHER = Tool(
    type="function", name="get_weather", parameters='{"type": "object"}', description="The weather."
)


async def use_rest(client: Any, name: str) -> str:
    """Lists, creates, changes, is refused. Returns the id of a new config."""
    evi = client.empathic_voice
    async for _ in await evi.configs.list_configs(page_size=2):
        pass
    prompt = await evi.prompts.create_prompt(name=f"Prompt of {name}", text="Be brief.")
    tool = await evi.tools.create_tool(name="get_tide", parameters='{"type": "object"}')
    config = await evi.configs.create_config(
        name=name, evi_version="3", prompt={"id": prompt.id}, tools=[{"id": tool.id}]
    )
    await evi.configs.create_config_version(config.id, evi_version="3", version_description="two")
    await evi.configs.update_config_name(config.id, name=f"{name} again")
    for unknown in ("00000000-0000-4000-8000-000000000000", "none"):
        with suppress(ApiError):  # 404 and 422
            await evi.configs.get_config_version(unknown, 0)
    with suppress(ApiError):  # 409: the name is taken; the client would ask three times
        await evi.configs.create_config(
            name=f"{name} again", evi_version="3", request_options={"max_retries": 0}
        )
    return str(config.id)


async def talk(client: Any, config_id: str, key: str) -> str:
    """A text turn, a tool call, and a turn of sound. Returns the id of the chat."""
    chat_id = ""

    async def until(kind: str) -> Any:
        nonlocal chat_id
        while (message := await socket.recv()).type != kind:
            chat_id = getattr(message, "chat_id", chat_id)
        return message

    async with client.empathic_voice.chat.connect(config_id=config_id) as socket:
        await socket.send_publish(
            SessionSettings(
                tools=[WEATHER],
                audio=AudioConfiguration(encoding="linear16", channels=1, sample_rate=16000),
                language_model_api_key=f"model-{key}",
            )
        )
        await socket.send_publish(UserInput(text="Hello!"))
        await until("assistant_end")
        await socket.send_publish(UserInput(text="get weather in Oslo"))
        call = await until("tool_call")
        answer = ToolResponseMessage(tool_call_id=call.tool_call_id, content='{"sky": "snow"}')
        await socket.send_publish(answer)
        await until("assistant_end")
        for piece in [b"\x00\x20\x00\xe0" * 800] * 10 + [bytes(3200)] * 10:
            await socket._send(piece)
        await until("assistant_end")
    return chat_id


async def main(url: str, key: str, name: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        client = AsyncHumeClient(base_url=url, api_key=key, httpx_client=http)
        config_id = await use_rest(client, name)
        chat_id = await talk(client, config_id, key)
        async for _ in await client.empathic_voice.chats.list_chat_events(chat_id):
            pass
        await client.empathic_voice.configs.delete_config(config_id)


if __name__ == "__main__":
    name = sys.argv[1] if sys.argv[1:] else "Weather"
    asyncio.run(main(os.environ["HUME_BASE_URL"], os.environ["HUME_API_KEY"], name))
