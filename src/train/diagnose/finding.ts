// What a diagnosis says: one thing that is wrong, where, how sure that is, and what to try.

/** What can be found. docs/diagnosis.md explains each. */
export type FindingKind =
  | "notFinite"
  | "nothingTrains"
  | "trainableChanged"
  | "labelsDoNotFit"
  | "activationDoesNotFit"
  | "constantLabels"
  | "unscaledLabels"
  | "unevenClasses"
  | "constantInputs"
  | "unscaledInputs"
  | "smallInputs"
  | "symmetricUnits"
  | "weightsTooSmall"
  | "weightsTooLarge"
  | "vanishingGradients"
  | "explodingGradients"
  | "explodingInTime"
  | "deadUnits"
  | "saturatedUnits"
  | "noGradient"
  | "highInitialLoss"
  | "rateTooHigh"
  | "rateTooLow"
  | "diverging"
  | "oscillating"
  | "noProgress"
  | "overfitting"
  | "gradientSpikes";

/** "error": training cannot work. "warning": it works badly. "caution": it may; look at it. */
export type Severity = "error" | "warning" | "caution";

/** One thing that is wrong. */
export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The name of the layer, input or output concerned; undefined where it is the whole model. */
  readonly layer: string | undefined;
  /** How sure it is, in (0, 1]. */
  readonly confidence: number;
  /** What is wrong and where. */
  readonly message: string;
  /** What to try, in code where that is possible. */
  readonly advice: string;
  /** The numbers that it follows from. */
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** Causes before what follows from them; a finding later in this list is often explained by an earlier one. */
const order: readonly FindingKind[] = [
  "nothingTrains",
  "labelsDoNotFit",
  "constantInputs",
  "constantLabels",
  "activationDoesNotFit",
  "notFinite",
  "unscaledInputs",
  "unscaledLabels",
  "symmetricUnits",
  "diverging",
  "explodingInTime",
  "weightsTooLarge",
  "weightsTooSmall",
  "explodingGradients",
  "vanishingGradients",
  "rateTooHigh",
  "deadUnits",
  "saturatedUnits",
  "noGradient",
  "rateTooLow",
  "noProgress",
  "overfitting",
  "gradientSpikes",
  "oscillating",
  "trainableChanged",
  "highInitialLoss",
  "smallInputs",
  "unevenClasses",
];

/** Findings that follow from another one, and would only repeat it. */
const explained: Partial<Readonly<Record<FindingKind, readonly FindingKind[]>>> = {
  labelsDoNotFit: ["highInitialLoss", "rateTooHigh", "rateTooLow", "unevenClasses", "noGradient"],
  activationDoesNotFit: ["highInitialLoss", "rateTooHigh", "rateTooLow", "noProgress", "noGradient"],
  notFinite: ["rateTooHigh", "gradientSpikes"],
  unscaledInputs: ["highInitialLoss", "rateTooHigh", "explodingGradients"],
  unscaledLabels: ["highInitialLoss", "rateTooHigh", "rateTooLow", "explodingGradients"],
  constantInputs: ["rateTooLow", "deadUnits", "smallInputs"],
  symmetricUnits: ["noGradient", "weightsTooSmall", "rateTooLow", "vanishingGradients", "deadUnits", "noProgress"],
  weightsTooSmall: ["vanishingGradients", "rateTooLow", "noProgress"],
  weightsTooLarge: ["explodingGradients", "highInitialLoss", "saturatedUnits", "rateTooHigh", "deadUnits"],
  explodingInTime: ["explodingGradients", "highInitialLoss", "rateTooHigh"],
  explodingGradients: ["highInitialLoss", "rateTooHigh"],
  vanishingGradients: ["rateTooLow", "noProgress"],
  deadUnits: ["noProgress", "vanishingGradients", "rateTooLow", "noGradient"],
  saturatedUnits: ["vanishingGradients", "rateTooLow"],
  rateTooHigh: ["diverging", "oscillating"],
  diverging: ["notFinite", "oscillating", "gradientSpikes", "explodingGradients", "saturatedUnits", "deadUnits"],
};

const severities: readonly Severity[] = ["error", "warning", "caution"];

/** The findings without those that others explain, most important first. */
export function arrange(findings: readonly Finding[]): Finding[] {
  const kinds = new Set(findings.map(({ kind }) => kind));
  const repeated = new Set([...kinds].flatMap((kind) => explained[kind] ?? []));
  const rank = ({ kind, severity }: Finding) => severities.indexOf(severity) * order.length + order.indexOf(kind);
  return findings
    .filter(({ kind }) => !repeated.has(kind))
    .sort((a, b) => rank(a) - rank(b) || b.confidence - a.confidence);
}

/** A number in a message: three digits. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e5)) return value.toExponential(1).replace(".0e", "e");
  return String(Number(value.toPrecision(3)));
}

/** A share in a message. */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
