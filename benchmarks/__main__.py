"""Everything that is measured, and how it compares with the aims.

`.venv/bin/python -m benchmarks [--quick] [NAME ...]`; the names are those of SUBJECTS. A whole run
writes docs/performance.md.
"""

import argparse
import time
from collections.abc import Callable

from benchmarks import (
    bounds,
    busy_worlds,
    chat,
    cold_start,
    expression,
    growth,
    http,
    kit,
    memory,
    models,
    node,
    page,
    paging,
    phone,
    profile,
    scaling,
    speech,
    webhooks,
)
from benchmarks.environment import Environment, prepare
from benchmarks.figures import Effort, Finding, print_findings
from benchmarks.servers import CORES, use_cores

Run = Callable[[Effort, Environment], list[Finding]]
SUBJECTS: dict[str, Run] = {
    "cold_start": cold_start.run,
    "http": http.run,
    "paging": lambda effort, _: paging.run(effort),
    "chat": lambda effort, _: chat.run(effort),
    "speech": lambda effort, _: speech.run(effort),
    "webhooks": lambda effort, _: webhooks.run(effort),
    "growth": lambda effort, _: growth.run(effort),
    "busy_worlds": lambda effort, _: busy_worlds.run(effort),
    "memory": lambda effort, _: memory.run(effort),
    "models": lambda effort, _: models.run(effort),
    "phone": lambda effort, _: phone.run(effort),
    "expression": lambda effort, _: expression.run(effort),
    "kit": lambda effort, _: kit.run(effort),
    "node": lambda effort, _: node.run(effort),
    "scaling": lambda effort, _: scaling.run(effort),
    "bounds": lambda effort, _: bounds.run(effort),
    "profile": lambda effort, _: profile.run(effort),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks")
    parser.add_argument("names", nargs="*", help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="a minute, and more noise")
    arguments = parser.parse_args()
    names = arguments.names or list(SUBJECTS)
    if unknown := set(names) - SUBJECTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SUBJECTS)}")
    effort, environment, findings = Effort(arguments.quick), prepare(), []
    with page.kept() as printed:
        for name in names:
            print(f"## {name.replace('_', ' ').capitalize()}\n", flush=True)
            start = time.perf_counter()
            use_cores(*CORES)
            findings += SUBJECTS[name](effort, environment)
            print(f"({time.perf_counter() - start:.0f} s)\n", flush=True)
    print("## Aims\n")
    print_findings(findings)
    if names == list(SUBJECTS) and not effort.quick:
        page.write(findings, printed.getvalue())


if __name__ == "__main__":
    main()
