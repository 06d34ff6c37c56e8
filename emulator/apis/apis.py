"""The emulated APIs. The first is the one that `--spec` and `/openapi.json` mean."""

from emulator.api import Api
from emulator.apis.evi.api import EVI
from emulator.apis.expression.api import EXPRESSION
from emulator.apis.phone.api import PHONE
from emulator.apis.tts.api import TTS
from emulator.apis.voices.api import VOICES

APIS: tuple[Api, ...] = (EVI, VOICES, TTS, PHONE, EXPRESSION)
