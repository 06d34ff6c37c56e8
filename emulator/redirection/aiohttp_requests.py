"""Requests and WebSockets by aiohttp's client."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from .hosts import is_service

if TYPE_CHECKING:
    from types import ModuleType

    from .patching import Patching
    from .target import Target


def patch(module: ModuleType, patching: Patching) -> None:
    """Redirect each request of aiohttp as it is made, whatever its session has."""
    target = patching.target
    make = module.ClientRequest.__init__

    @wraps(make)
    def init(self: Any, method: str, url: Any, **options: Any) -> None:
        if not is_service(url.host):
            make(self, method, url, **options)
            return
        patching.note("aiohttp")
        params = options.pop("params", None)
        if params:  # a name may come again, which older versions of yarl can't add
            url = getattr(url, "extend_query", url.update_query)(params)
        make(self, method, _url_for(target, url), **_options_for(module, target, options))
        self.original_url = url  # which the response shows

    patching.replace(module.ClientRequest, "__init__", init)


def _url_for(target: Target, url: Any) -> Any:
    return type(url)(target.url + target.path_for(url.raw_path_qs), encoded=True)


def _options_for(module: Any, target: Target, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options for the emulator, without what leads to the service: a proxy, for one."""
    direct = {"proxy", "proxy_auth", "proxy_headers", "server_hostname", "ssl"}
    kept = {name: value for name, value in options.items() if name not in direct}
    if target.is_secure:
        kept["ssl"] = target.tls()
    if kept.get("headers"):
        pairs = module.CIMultiDict(kept["headers"]).items()
        kept["headers"] = module.CIMultiDict(
            (name, target.header_for(name, value)) for name, value in pairs
        )
    if kept.get("auth"):
        kept["auth"] = kept["auth"]._replace(login=target.api_key)
    return kept
