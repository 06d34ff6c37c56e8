"""The report as `GET /_emulator/contract` answers, with the demands that were not met."""

import json

from emulator.contract.report import Demands, Report


def to_json_text(report: Report, demands: Demands) -> str:
    content = {**report.to_json(), "failures": report.failures(demands)}
    return json.dumps(content, indent=2) + "\n"  # in ASCII, as it may go to a terminal
