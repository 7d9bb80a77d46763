// The page about a training run, loaded when a report is made.
import type { HostArray } from "../data/array.ts";
import { literal, lookUp, valueError } from "../errors.ts";
import { show } from "../format.ts";
import { Network } from "../nn/network.ts";
import { summary } from "../nn/summary.ts";
import { checkOptions } from "../options.ts";
import { named } from "../tensor/named-variables.ts";
import type { Model } from "../train/model.ts";
import { Plot } from "./plot.ts";
import type { plotHistograms } from "./plot-histograms.ts";
import type { plotHistory, RunHistory } from "./plot-history.ts";
import type { plotModel } from "./plot-model.ts";
import type { ReportOptions } from "./report.ts";
import { Shown } from "./shown.ts";
import { escaped } from "./svg.ts";
import { THEMES, type Theme } from "./theme.ts";
import type { brief } from "./ticks.ts";

/** A page: `html` is a whole document without external parts. Notebooks show it, `save` writes it to a file. */
export class Report extends Shown {
  constructor(
    readonly html: string,
    text: string,
  ) {
    super("text/html", html, text);
  }
}

/** What makes the parts of the page. */
interface Tools {
  readonly brief: typeof brief;
  readonly plotHistograms: typeof plotHistograms;
  readonly plotHistory: typeof plotHistory;
  readonly plotModel: typeof plotModel;
}

/** Makes the page with these functions. */
export async function reportPage(
  draw: Tools,
  model: Model,
  history: RunHistory & { readonly seed?: number },
  options: ReportOptions = {},
): Promise<Report> {
  const checked = checkOptions("report", options, {
    title: "string",
    settings: "object",
    diagnosis: "string or object",
    plots: "object",
    theme: "string",
  });
  if (!(model instanceof Network))
    throw valueError("report", {
      rule: "takes a model",
      expected: "a model, then its history",
      received: literal(model),
    });
  const { title = model.name, settings = {}, diagnosis, plots = {}, theme = "auto" } = checked;
  lookUp("report", "theme", { auto: true, light: true, dark: true }, theme);
  for (const [name, plot] of Object.entries(plots))
    if (!(plot instanceof Plot))
      throw valueError("report", { rule: `plots.${name} must be a plot`, expected: "a Plot", received: literal(plot) });
  const curves = draw.plotHistory(history, { title: "", theme });
  const rates = history.history.learning_rate ?? [];
  const changes = rates.some((rate) => rate !== rates[0]);
  const names = await weightsOf(model);
  const weights = draw.plotHistograms(names, { title: "", theme });
  const sections: [string, string][] = [
    ["Results", table(resultsOf(history, draw))],
    ["Curves", curves.svg],
  ];
  if (changes)
    sections.push(["Learning rate", draw.plotHistory(history, { title: "", theme, metrics: ["learning_rate"] }).svg]);
  if (diagnosis !== undefined) sections.push(["Diagnosis", paragraphs(String(diagnosis))]);
  for (const [name, plot] of Object.entries(plots)) sections.push([name, plot.svg]);
  sections.push(["Settings", table({ ...settingsOf(model, history), ...settings })]);
  if (Object.keys(names).length > 0) sections.push(["Weights", weights.svg]);
  const drawing = draw.plotModel(model, { title: "", theme });
  sections.push(["Model", `${drawing.svg}<pre>${escaped(summary(model))}</pre>`]);
  const body = sections.map(([name, content]) => `<section><h2>${escaped(name)}</h2>${content}</section>`);
  const head = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escaped(title)}</title><style>${pageStyles(theme)}</style></head>`,
  ];
  const html = `${head.join("")}<body><main><h1>${escaped(title)}</h1>${body.join("")}</main></body></html>`;
  return new Report(html, `Report "${title}" (HTML, ${html.length} characters)`);
}

/** The last value of each loss and metric, and the smallest loss, of validation where there is one. */
function resultsOf({ history, epoch }: RunHistory, { brief }: Tools): Record<string, unknown> {
  const last = Object.entries(history).map(([name, values]) => [name, brief(values.at(-1) ?? Number.NaN)]);
  const count = epoch?.length ?? Math.max(0, ...Object.values(history).map(({ length }) => length));
  const judged = "val_loss" in history ? "val_loss" : "loss";
  const values = (history[judged] ?? []).filter(Number.isFinite);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return {
    epochs: count,
    ...Object.fromEntries(last),
    ...(values.length > 0 && { [`smallest ${judged}`]: brief(least) }),
  };
}

function settingsOf(model: Model, { seed }: { readonly seed?: number }): Record<string, unknown> {
  return {
    ...(seed !== undefined && { "seed of the run": seed }),
    "seed of the model": model.seed,
    ...(isCompiled(model) && { optimizer: String(model.optimizer) }),
  };
}

/** Whether there is an optimizer to ask: `compile` was called, and what it named is loaded. */
function isCompiled(model: Model): boolean {
  try {
    return model.optimizer !== undefined;
  } catch {
    return false;
  }
}

async function weightsOf(model: Model): Promise<Record<string, HostArray>> {
  const arrays = await model.getWeights();
  return Object.fromEntries(named(model.variables).map(([name], index) => [name, arrays[index] as HostArray]));
}

const table = (rows: Readonly<Record<string, unknown>>): string =>
  `<table>${Object.entries(rows)
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : show(value);
      return `<tr><th scope="row">${escaped(name)}</th><td>${escaped(text)}</td></tr>`;
    })
    .join("")}</table>`;

/** Lines of a table, whose columns are two spaces or more apart. */
const TABLE = /((?:^.*\S {2,}\S.*\n?)+)/m;

/** A paragraph for each line; tables as they are, so that their columns line up. */
const paragraphs = (text: string): string =>
  text
    .split(TABLE)
    .map((part) =>
      TABLE.test(part)
        ? `<pre>${escaped(part.trimEnd())}</pre>`
        : part
            .split(/\n+/)
            .filter(Boolean)
            .map((line) => `<p>${escaped(line)}</p>`)
            .join(""),
    )
    .join("");

function pageStyles(theme: Theme): string {
  const rules = ({ background, text, grid }: (typeof THEMES)["light"]) =>
    `body{background:${background};color:${text}}th,td,h2,pre{border-color:${grid}}`;
  const colours =
    theme === "auto"
      ? `${rules(THEMES.light)}@media (prefers-color-scheme:dark){${rules(THEMES.dark)}}`
      : rules(THEMES[theme]);
  return [
    `:root{color-scheme:${theme === "auto" ? "light dark" : theme}}`,
    "body{margin:0;font:15px/1.5 system-ui,sans-serif}main{max-width:760px;margin:auto;padding:8px}",
    "h1{font-size:24px;overflow-wrap:anywhere}h2{font-size:18px;border-top:1px solid;padding-top:12px}",
    "table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:600;padding-right:16px}",
    "th,td{border-bottom:1px solid;padding:4px 0;vertical-align:top}td{overflow-wrap:anywhere}",
    "pre{overflow-x:auto;border:1px solid;border-radius:6px;padding:8px;font-size:12px}",
    "svg{display:block;margin:auto}",
    colours,
  ].join("");
}
