import type { Control } from "./control.js";
import type { ContractReport, Coverage, FindingCode, ReportedFinding } from "./control-types.js";
import { ExpectationFailed, UsageError } from "./errors.js";

/** Which findings fail a test. */
export interface Demands {
  /** Codes of findings that don't. */
  allow?: readonly FindingCode[] | undefined;
  /** "warning" for all findings (as if left out), "error" for errors only. */
  failOn?: "warning" | "error" | undefined;
}

/** Findings about the clients of a world, and how much of the API they have exercised. */
export class Contract {
  readonly #control: Control;

  constructor(control: Control) {
    this.#control = control;
  }

  /** Return findings with code, level, subject, place, expected, got, hint, count. */
  async findings(): Promise<ReportedFinding[]> {
    return (await this.report()).findings;
  }

  /** Return what was exercised, and what never, part by part. */
  async coverage(): Promise<Coverage> {
    return (await this.report()).coverage;
  }

  /** Return findings and coverage. */
  async report(): Promise<ContractReport> {
    return this.#control.json<ContractReport>("GET", "/_emulator/contract");
  }

  /** Throw ExpectationFailed, with each finding, unless all of them are allowed. */
  async assertClean({ allow = [], failOn = "warning" }: Demands = {}): Promise<void> {
    if (failOn !== "warning" && failOn !== "error") {
      throw new UsageError(`failOn must be one of warning, error; got ${JSON.stringify(failOn)}`);
    }
    const report = await this.report();
    const forbidden = report.findings.filter(
      ({ code, level }) => !allow.includes(code) && (failOn === "warning" || level === "error"),
    );
    const lines = forbidden.map(findingText);
    if (report.dropped > 0) lines.push(`${report.dropped} more findings were too many to keep`);
    if (lines.length === 0) return;
    const what = forbidden.length === 1 ? "a finding" : `${forbidden.length} findings`;
    throw new ExpectationFailed(`${what} about the client:\n${lines.join("\n")}`);
  }

  /** Forget findings and coverage. */
  async clear(): Promise<void> {
    await this.#control.json("DELETE", "/_emulator/contract");
  }
}

function findingText(found: ReportedFinding): string {
  const { level, code, subject, place, expected, got, hint, count } = found;
  const told = hint ? `${hint} ` : "";
  return [
    `${level} ${code}  ${subject}  ${place}`,
    `        expected ${expected}; got ${typeof got === "string" ? got : JSON.stringify(got)}`,
    `        ${told}(seen ${count === 1 ? "once" : `${count} times`})`,
  ].join("\n");
}
