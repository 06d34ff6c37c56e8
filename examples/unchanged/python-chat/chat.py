"""Holds a conversation in the terminal: each line that you type is answered."""

import asyncio
import os
import sys

from hume import AsyncHumeClient
from hume.empathic_voice import UserInput


async def main() -> None:
    client = AsyncHumeClient(api_key=os.environ["HUME_API_KEY"])
    async with client.empathic_voice.chat.connect() as socket:
        for line in sys.stdin:
            await socket.send_publish(UserInput(text=line.strip()))
            async for event in socket:
                if event.type == "assistant_message":
                    print(f"assistant: {event.message.content}", flush=True)
                elif event.type == "assistant_end":
                    break
                elif event.type == "error":
                    sys.exit(event.message)


if __name__ == "__main__":
    asyncio.run(main())
