"""GET /_emulator/ and its files, which are the same for every world (docs/inspector.md).

All are static but one: `views.js` says which lists of resources and which pages the APIs bring.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from emulator.api import Api
from emulator.errors import PATH_NOT_FOUND, api_error, closest
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
            "media-src 'self' blob:",  # sound that was asked for with a key
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


def inspector_routes(apis: Sequence[Api]) -> list[Route]:
    """Return the routes of a page with the lists and pages of these APIs."""
    files, script = _files(apis), _views_script(apis)
    headers = {**HEADERS, "ETag": f'"{hashlib.sha256(script).hexdigest()[:32]}"'}

    async def answer_file(request: Request) -> Response:
        if request.path_params["name"] == _VIEWS:
            if request.headers.get("if-none-match") == headers["ETag"]:
                return Response(status_code=304, headers=headers)
            return Response(script, headers=headers, media_type=_MEDIA_TYPES[".js"])
        return _file(files, request)

    return [
        Route("GET", "/_emulator", _to_page),
        Route("GET", "/_emulator/", _page),
        Route("GET", "/_emulator/inspector/{name}", answer_file),
    ]


def _files(apis: Sequence[Api]) -> Mapping[str, Path]:
    """Return the files of the page by their names: its own, and those of the APIs."""
    folders = [PAGE, *(page.folder for api in apis for page in api.pages)]
    found = {path.name: path for folder in folders for path in folder.iterdir()}
    del found[_INDEX]
    return found


def _views_script(apis: Sequence[Api]) -> bytes:
    """Return the module that tells the page what the APIs bring."""
    pages = [page.name for api in apis for page in api.pages]
    lists = render([view.to_json() for api in apis for view in api.views])
    imports = "".join(f'import {{ {name} }} from "./{name}.js";\n' for name in pages)
    exports = b"export const LISTS = %s;\nexport const PAGES = [%s];\n"
    return imports.encode() + exports % (lists, ", ".join(pages).encode())


async def _to_page(request: Request) -> Response:
    """Redirect to the address with a slash: the page's files lie beside it."""
    return RedirectResponse("/_emulator/")


async def _page(request: Request) -> Response:
    return _answer(PAGE / _INDEX, request)


def _file(files: Mapping[str, Path], request: Request) -> Response:
    """Answer a file of the page. Raises ApiError (404) for an unknown name."""
    name = request.path_params["name"]
    if name not in files:
        path, hint = request.url.path, closest(name, [_VIEWS, *files])
        raise api_error(PATH_NOT_FOUND, method=request.method, path=path, hint=hint)
    return _answer(files[name], request)


def _answer(path: Path, request: Request) -> Response:
    answer = FileResponse(
        path, media_type=_MEDIA_TYPES[path.suffix], headers=HEADERS, stat_result=path.stat()
    )
    if request.headers.get("if-none-match") == answer.headers["etag"]:
        return Response(status_code=304, headers={**HEADERS, "ETag": answer.headers["etag"]})
    return answer
