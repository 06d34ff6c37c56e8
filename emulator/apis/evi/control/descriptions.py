"""Descriptions of a script's fields for the control document: by schema, then by field."""

from collections.abc import Mapping

from emulator.jsontext import JsonObject

_SCENE = {
    "config_id": "The config of the chat; the default config if left out.",
    "config_version": "The version of that config; the latest if left out.",
    "resumed_chat_group_id": "The chat group that the chat continues.",
    "session_settings": "The settings that the client sends first.",
    "caller_number": "The number that calls, such as +4712345678, of a phone call.",
    "twilio_metadata": "What else Twilio says of a phone call, by name.",
    "user": "What the user does, step by step; a text alone is said.",
    "unanswered_tool_calls": (
        "A tool call that the script does not answer gets a tool_error (fallback), or waits for an "
        "answer by the control plane (wait); fallback if left out."
    ),
    "end_reason": "How the chat ends; ACTIVE leaves it live. USER_ENDED if left out.",
    "pace": "instant, realtime, or a speed factor (5 is five times faster); instant if left out.",
}

SCRIPT: Mapping[str, str] = {
    **_SCENE,
    "description": "What the script is for.",
    "strict": "Answer a turn that no rule matches with an error; false if left out.",
    "mood": "The emotion of the assistant where a step names none, or scores by emotion.",
    "model": "How a custom language model is asked.",
    "rules": "The rules: the first one that matches, and is not used up, answers a turn.",
    "tools": "How a simulated client answers the calls of tools, by the tool's name.",
    "sounds": "Texts that sound like a recording.",
}

# Of the schemas that the one of scripts refers to.
PARTS: Mapping[str, Mapping[str, str]] = {
    "ScriptModel": {
        "quirks": "The service's habits towards models that it has.",
        "failure": "Whether a chat ends, or continues, after the model has failed.",
        "system": "When the prompt is sent to the model as a system message.",
        "timeout": "How long the model may be silent, in seconds of real time.",
    },
    "ScriptRule": {
        "when": "What a turn must be like; words alone, found in any case. Any if left out.",
        "times": "How often the rule answers; always if left out.",
        "answer": "The steps of the assistant, one after the other; a text alone is spoken.",
    },
    "ScriptWhen": {
        "text": "Words that the user says, in any case.",
        "regex": "A pattern that is found in what the user says, in any case.",
        "turn": "The number of the user's turn, from 1.",
    },
    "ScriptStep": {
        "say": "What to say. Placeholders such as {tool_result} are filled in.",
        "mood": "The emotion it is said with, or scores by emotion.",
        "quick": "Say it as a quick response.",
        "call_tool": "The function tool to call; its answer is {tool_result} in later steps.",
        "parameters": "The parameters of that call.",
        "web_search": "What to search for with the built-in tool.",
        "result": "What the search finds.",
        "hang_up": "End the chat.",
        "pause": "Stop for a while: 2s, 500ms, or a number of seconds.",
        "error": "The error frame to send, by slug or code; of a search, why it fails.",
        "message": "The text of that error frame.",
    },
    "ScriptToolAnswer": {
        "content": "The answer: a text, or a value, sent as JSON. With error, for the model.",
        "error": "Why the tool fails.",
    },
    "ScriptUserStep": {
        "say": "What to say, once the assistant is quiet.",
        "type": "What to type: a user_input, without prosody.",
        "interrupt": "What to say while the assistant still answers.",
        "mood": "The emotion it is said with, or scores by emotion.",
        "wait": "Do nothing for a while: 2s, 500ms, or a number of seconds.",
        "send": "A message of a client to send, such as pause_assistant_message.",
    },
    "ScriptSound": {
        "text": "The text that has the sound.",
        "file": "The audio file, beside the script's file; not over HTTP.",
        "data": "The content of an audio file, in base64.",
    },
}


def described(schema: JsonObject, descriptions: Mapping[str, str]) -> JsonObject:
    """Return the schema of an object with descriptions of its fields."""
    properties = {
        name: {**field, "description": descriptions[name]} if name in descriptions else field
        for name, field in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties} if properties else schema
