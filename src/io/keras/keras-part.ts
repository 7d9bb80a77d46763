// Parts of a configuration that was read: objects with a class, and what is checked of them.
import { isPlainRecord } from "../../data/tree.ts";
import type { Layer } from "../../nn/layer.ts";
import { type LayerFactory, usualFactories } from "../../nn/usual-factories.ts";
import { damaged } from "../file-error.ts";
import { restOf } from "../with-rest.ts";
import type { CustomObjects } from "./keras-object.ts";

/** What reading a configuration needs. */
export interface Reading {
  readonly custom: CustomObjects;
  /** The seed of the models. */
  readonly seed: number;
  /** Factories of layers by kind, besides those that are always there. `modelFromKeras` adds what the file needs. */
  readonly factories?: Readonly<Record<string, LayerFactory>> | undefined;
  /** What few files need, where it is loaded. */
  readonly rest?: Rest | undefined;
  /** Makes models of Functional configurations, where the file has some. */
  readonly graphFromKeras?: typeof import("./graph-from-keras.ts").graphFromKeras | undefined;
  /** Takes what was left out or changed, once for each text. */
  note(text: string): void;
}

/** What reads configurations that few files have. */
export type Rest = typeof import("./from-keras-rest.ts");

/** A layer of a kind that is known to have a factory. */
export const layerOf = (kind: string, options: object, reading: Reading): Layer =>
  ((reading.factories ?? usualFactories)[kind] ?? (restOf(reading).restFactories[kind] as LayerFactory))(options);

/** Makes a layer; `extra` are options that Keras has among the arguments of calls. */
export type LayerFromKeras = (part: KerasPart, reading: Reading, extra?: Readonly<Record<string, unknown>>) => Layer;

/** A part of a configuration that is an object with a class. */
export interface KerasPart {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly module?: unknown;
  readonly name?: unknown;
  readonly build_config?: unknown;
  readonly inbound_nodes?: unknown;
}

/** Whether a value of a configuration is an object with a class. */
export const isPart = (value: unknown): value is KerasPart =>
  isPlainRecord(value) && typeof value.class_name === "string" && "config" in value;

/** The name of a function or class, and its options. Keras 2 and 3 save functions in two ways. */
export const named = ({ class_name: name, config }: KerasPart): Named =>
  name === "function" ? { name: String(config) } : { name, config };

/** See {@link named}. */
export interface Named {
  readonly name: string;
  readonly config?: KerasPart["config"];
}

/** A part that must be there. @throws FileError. */
export function partOf(what: string, value: unknown): KerasPart {
  if (isPart(value) && isPlainRecord(value.config)) return value;
  const rule = `${what} must be an object with a class and a configuration`;
  throw damaged("loadModel", rule, '{ "class_name": …, "config": … }', value);
}

/** The name of a dtype or of a policy of dtypes. */
export const dtypeName = (value: unknown): unknown =>
  isPart(value) ? (Object(value.config).name ?? value.class_name) : value;

/** A configuration, which a broken file may lack. @throws FileError. */
export function configOf(what: string, config: unknown): Readonly<Record<string, unknown>> {
  if (isPlainRecord(config)) return config;
  throw damaged("loadModel", `${what} must have a configuration`, "an object", config);
}
