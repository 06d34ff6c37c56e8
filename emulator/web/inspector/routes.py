"""GET /_emulator/ and its files, which are the same for every world (docs/inspector.md).

All are static but one: `views.js` says which lists of resources the APIs bring.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from emulator.errors import PATH_NOT_FOUND, api_error, closest
from emulator.inspection import View
from emulator.jsontext import render
from emulator.web.endpoint import Route

PAGE = Path(__file__).parent / "page"
_INDEX = "index.html"
_VIEWS = "views.js"
_MEDIA_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
# The page shows texts of unknown clients, so it may run and load nothing but its own files.
HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "media-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-cache",  # a file that is the same is answered 304
}


def inspector_routes(views: Sequence[View]) -> list[Route]:
    """Return the routes of a page that lists these resources."""
    script = b"export const VIEWS = " + render([view.to_json() for view in views]) + b";\n"

    headers = {**HEADERS, "ETag": f'"{hashlib.sha256(script).hexdigest()[:32]}"'}

    async def answer_file(request: Request) -> Response:
        if request.path_params["name"] == _VIEWS:
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(status_code=304, headers=headers)
            return Response(script, headers=headers, media_type=_MEDIA_TYPES[".js"])
        return await _file(request)

    return [
        Route("GET", "/_emulator", _to_page),
        Route("GET", "/_emulator/", _page),
        Route("GET", "/_emulator/inspector/{name}", answer_file),
    ]


async def _to_page(request: Request) -> Response:
    """Redirect to the address with a slash: the page's files lie beside it."""
    return RedirectResponse("/_emulator/")


async def _page(request: Request) -> Response:
    return _answer(_INDEX, request)


async def _file(request: Request) -> Response:
    """Answer a file of the page. Raises ApiError (404) for an unknown name."""
    name = request.path_params["name"]
    known = [_VIEWS, *(path.name for path in PAGE.iterdir() if path.name != _INDEX)]
    if name not in known:
        path, hint = request.url.path, closest(name, known)
        raise api_error(PATH_NOT_FOUND, method=request.method, path=path, hint=hint)
    return _answer(name, request)


def _answer(name: str, request: Request) -> Response:
    path = PAGE / name
    answer = FileResponse(
        path, media_type=_MEDIA_TYPES[path.suffix], headers=HEADERS, stat_result=path.stat()
    )
    if request.headers.get("if-none-match") == answer.headers["etag"]:
        return Response(status_code=304, headers={**HEADERS, "ETag": answer.headers["etag"]})
    return answer
