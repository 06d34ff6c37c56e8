"""The least that one would write with Starlette: `python starlette_app.py PORT`."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def list_chats(request: Request) -> JSONResponse:
    return JSONResponse({"page_number": 0, "page_size": 10, "total_pages": 0, "chats_page": []})


if __name__ == "__main__":
    app = Starlette(routes=[Route("/v0/evi/chats", list_chats)])
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
