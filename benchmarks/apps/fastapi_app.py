"""An hour's work with FastAPI, to compare with: `python fastapi_app.py CHATS PORT`.

CHATS is a file with the chats, as JSON. It validates the same parameters and the same config body
as the emulator, into models of pydantic, and keeps configs in a dict.
"""

import json
import sys
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4  # noqa: TID251 - this is not the emulator

import uvicorn
from fastapi import FastAPI, Query  # type: ignore[import-not-found,unused-ignore]
from pydantic import BaseModel, Field


class Voice(BaseModel):
    provider: Literal["HUME_AI", "CUSTOM_VOICE"]
    name: str


class LanguageModel(BaseModel):
    model_provider: Literal["ANTHROPIC", "OPEN_AI", "GOOGLE", "CUSTOM_LANGUAGE_MODEL"]
    model_resource: str
    temperature: float | None = Field(None, ge=0, le=2)


class EventMessage(BaseModel):
    enabled: bool
    text: str | None = None


class EventMessages(BaseModel):
    on_new_chat: EventMessage | None = None
    on_inactivity_timeout: EventMessage | None = None
    on_max_duration_timeout: EventMessage | None = None


class Timeout(BaseModel):
    enabled: bool
    duration_secs: int | None = Field(None, ge=30, le=1800)


class Timeouts(BaseModel):
    inactivity: Timeout | None = None
    max_duration: Timeout | None = None


class Config(BaseModel):
    evi_version: str
    name: str
    voice: Voice | None = None
    language_model: LanguageModel | None = None
    event_messages: EventMessages | None = None
    timeouts: Timeouts | None = None


def make_app(chats: list[dict[str, Any]]) -> Any:
    app = FastAPI()
    configs: dict[str, Config] = {}

    async def list_chats(
        page_number: int = Query(0, ge=0),
        page_size: int = Query(10, ge=1, le=100),
        ascending_order: bool = True,
        config_id: str | None = None,
        status: str | None = None,
    ) -> Any:
        wanted = [
            chat
            for chat in chats
            if (config_id is None or chat["config"]["id"] == config_id)
            and (status is None or chat["status"] == status)
        ]
        if not ascending_order:
            wanted.reverse()
        start = page_number * page_size
        return {
            "page_number": page_number,
            "page_size": page_size,
            "total_pages": -(-len(wanted) // page_size),
            "pagination_direction": "ASC" if ascending_order else "DESC",
            "chats_page": wanted[start : start + page_size],
        }

    async def create_config(config: Config) -> Any:
        id = str(uuid4())
        configs[id] = config
        return {"id": id, "version": 0, **config.model_dump()}

    app.get("/v0/evi/chats")(list_chats)
    app.post("/v0/evi/configs", status_code=201)(create_config)
    return app


if __name__ == "__main__":
    file, port = sys.argv[1:]
    uvicorn.run(
        make_app(json.loads(Path(file).read_bytes())),
        port=int(port),
        log_level="warning",
        access_log=False,
    )
