"""`POST /oauth2-cc/token`: an access token for an API key and a secret key.

Facts: docs/protocol.md#access-tokens.
"""

import base64
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulator.errors import ApiError
from emulator.web.auth import TOKEN_LIFETIME_MS, Auth
from emulator.web.bodies import read_body

_LARGEST_FORM = 16_384


def token_endpoint(auth: Auth) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint; credentials come as HTTP Basic, or as client_id and client_secret."""

    async def token(request: Request) -> JSONResponse:
        try:
            form = dict(parse_qsl((await read_body(request.receive, _LARGEST_FORM)).decode()))
            api_key = _api_key(request.headers.get("authorization", ""), form)
            world = auth.world_of_key(api_key)
        except UnicodeDecodeError:
            return _refusal(400, "invalid_request", "the form is not UTF-8")
        except _Refused as refused:
            return _refusal(*refused.args)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        return JSONResponse(
            {
                "access_token": auth.issue_token(world),
                "token_type": "bearer",
                "expires_in": TOKEN_LIFETIME_MS // 1000,
            }
        )

    return token


class _Refused(Exception):
    """Status, error code of OAuth 2 (RFC 6749, 5.2), description."""


def _api_key(authorization: str, form: dict[str, str]) -> str:
    if form.get("grant_type") != "client_credentials":
        got = form.get("grant_type")
        description = f"grant_type must be 'client_credentials' in a form body, got {got!r}"
        raise _Refused(400, "unsupported_grant_type" if got else "invalid_request", description)
    api_key, secret_key = _basic(authorization) or (
        form.get("client_id", ""),
        form.get("client_secret", ""),
    )
    if not api_key or not secret_key:
        description = "send the API key and the secret key, as HTTP Basic or in the form"
        raise _Refused(401, "invalid_client", description)
    return api_key


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        raise _Refused(401, "invalid_client", "the Basic credentials are not base64") from None
    api_key, _, secret_key = decoded.partition(":")
    return api_key, secret_key


def _refusal(status: int, error: str, description: str) -> JSONResponse:
    return JSONResponse({"error": error, "error_description": description}, status)
