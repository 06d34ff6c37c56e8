"""A phone line to EVI: Twilio's media stream comes in here, and a chat of EVI answers it.

Twilio asks POST /twiml what to do with a call, and connects it to the WebSocket /media-stream. The
server passes sound both ways and answers the assistant's tool calls, which it could not do if the
number led to EVI by itself.
"""

import asyncio
import audioop  # Python 3.13 and newer: pip install audioop-lts
import base64
import io
import json
import os
import sys
import wave
from typing import Any

import uvicorn
from hume import AsyncHumeClient
from hume.empathic_voice.types import (
    AudioInput,
    ConnectSessionSettings,
    ConnectSessionSettingsAudio,
    ToolErrorMessage,
    ToolResponseMessage,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse

ORDERS = {"1042": "It left our warehouse this morning."}
LINE_RATE = 8000  # Hz, of mu-law on a telephone line
WIDTH = 2  # bytes of a linear sample


async def twiml(request: Request) -> Response:
    """Say a word, and connect the call to the media stream of this server."""
    if not await is_of_twilio(request):
        return Response("The signature is not Twilio's.", status_code=403)
    scheme = "wss" if request.url.scheme == "https" else "ws"
    answer = VoiceResponse()
    answer.say("Welcome to the order desk.")
    connect = Connect()
    connect.stream(url=f"{scheme}://{request.url.netloc}/media-stream")
    answer.append(connect)
    return Response(str(answer), media_type="text/xml")


async def is_of_twilio(request: Request) -> bool:
    """True if the request is signed with our auth token, or if no token is set."""
    token = os.environ.get("TWILIO_AUTH_TOKEN")
    if token is None:
        return True
    signature = request.headers.get("X-Twilio-Signature", "")
    form = dict(await request.form())
    return bool(RequestValidator(token).validate(str(request.url), form, signature))


async def media_stream(phone: WebSocket) -> None:
    """Answer one call with one chat, until either side ends it."""
    await phone.accept()
    stream_sid = await wait_for_start(phone)
    client = AsyncHumeClient(
        api_key=os.environ["HUME_API_KEY"], base_url=os.environ.get("HUME_BASE_URL")
    )
    line = ConnectSessionSettingsAudio(encoding="linear16", channels=1, sample_rate=LINE_RATE)
    async with client.empathic_voice.chat.connect(
        config_id=os.environ.get("HUME_CONFIG_ID"),
        session_settings=ConnectSessionSettings(audio=line),
    ) as evi:
        ways = [
            asyncio.create_task(phone_to_evi(phone, evi)),
            asyncio.create_task(evi_to_phone(evi, phone, stream_sid)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def wait_for_start(phone: WebSocket) -> str:
    """Return the stream's SID, which every message to Twilio names."""
    while (message := json.loads(await phone.receive_text()))["event"] != "start":
        pass
    return str(message["start"]["streamSid"])


async def phone_to_evi(phone: WebSocket, evi: Any) -> None:
    """Pass on what the caller says, until the caller hangs up."""
    try:
        while (message := json.loads(await phone.receive_text()))["event"] != "stop":
            if message["event"] == "media":
                sound = audioop.ulaw2lin(base64.b64decode(message["media"]["payload"]), WIDTH)
                await evi.send_audio_input(AudioInput(data=base64.b64encode(sound).decode()))
    except WebSocketDisconnect:
        pass


async def evi_to_phone(evi: Any, phone: WebSocket, stream_sid: str) -> None:
    """Pass on what the assistant says; stop the telephone when the caller interrupts."""
    async for message in evi:
        if message.type == "audio_output":
            payload = base64.b64encode(on_the_line(base64.b64decode(message.data))).decode()
            media = {"event": "media", "streamSid": stream_sid, "media": {"payload": payload}}
            await phone.send_json(media)
        elif message.type == "user_interruption":
            await phone.send_json({"event": "clear", "streamSid": stream_sid})
        elif message.type == "tool_call":
            await answer_tool_call(evi, message)


def on_the_line(file: bytes) -> bytes:
    """Return a WAV file as mu-law of 8 kHz."""
    with wave.open(io.BytesIO(file)) as sound:
        pcm, rate = sound.readframes(sound.getnframes()), sound.getframerate()
    if rate != LINE_RATE:
        pcm, _ = audioop.ratecv(pcm, WIDTH, 1, rate, LINE_RATE, None)
    return audioop.lin2ulaw(pcm, WIDTH)


async def answer_tool_call(evi: Any, call: Any) -> None:
    """Look an order up for the assistant."""
    number = json.loads(call.parameters).get("order")
    if number in ORDERS:
        await evi.send_tool_response(
            ToolResponseMessage(tool_call_id=call.tool_call_id, content=ORDERS[number])
        )
    else:
        error = f"No order has the number {number}."
        await evi.send_tool_error(ToolErrorMessage(tool_call_id=call.tool_call_id, error=error))


app = Starlette(
    routes=[
        Route("/twiml", twiml, methods=["POST"]),
        WebSocketRoute("/media-stream", media_stream),
    ]
)


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
