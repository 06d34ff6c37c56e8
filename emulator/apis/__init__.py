"""The emulated APIs, a folder each; the contract is told what they bring.

FINDINGS and PARTS are the whole tables, with the rows of every API.
"""

from emulator.apis.evi.contract.surface import EVI_COVERAGE_PARTS
from emulator.apis.evi.findings import EVI_FINDINGS
from emulator.apis.voices.findings import VOICES_FINDINGS
from emulator.contract.findings import FINDINGS, register_findings
from emulator.contract.surface import PARTS, register_parts

__all__ = ["FINDINGS", "PARTS"]

register_findings(VOICES_FINDINGS)
register_findings(EVI_FINDINGS)
register_parts(EVI_COVERAGE_PARTS)
