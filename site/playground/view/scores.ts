// Loss and accuracy at the moment.
import type { Scores } from "../messages.ts";
import { element } from "./dom.ts";

const rows = [
  ["Loss", "loss", "valLoss"],
  ["Accuracy", "accuracy", "valAccuracy"],
] as const;

/** A table of both, in training and in validation. */
export function scoresTable(): { root: HTMLElement; show(scores: Scores | undefined): void } {
  const cells = new Map<keyof Scores, HTMLElement>();
  const cell = (name: keyof Scores) => {
    const made = element("td", { "data-score": name }, "–");
    cells.set(name, made);
    return made;
  };
  const head = (text: string, scope: "col" | "row") => element("th", { scope }, text);
  const root = element(
    "table",
    { class: "pg-scores" },
    element("thead", {}, element("tr", {}, element("td"), head("Training", "col"), head("Validation", "col"))),
    element("tbody", {}, ...rows.map(([label, ...names]) => element("tr", {}, head(label, "row"), ...names.map(cell)))),
  );
  return {
    root,
    show: (scores) => {
      for (const [name, made] of cells) {
        const value = scores?.[name];
        if (value === undefined) made.textContent = "–";
        else if (!Number.isFinite(value)) made.textContent = "not a number";
        else made.textContent = /accuracy/i.test(name) ? `${(100 * value).toFixed(1)} %` : value.toPrecision(3);
      }
    },
  };
}
