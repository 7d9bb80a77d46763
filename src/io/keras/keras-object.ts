// What Keras serializes: objects with a class and what its constructor takes, and their names.
import { literal, valueError } from "../../errors.ts";

/** A thing as Keras serializes it: its class, and what its constructor takes. */
export interface KerasObject {
  readonly module: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>> | string;
  readonly registered_name: string | null;
  readonly name?: string;
  readonly inbound_nodes?: readonly unknown[];
}

/** What is described as plain data: the factory's name and the options. */
export interface Description {
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What users named for a file: functions, layers, losses of their own. */
export type CustomObjects = Readonly<Record<string, unknown>>;

/** What writing a configuration needs. */
export interface Writing {
  readonly custom: CustomObjects;
  /** What converts graphs and rare kinds, where there are some. */
  readonly rest?: typeof import("./to-keras-rest.ts") | undefined;
  /** Whether it lies within a layer that is not trained. */
  readonly isFrozen?: boolean;
}

/** A name that Keras takes. @throws ValueError. */
export function nameToKeras(name: unknown): string {
  if (typeof name === "string" && !name.includes("/")) return name;
  throw valueError("saveModel", {
    rule: "Keras's names have no slash",
    expected: "a name without it",
    received: literal(name),
    advice: "Give the layer another name.",
  });
}
