"""Puts the document and the seeds into the wheel, each YAML file with its JSON twin."""

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface[Any]):
    """Adds `emulator/bundled/` to a wheel. An editable install reads the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        twins = Path(tempfile.mkdtemp())
        for source in [root / "openapi.yaml", *sorted((root / "fixtures").rglob("*.yaml"))]:
            name = source.relative_to(root)
            twin = twins / name.with_suffix(".json")
            twin.parent.mkdir(parents=True, exist_ok=True)
            twin.write_text(json.dumps(yaml.load(source.read_bytes(), yaml.CSafeLoader)))
            for file, target in ((source, name), (twin, name.with_suffix(".json"))):
                build_data["force_include"][str(file)] = f"emulator/bundled/{target}"
