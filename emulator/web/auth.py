"""Authentication: API keys and access tokens (docs/protocol.md#authentication)."""

from collections.abc import Collection, Mapping, Sequence

from emulator.credentials import API_KEY, CREDENTIALS, HANDSHAKE_CREDENTIALS
from emulator.errors import WORLD_UNKNOWN, api_error, gateway_fault
from emulator.web.parameters import parse_query
from emulator.web.real_keys import RealKeys
from emulator.world.world import World
from emulator.world.worlds import Worlds

TOKEN_LIFETIME_MS = 30 * 60 * 1000
LONGEST_KEY = 1024  # characters; a real one has fewer than 100
_FEW_TOKENS = 100
MOST_TOKENS = 100_000  # that the emulator remembers
API_KEY_HEADER = b"x-hume-api-key"


class Auth:
    """Turns credentials into worlds: an API key is a world, a token stands for a key."""

    def __init__(self, worlds: Worlds, accepted_keys: Sequence[str]) -> None:
        self._worlds = worlds
        self._accepted_keys = set(accepted_keys)
        self._real_keys = RealKeys()
        self._sweep_at = _FEW_TOKENS
        self._tokens: dict[str, tuple[str, int]] = {}  # token -> its key, when it expires (ms)

    def look_at(self, api_key: str) -> None:
        """Warn of a key that looks real; called once for each new world."""
        self._real_keys.look_at(api_key)

    def accept(self, api_key: str) -> None:
        """Accept one more key, unless every key is accepted."""
        if self._accepted_keys:
            self._accepted_keys.add(api_key)

    def world(
        self,
        headers: Mapping[bytes, bytes],
        query_string: bytes,
        names: Collection[str] = CREDENTIALS,
    ) -> World:
        """Return the caller's world. Headers override the query. Raises ApiError (401).

        `names` are the query parameters that may hold credentials; the first one sent counts. Those
        of a handshake have older spellings, too.
        """
        key = headers.get(API_KEY_HEADER)
        if key:
            return self.world_of_key(_text(key))
        bearer = headers.get(b"authorization", b"").decode("latin-1")
        if bearer[:7].lower() == "bearer ":
            return self._world_of_token(bearer[7:].strip())
        query = parse_query(query_string)
        name = next((name for name in names if query.get(name)), None)
        if name is None:
            is_in_query = not names and any(query.get(name) for name in HANDSHAKE_CREDENTIALS)
            fault = "scheme" if bearer.strip() else "query" if is_in_query else "missing"
            raise gateway_fault(fault)
        if HANDSHAKE_CREDENTIALS[name] == API_KEY:
            return self.world_of_key(query[name])
        return self._world_of_token(query[name])

    def world_of_reference(self, reference: str) -> World:
        """Return the world that a path names. Raises ApiError (404) if there is none."""
        world = self._worlds.find_reference(reference)
        if world is None:
            raise api_error(WORLD_UNKNOWN, reference=reference)
        return world

    def check_key(self, headers: Mapping[bytes, bytes], query_string: bytes) -> None:
        """Raise ApiError (401) if only some keys are accepted and the caller has none of them."""
        if self._accepted_keys:
            self.world(headers, query_string)

    def worlds(self, headers: Mapping[bytes, bytes], query_string: bytes) -> list[World]:
        """Return the caller's world, or every world without credentials. Raises ApiError (401)."""
        query = parse_query(query_string)
        in_headers = headers.get(API_KEY_HEADER) or headers.get(b"authorization")
        if in_headers or any(query.get(name) for name in CREDENTIALS):
            return [self.world(headers, query_string)]
        return list(self._worlds)

    def world_of_key(self, api_key: str) -> World:
        """Return the world of an API key. Raises ApiError (401) for one that isn't accepted."""
        if len(api_key) > LONGEST_KEY:
            raise gateway_fault("key")
        if self._accepted_keys and api_key not in self._accepted_keys:
            self.look_at(api_key)
            raise gateway_fault("key")
        return self._worlds.get(api_key)

    def issue_token(self, world: World) -> str:
        """Make an access token, good for 30 minutes on the world's clock.

        It stands for the world's key: if the world is deleted, the token belongs to the next one.
        """
        self._forget_expired()
        token = world.reference + world.ids.secret()  # a random seed repeats it in every run
        self._tokens.pop(token, None)  # moves a repeated token to the end, where the newest are
        self._tokens[token] = (world.api_key, world.clock.now_ms() + TOKEN_LIFETIME_MS)
        return token

    def _world_of_token(self, token: str) -> World:
        if token not in self._tokens:
            raise gateway_fault("token")
        api_key, expires_ms = self._tokens[token]
        world = self._worlds.get(api_key)
        if world.clock.now_ms() >= expires_ms:
            raise gateway_fault("expired")
        return world

    def _forget_expired(self) -> None:
        """Forget tokens that expired a lifetime ago; until then, an answer can say "expired".

        The tokens are swept whenever their number has doubled since the last sweep. If too many
        are left, the oldest are forgotten.
        """
        if len(self._tokens) < self._sweep_at:
            return
        kept = [each for each in self._tokens.items() if not self._is_long_over(*each[1])]
        self._tokens = dict(kept[-MOST_TOKENS // 2 :])
        self._sweep_at = min(MOST_TOKENS, max(_FEW_TOKENS, 2 * len(self._tokens)))

    def _is_long_over(self, api_key: str, expires_ms: int) -> bool:
        """True if a token expired more than a lifetime ago, on the clock of its world, if any."""
        world = self._worlds.find(api_key)
        return world is not None and world.clock.now_ms() >= expires_ms + TOKEN_LIFETIME_MS


def _text(value: bytes) -> str:
    """Decode a header's value as UTF-8, as in a query, or else as latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
