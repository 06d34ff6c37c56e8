"""The lists of EVI that the inspector shows."""

from emulator.inspection import View

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
    ),
    View(
        name="prompts",
        noun="prompt",
        title="Prompts",
        path="/v0/evi/prompts",
        items="prompts_page",
        example={"name": "Weather", "text": "You talk about the weather."},
        has_versions=True,
    ),
    View(
        name="tools",
        noun="tool",
        title="Tools",
        path="/v0/evi/tools",
        items="tools_page",
        example={"name": "get_weather", "parameters": '{"type": "object", "properties": {}}'},
        has_versions=True,
    ),
)
