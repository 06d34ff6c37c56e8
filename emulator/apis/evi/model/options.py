"""How a custom language model is asked: what a script or a world says about it."""

from dataclasses import dataclass

from emulator.jsontext import JsonObject


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """Options of custom language models; None leaves one to the settings (docs/custom-models.md).

    `timeout` is in s of real time.
    """

    quirks: tuple[str, ...] | None = None
    failure: str | None = None
    system: str | None = None
    timeout: int | None = None

    def over(self, others: "ModelOptions") -> "ModelOptions":
        """Return these options, and the others' where these say nothing."""
        return ModelOptions(
            others.quirks if self.quirks is None else self.quirks,
            self.failure or others.failure,
            self.system or others.system,
            self.timeout or others.timeout,
        )

    def to_json(self) -> JsonObject:
        """Return the options that are set."""
        given: JsonObject = {
            "quirks": None if self.quirks is None else list(self.quirks),
            "failure": self.failure,
            "system": self.system,
            "timeout": self.timeout,
        }
        return {name: value for name, value in given.items() if value is not None}


def model_options(given: JsonObject) -> ModelOptions:
    """Return the options of a JSON object, which was checked before."""
    quirks = given.get("quirks")
    return ModelOptions(
        None if quirks is None else tuple(quirks),
        given.get("failure"),
        given.get("system"),
        given.get("timeout"),
    )
