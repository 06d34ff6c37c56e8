"""docs/webhooks.md: its handlers and their tests run as they are written."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from emulator import Evi

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
_FILES = re.compile(r"```python\n# (\w+)\.py\n(.*?)```", re.DOTALL)
SHARED, *HANDLERS = FILES = dict(_FILES.findall(PAGE.read_text(encoding="utf-8")))

pytestmark = pytest.mark.slow  # each imports a framework


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler(evi: Evi, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed event is taken, and a spoiled one is refused."""
    for each in (SHARED, name):
        (tmp_path / f"{each}.py").write_text(FILES[each])
        monkeypatch.setitem(sys.modules, each, None)  # so that it is forgotten afterwards
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.syspath_prepend(str(tmp_path))
    getattr(import_module(name), name)(evi, monkeypatch)


def test_all_three_are_there() -> None:
    assert set(HANDLERS) == {f"test_{each}_handler" for each in ("fastapi", "flask", "django")}
