// What the diagnosis says of the network, in words.
import type { DiagnosisReport } from "../messages.ts";
import { element } from "./dom.ts";

const signs = { error: "Error", warning: "Warning", caution: "Look at" } as const;

export class DiagnosisView {
  readonly root = element("div", { class: "pg-findings" });

  constructor() {
    this.show(undefined);
  }

  show(diagnosis: DiagnosisReport | undefined): void {
    if (!diagnosis) {
      this.root.replaceChildren(element("p", { class: "pg-note" }, "Not looked at yet."));
      return;
    }
    const { step, findings } = diagnosis;
    const when = step === 0 ? "before training" : `after ${step.toLocaleString("en")} steps`;
    this.root.replaceChildren(
      element(
        "p",
        { class: findings.length === 0 ? "pg-note pg-healthy" : "pg-note" },
        findings.length === 0 ? `✓ Nothing wrong was found ${when}.` : `Found ${when}:`,
      ),
      ...findings.map(({ severity, message, advice }) =>
        element(
          "div",
          { class: `pg-finding pg-${severity}` },
          element("p", {}, element("strong", {}, `${signs[severity]}: `), message, "."),
          element("p", { class: "pg-advice" }, element("span", {}, "Try: "), advice),
        ),
      ),
    );
  }
}
