"""The list of custom voices that the inspector shows."""

from emulator.inspection import FormField, View

VOICE_VIEWS = (
    View(
        name="voices",
        noun="voice",
        title="Voices",
        path="/v0/tts/voices",
        items="voices_page",
        example={"name": "My voice", "generation_id": "795c949a-1510-4a80-9646-7d0863b023ab"},
        api="voices",
        fields=(
            FormField("name", "Name"),
            FormField(
                "generation_id", "Generation", hint="The id of one in the view Speech or in a seed."
            ),
        ),
        query={"provider": "CUSTOM_VOICE"},
        removed_by_name=True,
    ),
)
