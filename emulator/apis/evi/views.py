"""The lists of EVI that the inspector shows."""

from emulator.inspection import FormField, View

_NAME = FormField("name", "Name", only_new=True)
_DESCRIPTION = FormField("version_description", "Description of the version")

EVI_VIEWS = (
    View(
        name="configs",
        noun="config",
        title="Configs",
        path="/v0/evi/configs",
        items="configs_page",
        example={
            "evi_version": "3",
            "name": "Weather",
            "prompt": {"text": "You talk about the weather."},
        },
        has_versions=True,
        api="evi",
        fields=(
            _NAME,
            _DESCRIPTION,
            FormField("evi_version", "EVI version", hint="3 or 4-mini"),
            FormField("prompt.text", "Prompt: a new one's text", "text"),
            FormField("prompt.id", "Prompt: an existing one's id", hint="Instead of the text."),
            FormField("voice.name", "Voice: name"),
            FormField("voice.provider", "Voice: provider", hint="HUME_AI or CUSTOM_VOICE"),
            FormField("language_model.model_provider", "Language model: provider"),
            FormField("language_model.model_resource", "Language model: name or URL"),
            FormField("event_messages.on_new_chat.text", "Greeting: text"),
        ),
    ),
    View(
        name="prompts",
        noun="prompt",
        title="Prompts",
        path="/v0/evi/prompts",
        items="prompts_page",
        example={"name": "Weather", "text": "You talk about the weather."},
        has_versions=True,
        api="evi",
        fields=(_NAME, _DESCRIPTION, FormField("text", "Text", "text")),
    ),
    View(
        name="tools",
        noun="tool",
        title="Tools",
        path="/v0/evi/tools",
        items="tools_page",
        example={"name": "get_weather", "parameters": '{"type": "object", "properties": {}}'},
        has_versions=True,
        api="evi",
        fields=(
            _NAME,
            _DESCRIPTION,
            FormField("description", "What the tool does"),
            FormField("parameters", "Parameters", "text", "A JSON schema, as text."),
            FormField("fallback_content", "What is said if the tool fails"),
        ),
    ),
)
