"""Runs when a Python starts with this folder on its PYTHONPATH: `evi-emulator exec --intercept`.

It redirects what the program sends to the service, then runs the sitecustomize that it hides, if
there is one. The program goes on whatever happens here.
"""

import os
import sys
import types

_HERE = os.path.dirname(os.path.abspath(__file__))
_NAME = "_evi_emulator_redirection"  # the emulator itself may be missing, or be another version
_FOLDER = os.path.join(os.path.dirname(os.path.dirname(_HERE)), "redirection")


def _redirect() -> None:
    package = types.ModuleType(_NAME)
    package.__path__ = [_FOLDER]
    sys.modules[_NAME] = package
    __import__(f"{_NAME}.startup")
    sys.modules[f"{_NAME}.startup"].start()


def _leave_the_path() -> None:
    """Take this folder from the path of modules; the environment has it for further processes."""
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != _HERE]


def _run_the_hidden_one() -> None:
    """Import the program's own sitecustomize. It fails as it would without the emulator."""
    ours = sys.modules.pop(__name__, None)
    try:
        __import__(__name__)
    except ImportError as error:
        if error.name != __name__:
            raise
    if ours is not None:
        sys.modules.setdefault(__name__, ours)


try:
    _redirect()
except Exception as error:
    print(
        f"evi-emulator: the redirection of Python failed: {type(error).__name__}: {error}; the "
        "program goes on without it",
        file=sys.stderr,
    )
_leave_the_path()
_run_the_hidden_one()
