"""The emulated APIs, a folder each; the contract is told which findings they bring about."""

from emulator.apis.evi.findings import EVI_FINDINGS
from emulator.apis.voices.findings import VOICES_FINDINGS
from emulator.contract.findings import register_findings

for kinds in (VOICES_FINDINGS, EVI_FINDINGS):
    register_findings(kinds)
