"""The handshake of a session: it begins a run, whose id is the session's."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from emulator.apis.expression.audio_session import AudioSession
from emulator.apis.expression.configuration import AudioSettings, FaceSettings
from emulator.apis.expression.realtime_peer import RealtimePeer
from emulator.apis.expression.run import AUDIO, REALTIME
from emulator.apis.expression.scores import seed_of
from emulator.apis.expression.session import Session
from emulator.apis.expression.state import ExpressionState, begin_run
from emulator.apis.expression.video_session import VideoSession
from emulator.contract.findings import MOST_AT_ONCE, Finding
from emulator.contract.values import unknown_parameter
from emulator.errors import ValidationFailed
from emulator.openapi.strictness import unknown_parameters
from emulator.sockets.outbound import Outbound
from emulator.sockets.socket import OnBug, Opening, Peer
from emulator.world.world import World


class RealtimeOpening(Opening):
    """A handshake of audio or video. It has no parameters."""

    def __init__(self, world: World, endpoint: str, query_string: bytes) -> None:
        self._world = world
        self._endpoint = endpoint
        self.query = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))

    def audit(self) -> Sequence[Finding]:
        names = list(self.query)[:MOST_AT_ONCE]
        return [unknown_parameter(name, ()) for name in names]

    def check(self) -> None:
        if self._world.settings.strict:
            problems = unknown_parameters(self.query, ())
            if problems:
                raise ValidationFailed(problems)

    def open(self, outbound: Outbound, on_bug: OnBug) -> Peer:
        return RealtimePeer(self._world, outbound, self._new_session(), on_bug)

    def _new_session(self) -> Session:
        world, is_audio = self._world, self._endpoint == AUDIO
        settings = AudioSettings() if is_audio else FaceSettings()
        run = begin_run(world, self._endpoint, REALTIME, settings.to_json())
        script = world.state(ExpressionState).script
        seed = seed_of(world.settings, self._endpoint)
        idle_ms = world.settings.expression_idle_timeout * 1000
        kind = AudioSession if is_audio else VideoSession
        return kind(run, script, seed, idle_ms, world.clock.now_ms())
