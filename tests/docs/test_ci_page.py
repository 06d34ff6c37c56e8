"""docs/ci.md, the GitHub Action and the Dockerfile agree with one another, and with the package."""

import re
from pathlib import Path

import yaml

import emulator
from emulator.settings import SETTINGS, Settings
from tests.dockerfile import instructions

ROOT = Path(emulator.__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
DOCKERFILE = instructions((ROOT / "Dockerfile").read_text())
ENV_OF_IMAGE = dict(re.findall(r"(\w+)=(\S+)", "".join(DOCKERFILE.all("ENV"))))


def yaml_blocks() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_action_is_complete() -> None:
    """Each step names its shell; what a step uses are inputs that exist, by its environment."""
    for step in ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]  # a value there could be a command
        for text in step["env"].values():
            [used] = re.findall(r"\$\{\{ (?:inputs\.([\w-]+)|github\.action_path) \}\}", text)
            assert used == "" or used in ACTION["inputs"]
    assert all(each["description"] for each in ACTION["inputs"].values())


def test_the_page_has_every_input_and_output() -> None:
    """With the default of each input."""
    for name, each in ACTION["inputs"].items():
        default = f" `{each['default']}` " if each["default"] else "  "
        assert f"| `{name}` |{default}| " in PAGE
    for name in ACTION["outputs"]:
        assert f"| `{name}` | " in PAGE


def test_the_workflow_uses_what_the_action_has() -> None:
    """Its inputs and outputs."""
    workflow = yaml_blocks()[0]
    steps = yaml.safe_load(workflow)["jobs"]["test"]["steps"]
    [used] = [step for step in steps if "evi-emulator@" in step.get("uses", "")]
    assert used["uses"].endswith(f"@v{emulator.__version__}")
    assert used["with"].keys() <= ACTION["inputs"].keys()
    outputs = re.findall(rf"steps\.{used['id']}\.outputs\.([\w-]+)", workflow)
    assert outputs
    assert set(outputs) <= ACTION["outputs"].keys()


def test_the_image_serves_where_the_page_says() -> None:
    """The port, the names that it answers to, the folder."""
    port = str(Settings().port)
    assert DOCKERFILE.all("EXPOSE") == [port]
    assert f":{port}" in DOCKERFILE.all("HEALTHCHECK")[0]
    assert f"port {port}" in PAGE
    names = ENV_OF_IMAGE["EVI_EMULATOR_ALLOWED_HOSTS"].split(",")
    assert all(f"`{name}`" in PAGE for name in names)
    assert f"`{DOCKERFILE.all('WORKDIR')[-1]}`" in PAGE
    assert set(yaml.safe_load(yaml_blocks()[1])["services"]) & set(names)


def test_the_image_has_known_settings_and_a_python_that_serves() -> None:
    """Its user is a number other than root's."""
    known = {setting.env for setting in SETTINGS}
    assert {name for name in ENV_OF_IMAGE if name.startswith("EVI_EMULATOR_")} <= known
    [version] = set(re.findall(r"python:3\.(\d+)-slim", " ".join(DOCKERFILE.all("FROM"))))
    assert int(version) >= 11
    [user] = DOCKERFILE.all("USER")
    assert all(part.isdigit() and int(part) > 0 for part in user.split(":"))


def test_docker_is_sent_what_it_copies() -> None:
    """.dockerignore lets in these files, and no others."""
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [words.split()[:-1] for words in DOCKERFILE.all("COPY") if "--from" not in words]
    assert sorted(let_in) == sorted(name for names in copied for name in names)
    assert all((ROOT / name).exists() for name in let_in)
