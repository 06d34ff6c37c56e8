"""The table of settings. Flags, environment variables, `--help` and the docs read it."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any

from emulator.durations import duration_ms, read_pace
from emulator.errors import UsageError, closest
from emulator.hosts import WEBHOOK_SCHEMES, form_problem, map_rule_problem, read_host_rule

ENV_PREFIX = "EVI_EMULATOR_"
CA_FILE_ENV = ENV_PREFIX + "CA_FILE"  # not a setting: the CA that client commands trust
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: `name` in Python, `--flag` on the command line, `env` in the environment."""

    name: str
    scope: str  # server, or world if worlds of one server may differ in it
    kind: str  # text, integer, switch, list, hosts, pace, duration, url and so on
    default: Any
    help: str
    api: str = ""  # the name of the API that alone reads it; "" if the machinery does
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    secret: bool = False
    may_be_empty: bool = True

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def env(self) -> str:
        return ENV_PREFIX + self.name.upper()

    @property
    def shown_default(self) -> str:
        """Return the default as a flag would give it."""
        is_list = isinstance(self.default, tuple)
        return ",".join(self.default) if is_list else str(self.default).lower()

    def parse(self, text: str, source: str) -> Any:
        """Return the value that `text` means. Raises UsageError, naming `source`."""
        try:
            return self.check(_PARSERS[self.kind](text), source)
        except ValueError:
            raise self._wrong(f"must be {_WORDS[self.kind]}", text, source) from None

    def taken(self, value: Any) -> Any:
        """Return a value from Python code. A text or a list may stand for a tuple of texts."""
        if _TYPES[self.kind] is not tuple:
            return value
        if isinstance(value, str):
            return self.parse(value, "Settings")
        return tuple(value) if isinstance(value, list) else value

    def check(self, value: Any, source: str) -> Any:
        """Return the value if it is within bounds. Raises UsageError, naming `source`."""
        if value != self.default and type(value) is not _TYPES[self.kind]:
            raise self._wrong(f"must be {_WORDS[self.kind]}", value, source)
        read = _READERS.get(self.kind)
        if read is not None and value != self.default:
            try:
                read(value)
            except ValueError:
                raise self._wrong(f"must be {_WORDS[self.kind]}", value, source) from None
        if self.kind == "hosts" and any(read_host_rule(each) is None for each in value):
            raise self._wrong(f"must be {_WORDS[self.kind]}", value, source)
        if self.kind == "url_rules":
            problems = [problem for each in value if (problem := map_rule_problem(each))]
            if problems:
                raise self._wrong(problems[0], value, source)
        is_url = self.kind == "url" or (self.kind == "choice_or_url" and "://" in value)
        if is_url and value:
            problem = form_problem(value, WEBHOOK_SCHEMES)
            if problem is not None:
                raise self._wrong(problem, value, source)
            return value
        if value == "" and not self.may_be_empty:
            raise self._wrong("must not be empty", value, source)
        given = value if isinstance(value, tuple) else (value,)
        if self.choices and (wrong := [each for each in given if each not in self.choices]):
            hint = closest(str(wrong[0]), self.choices)
            or_url = ", or a URL" if self.kind == "choice_or_url" else ""
            expected = f"must be one of {', '.join(self.choices)}{or_url}{hint}"
            raise self._wrong(expected, value, source)
        if self.minimum is not None and value is not None and value < self.minimum:
            raise self._wrong(f"must be at least {self.minimum}", value, source)
        if self.maximum is not None and value is not None and value > self.maximum:
            raise self._wrong(f"must be at most {self.maximum}", value, source)
        return value

    def _wrong(self, expected: str, got: Any, source: str) -> UsageError:
        shown = "(hidden)" if self.secret and got else repr(got)
        return UsageError(f"{self.name} {expected}, got {shown} (from {source})")


