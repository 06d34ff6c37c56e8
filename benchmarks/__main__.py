"""Everything that is measured, and how it compares with the aims.

`.venv/bin/python -m benchmarks [--quick] [NAME ...]`; the names are those of SUBJECTS. A whole run
writes docs/performance.md.
"""

import argparse
import time

from benchmarks import (
    chat,
    cold_start,
    growth,
    http,
    kit,
    page,
    paging,
    profile,
    scaling,
    webhooks,
)
from benchmarks.environment import Environment, prepare
from benchmarks.figures import Effort, Finding, print_findings
from benchmarks.servers import CORES, use_cores

SUBJECTS = (
    "cold_start",
    "http",
    "paging",
    "chat",
    "webhooks",
    "growth",
    "kit",
    "scaling",
    "profile",
)


def measure(name: str, effort: Effort, environment: Environment) -> list[Finding]:
    match name:
        case "cold_start":
            return cold_start.run(effort, environment)
        case "http":
            return http.run(effort, environment)
        case "paging":
            return paging.run(effort)
        case "chat":
            return chat.run(effort)
        case "webhooks":
            return webhooks.run(effort)
        case "growth":
            return growth.run(effort)
        case "kit":
            return kit.run(effort)
        case "scaling":
            return scaling.run(effort)
        case _:
            return profile.run(effort)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="a minute, and more noise")
    arguments = parser.parse_args()
    names = arguments.names or SUBJECTS
    if unknown := set(names) - set(SUBJECTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SUBJECTS)}")
    effort, environment, findings = Effort(arguments.quick), prepare(), []
    with page.kept() as printed:
        for name in names:
            print(f"## {name.replace('_', ' ').capitalize()}\n", flush=True)
            start = time.perf_counter()
            use_cores(*CORES)
            findings += measure(name, effort, environment)
            print(f"({time.perf_counter() - start:.0f} s)\n", flush=True)
    print("## Aims\n")
    print_findings(findings)
    if names == SUBJECTS and not effort.quick:
        page.write(findings, printed.getvalue())


if __name__ == "__main__":
    main()
