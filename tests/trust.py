"""Makes the TLS context of HTTP clients once per process.

Each httpx client reads the certificates of all authorities, which takes 20 ms, also where it never
speaks TLS.
"""

import os
import ssl
from collections.abc import Callable
from functools import cache

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # which httpx reads

CreateContext = Callable[..., ssl.SSLContext]


def once(create: CreateContext) -> CreateContext:
    """Wrap `create` so that clients of default trust share a context."""

    @cache
    def default(trust_env: bool, *files: str | None) -> ssl.SSLContext:
        return create(trust_env=trust_env)

    def create_once(
        verify: object = True, cert: object = None, trust_env: bool = True
    ) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return create(verify=verify, cert=cert, trust_env=trust_env)
        return default(trust_env, *map(os.environ.get, VARIABLES))

    return create_once