def _parse_switch(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _parse_list(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(","))
    if not all(parts):
        raise ValueError(text)
    return parts


_PARSERS: Mapping[str, Any] = {
    "text": str,
    "integer": int,
    "switch": _parse_switch,
    "list": _parse_list,
    "hosts": _parse_list,
    "pace": str,
    "duration": str,
    "url_rules": _parse_list,
    "url": str,
    "choice_or_url": str,
}
# What reads the texts of a kind, and raises ValueError for a wrong one.
_READERS: Mapping[str, Callable[[str], object]] = {"pace": read_pace, "duration": duration_ms}
_TYPES = {
    "text": str,
    "integer": int,
    "switch": bool,
    "list": tuple,
    "hosts": tuple,
    "pace": str,
    "duration": str,
    "url_rules": tuple,
    "url": str,
    "choice_or_url": str,
}
_WORDS = {
    "text": "a text",
    "integer": "an integer",
    "switch": "one of " + ", ".join(_TRUE + _FALSE),
    "list": "a comma-separated list without empty items",
    "hosts": "a comma-separated list of hosts such as example.internal, *.example.internal "
    "or localhost:8000",
    "pace": "instant, realtime, or a speed factor such as 5",
    "duration": "a duration such as 200ms, 1.5s or 2m",
    "url": "a URL such as http://127.0.0.1:8080",
    "choice_or_url": "one of the choices, or a URL such as http://127.0.0.1:8080",
    "url_rules": "rules FROM=TO such as https://llm.example.com=http://127.0.0.1:8000",
}


def _setting(scope: str, kind: str, default: Any, help: str, **more: Any) -> Any:
    is_shown = not more.get("secret")
    return field(
        default=default,
        repr=is_shown,
        metadata={"scope": scope, "kind": kind, "help": help, **more},
    )


_server, _world = partial(_setting, "server"), partial(_setting, "world")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server. Each field is a row of the table."""

    host: str = _server("text", "127.0.0.1", "address to listen on")
    port: int = _server(
        "integer", 8484, "port to listen on; 0 picks a free one", minimum=0, maximum=65535
    )
    seed: str = _world("text", "demo", "what a world starts with: demo, empty, or a file's path")
    spec: str = _server("text", "", "an OpenAPI document to serve instead of the bundled one")
    api_key: tuple[str, ...] = _server(
        "list", (), "accept only these API keys (any non-empty key otherwise)", secret=True
    )
    random_seed: int | None = _world(
        "integer",
        None,
        "make ids and other random values repeatable: the number that starts their generators",
    )
    timestamps: str = _world(
        "text",
        "milliseconds",
        "unit of timestamps of chats, chat groups, configs, prompts and tools",
        choices=("milliseconds", "seconds"),
        api="evi",
    )
    require_voice: bool = _world(
        "switch", False, "answer 400 for an EVI 3 config without a voice", api="evi"
    )
    name_conflict: str = _world(
        "text",
        "409",
        "status of the answer to a name that another config or tool already has",
        choices=("409", "400"),
        api="evi",
    )
    unknown_ids: str = _server(
        "text",
        "404",
        "the answer to an id that does not exist: 404, or an example",
        choices=("404", "example"),
    )
    unknown_voices: str = _world(
        "text",
        "accept",
        "whether to accept or refuse a library voice that is not in the emulator's list",
        choices=("accept", "refuse"),
        api="voices",
    )
    lenient_tts: bool = _server(
        "switch",
        False,
        "let text-to-speech accept streams without a voice, and the bodies of Hume's generated "
        "tests: empty contexts and ids, voices without a name",
        api="tts",
    )
    voice: str = _world(
        "choice_or_url",
        "tones",
        "how speech sounds: tones, words spoken by eSpeak NG, which needs the package's extra "
        "[voice], or what an OpenAI-compatible server at a URL says",
        choices=("tones", "espeak"),
    )
    voice_model: str = _world(
        "text", "", "the model's name on the voice's server; tts-1 by default"
    )
    voice_name: str = _world(
        "text",
        "",
        "the voice of the voice's server for all speech; the Hume voice's name by default",
    )
    voice_key: str = _world("text", "", "the API key of the voice's server", secret=True)
    voice_timeout: int = _world(
        "integer",
        30,
        "how long the voice's server may take for a sentence, in real time (s)",
        minimum=1,
        maximum=600,
    )
    max_generation_seconds: int = _world(
        "integer", 1800, "longest speech that one request may ask for (s)", minimum=1, api="tts"
    )
    tts_idle_timeout: int = _world(
        "integer",
        60,
        "how long a text-to-speech socket may be idle before it is closed (s)",
        minimum=1,
        api="tts",
    )
    expression_idle_timeout: int = _world(
        "integer",
        60,
        "how long an expression socket may be idle before it is closed (s)",
        minimum=1,
        api="expression",
    )
    tts_stream_type: str = _world(
        "text",
        "text/event-stream",
        "media type of text-to-speech's streamed JSON lines; the lines are the same with both",
        choices=("text/event-stream", "application/x-ndjson"),
        api="tts",
    )
    tts_file_type: str = _world(
        "text",
        "audio",
        "media type of text-to-speech's files: audio/mpeg and so on, or octet-stream for all",
        choices=("audio", "octet-stream"),
        api="tts",
    )
    inactivity_timeout: int = _world(
        "integer",
        600,
        "inactivity timeout (s) of configs that set none",
        minimum=30,
        maximum=1800,
        api="evi",
    )
    signing_key: str = _world(
        "text",
        "emulator-signing-key",
        "key that webhooks are signed with",
        secret=True,
        may_be_empty=False,
    )
    sign_webhooks_with: str = _world(
        "text",
        "signing_key",
        "sign webhooks with the signing key, or with the world's API key",
        choices=("signing_key", "api_key"),
    )
    webhook_time: str = _world(
        "text",
        "wall",
        "the time in a webhook's header: the wall clock's, or the world's",
        choices=("wall", "world"),
    )
    webhook_timeout: int = _server(
        "integer", 5, "how long a webhook's receiver may take to answer (s)", minimum=1
    )
    webhook_queue: int = _world(
        "integer",
        10_000,
        "webhook deliveries that a world keeps, and that may be pending",
        minimum=1,
    )
    journal_limit: int = _world(
        "integer", 10_000, "entries that a world's journal keeps", minimum=1
    )
    journal_max_bytes: int = _world(
        "integer",
        67_108_864,
        "approximate bytes of requests, answers and frames that a world's journal keeps",
        minimum=65_536,
    )
    max_worlds: int = _server(
        "integer", 10_000, "worlds that a server keeps; a new key beyond them gets 429", minimum=1
    )
    world_idle_minutes: int = _server(
        "integer",
        60,
        "real minutes after which a world that nobody uses is dropped; 0 keeps all, as do "
        "--api-key, --state and --export-on-exit",
        minimum=0,
    )
    clock: str = _world(
        "text",
        "system",
        "a world's time runs (system), or is frozen at the start of 2025 until moved (manual)",
        choices=("system", "manual"),
    )
    script: str = _world(
        "text", "", "what the assistant says: a bundled script, or a file's path", api="evi"
    )
    pace: str = _world(
        "pace",
        "instant",
        "how long the assistant takes, and how fast generated speech streams: instant, realtime, "
        "or a speed factor (5 is five times faster)",
    )
    first_audio: str = _world(
        "duration",
        "",
        "with a pace, the time from a request or a turn to the first sound, such as 500ms; by "
        "default 200ms for generated speech, and 0.6 to 1 s in a chat",
    )
    jitter: str = _world(
        "duration",
        "0ms",
        "with a pace, the longest random delay of each chunk of sound",
    )
    audio_output: bool = _world(
        "switch", True, "send the assistant's speech as audio, too", api="evi"
    )
    prosody: str = _world(
        "text",
        "frame",
        "where the scores of the assistant's sentences are sent: in a frame of their own, or "
        "inline in the assistant_message, as clients from before mid-2025 expect",
        choices=("frame", "inline"),
        api="evi",
    )
    transcription_failure: str = _world(
        "text",
        "end",
        "whether a chat ends, or continues, after audio that can't be decoded",
        choices=("end", "continue"),
        api="evi",
    )
    max_chats: int | None = _world(
        "integer",
        None,
        "live chats that a world may have; the next is refused",
        minimum=1,
        api="evi",
    )
    max_events: int = _world(
        "integer",
        1_000_000,
        "chat events that a world keeps, beside its seed's; a chat that reaches the limit ends "
        "with an error frame, and the next is refused",
        minimum=1,
        api="evi",
    )
    max_unsent_bytes: int = _world(
        "integer",
        16_777_216,
        "bytes that may wait for a client that reads slowly; a client beyond it is cut off",
        minimum=65_536,
    )
    max_body_bytes: int = _server(
        "integer", 1_048_576, "largest request body; a larger one gets 413", minimum=1024
    )
    max_filled_chars: int = _world(
        "integer",
        262_144,
        "most characters that placeholders and variables may add to a text; a longer text "
        "gets an error frame",
        minimum=1024,
        api="evi",
    )
    max_head_bytes: int = _server(
        "integer",
        262_144,
        "largest head of a request (its URL and headers); a larger one gets 414 or 431",
        minimum=8192,
    )
    request_timeout: int = _server(
        "integer",
        60,
        "longest time that a request may take to arrive (s); a slower one gets 408",
        minimum=1,
    )
    strict: bool = _world(
        "switch",
        False,
        "answer 422 for fields, parameters and values that the document does not list",
    )
    requests_per_second: int | None = _world(
        "integer", None, "requests that a world answers in a second; more get 429", minimum=1
    )
    max_frame_bytes: int = _server(
        "integer",
        16_777_216,
        "largest frame of a WebSocket; a larger one closes the WebSocket with 1009",
        minimum=1024,
    )
    fail_unused: bool = _world(
        "switch",
        False,
        "fail a test, or the command of exec, if it leaves rules of its script or faults unused, "
        "or if a user's turn meets no rule; unused stubs fail it in any case",
    )
    chaos: str = _world(
        "text",
        "",
        "random faults in every world, with their probabilities, such as ws_drop=.05,http_5xx=.02",
    )
    log_requests: bool = _server("switch", False, "print a line for each request")
    state: str = _server("text", "", "a folder that keeps worlds when the server ends")
    export_on_exit: str = _server(
        "text", "", "a folder to which each world is written when the server ends"
    )
    max_snapshot_bytes: int = _server(
        "integer", 268_435_456, "largest snapshot that may be restored", minimum=1024
    )
    tls: bool = _server("switch", False, "serve https and wss, with a new certificate")
    allowed_hosts: tuple[str, ...] = _server(
        "list", (), "additional host names accepted on the emulator's own routes"
    )
    public_url: str = _world(
        "url",
        "",
        "the address at which others reach the emulator, such as https://abc.tunnel.example; URLs "
        "in answers begin with it, by default with the request's Host",
    )
    call_hosts: tuple[str, ...] = _world(
        "hosts",
        (),
        "hosts where webhooks, custom language models and phone calls may use http and ws, too",
    )
    map_url: tuple[str, ...] = _world(
        "url_rules",
        (),
        "redirects, each FROM=TO: calls to a URL that begins with FROM go to TO instead; for "
        "custom language models, webhooks and phone calls",
    )
    model_timeout: int = _world(
        "integer",
        10,
        "how long a custom language model may be silent, in real time (s)",
        minimum=1,
        maximum=600,
        api="evi",
    )
    model_failure: str = _world(
        "text",
        "continue",
        "whether a chat continues, or ends, when its custom language model fails",
        choices=("continue", "end"),
        api="evi",
    )
    model_system: str = _world(
        "text",
        "session",
        "when a custom language model gets a system message: if session settings gave a "
        "prompt (session), always, or never",
        choices=("session", "always", "never"),
        api="evi",
    )
    model_quirks: tuple[str, ...] = _world(
        "list",
        ("greeting_as_user_text",),
        "odd behaviour of the service to imitate when the emulator asks a custom language model",
        choices=(
            "greeting_as_user_text",
            "greeting_prefix_once",
            "duplicate_last_message",
            "expression_suffix",
            "superset_finals",
            "double_post",
            "retry_after_silence",
            "resume_without_history",
            "connect_id_ignored",
            "none",
        ),
        api="evi",
    )
    model_cassette: str = _world(
        "text",
        "",
        "a file for questions to language models and their answers, as JSON lines",
        api="evi",
    )
    model_cassette_mode: str = _world(
        "text",
        "auto",
        "what to do with a question that the cassette lacks: ask and keep the answer (auto), or "
        "fail (replay); record asks all questions again",
        choices=("auto", "record", "replay"),
        api="evi",
    )
    brain: str = _world(
        "url",
        "",
        "an OpenAI-compatible server that answers chats whose config names no model of its own",
        api="evi",
    )
    brain_model: str = _world("text", "", "the model's name on the brain's server", api="evi")
    brain_key: str = _world("text", "", "the brain's API key", secret=True, api="evi")
    brain_timeout: int = _world(
        "integer",
        120,
        "how long the brain may send nothing, in real time (s)",
        minimum=1,
        maximum=600,
        api="evi",
    )
    ears: str = _world(
        "url",
        "",
        "an OpenAI-compatible transcription server, which turns users' sound into words",
        api="evi",
    )
    ears_model: str = _world(
        "text", "", "the model's name on the ears' server; whisper-1 by default", api="evi"
    )
    ears_language: str = _world(
        "text",
        "",
        "the language that users speak, such as en; the ears find out by default",
        api="evi",
    )
    ears_key: str = _world("text", "", "the ears' API key", secret=True, api="evi")
    ears_timeout: int = _world(
        "integer",
        60,
        "how long the ears may take for a turn, in real time (s)",
        minimum=1,
        maximum=600,
        api="evi",
    )
    call_hosts_only: bool = _world(
        "switch", False, "call no host that --call-hosts leaves out, not even this machine"
    )

    trusted_proxies: tuple[str, ...] = _server(
        "list",
        (),
        "addresses of proxies whose X-Forwarded-Proto and X-Forwarded-For the emulator "
        "believes; * for any",
    )

    def __post_init__(self) -> None:
        for setting in SETTINGS:
            setting.check(getattr(self, setting.name), "Settings")

    def ceiling(self, name: str, own: int | None) -> int:
        """Return a limit: what an operation or a socket says itself, or else the setting.

        A setting that somebody has given is never exceeded.
        """
        setting: int = getattr(self, name)
        is_given = setting != _DEFAULTS[name]
        if own is None:
            return setting
        return min(own, setting) if is_given else own

    def to_json(self) -> dict[str, Any]:
        """Return every setting's value, with secrets hidden."""
        return {
            setting.name: "(hidden)" if setting.secret and value else value
            for setting in SETTINGS
            for value in [getattr(self, setting.name)]
        }


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(name=row.name, default=row.default, **row.metadata) for row in fields(Settings)
)
_DEFAULTS = {setting.name: setting.default for setting in SETTINGS}


def load_settings(
    flags: Mapping[str, str | Sequence[str] | None], environ: Mapping[str, str] | None = None
) -> Settings:
    """Return settings from flags (text by name), else the environment, else the defaults.

    Raises UsageError for a value that does not fit, and for an unknown EVI_EMULATOR_ variable.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        flag = flags.get(setting.name)
        if flag is not None:
            text = flag if isinstance(flag, str) else ",".join(flag)
            values[setting.name] = setting.parse(text, setting.flag)
        elif setting.env in environ:
            values[setting.name] = setting.parse(environ[setting.env], setting.env)
    return Settings(**values)


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = [setting.env for setting in SETTINGS]
    for name in environ:
        if name.startswith(ENV_PREFIX) and name not in (*known, CA_FILE_ENV):
            raise UsageError(f"no setting {name}{closest(name, known)}; known: {', '.join(known)}")
