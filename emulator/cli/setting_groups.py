"""The groups of settings, in the order of `--help` and of docs/settings.md."""

from collections.abc import Mapping

GROUPS: Mapping[str, tuple[str, ...]] = {
    "Where it serves": ("host", "port", "tls", "public_url", "log_requests"),
    "Who may use it": (
        "api_key", "allowed_hosts", "trusted_proxies", "call_hosts", "call_hosts_only", "map_url",
    ),
    "Worlds": (
        "seed", "clock", "random_seed", "state", "export_on_exit", "max_worlds",
        "world_idle_minutes", "max_snapshot_bytes", "journal_limit", "journal_max_bytes",
    ),
    "How strict it is": (
        "strict", "spec", "unknown_ids", "unknown_voices", "name_conflict", "require_voice",
        "timestamps", "lenient_tts", "chaos", "requests_per_second", "fail_unused",
    ),
    "Chats": (
        "script", "audio_output", "prosody", "transcription_failure", "inactivity_timeout",
        "max_chats", "max_events",
    ),
    "Time and sound": (
        "pace", "first_audio", "jitter", "voice", "voice_model", "voice_name", "voice_key",
        "voice_timeout",
    ),
    "Text-to-speech": (
        "max_generation_seconds", "tts_idle_timeout", "tts_stream_type", "tts_file_type",
    ),
    "Expression Measurement": ("expression_idle_timeout",),
    "Webhooks": (
        "signing_key", "sign_webhooks_with", "webhook_time", "webhook_timeout", "webhook_queue",
    ),
    "Custom language models": (
        "model_timeout", "model_failure", "model_system", "model_quirks", "model_cassette",
        "model_cassette_mode",
    ),
    "Models on your machine": (
        "brain", "brain_model", "brain_key", "brain_timeout", "ears", "ears_model",
        "ears_language", "ears_key", "ears_timeout",
    ),
    "Limits": (
        "max_body_bytes", "max_head_bytes", "max_frame_bytes", "max_unsent_bytes",
        "max_filled_chars", "request_timeout",
    ),
}  # fmt: skip
OTHER = "Other settings"  # the group of a setting that no group names; a test allows none

_GROUP_BY_NAME = {name: group for group, names in GROUPS.items() for name in names}


def group_of(name: str) -> str:
    """Return the title of the group that a setting belongs to."""
    return _GROUP_BY_NAME.get(name, OTHER)
