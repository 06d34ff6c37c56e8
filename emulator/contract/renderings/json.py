"""As `GET /_emulator/contract` answers, with the demands that were not met."""

import json

from emulator.contract.report import Demands, Report


def to_json_text(report: Report, demands: Demands) -> str:
    content = {**report.to_json(), "failures": report.failures(demands)}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
