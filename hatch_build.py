"""Puts the document and the seeds into the wheel, and beside each YAML file its JSON twin."""

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
        bundled = [root / "openapi.yaml", *(root / "fixtures").rglob("*.yaml")]
        for source in [*bundled, *(root / "emulator").rglob("*.yaml")]:
            name = source.relative_to(root)
            target = Path("emulator/bundled") / name if source in bundled else name
            twin = twins / name.with_suffix(".json")
            twin.parent.mkdir(parents=True, exist_ok=True)
            twin.write_text(json.dumps(yaml.load(source.read_bytes(), yaml.CSafeLoader)))
            build_data["force_include"][str(twin)] = str(target.with_suffix(".json"))
            if source in bundled:
                build_data["force_include"][str(source)] = str(target)
