// A callback that writes the logs of each epoch as CSV.
import { valueError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Callback } from "../callback.ts";

/** Where text goes: a function, or a stream with a `write` (Node's, or a writer of a web stream). */
export type TextSink =
  | ((text: string) => void | Promise<void>)
  | {
      /** Takes a piece of text. */
      write(text: string): unknown;
    };

/** Options of {@link csvLogger}. */
export interface CsvLoggerOptions {
  /** Between the fields. Default ",". */
  separator?: string;
  /** Whether to leave out the line of names, to go on with an older file. Default false. */
  append?: boolean;
}

/**
 * Writes a line of comma-separated values for each epoch: the epoch (from 0), losses, metrics. What is not reported in
 * an epoch is `NA`.
 * @throws ValueError where `to` can take no text.
 * @example csvLogger(createWriteStream("log.csv")); csvLogger((line) => lines.push(line));
 * @see Keras 3 `callbacks.CSVLogger`.
 */
export function csvLogger(to: TextSink, options: CsvLoggerOptions = {}): Callback {
  const { separator = ",", append = false } = checkOptions("csvLogger", options, {
    separator: "string",
    append: "boolean",
  });
  const write =
    typeof to === "function" ? to : typeof to?.write === "function" ? (text: string) => to.write(text) : undefined;
  if (!write)
    throw valueError("csvLogger", {
      rule: "there must be somewhere to write to",
      expected: "a function or a stream",
      received: to,
    });
  let names: string[] | undefined;
  const line = async (fields: readonly (string | number)[]) => {
    await write(`${fields.map((field) => quoted(String(field), separator)).join(separator)}\n`);
  };
  return {
    getState: () => ({ names }),
    setState(state) {
      names = state.names as string[] | undefined;
    },
    onTrainBegin() {
      names = undefined;
    },
    async onEpochEnd(epoch, logs, { validates }) {
      if (!names) {
        const reported = Object.keys(logs);
        const awaited = validates
          ? reported.filter((name) => !name.startsWith("val_") && name !== "learning_rate").map((name) => `val_${name}`)
          : [];
        names = [...new Set([...reported, ...awaited])];
        if (!append) await line(["epoch", ...names]);
      }
      await line([epoch, ...names.map((name) => (Object.hasOwn(logs, name) ? (logs[name] as number) : "NA"))]);
    },
  };
}

const quoted = (field: string, separator: string): string =>
  field.includes(separator) || field.includes('"') || field.includes("\n") ? `"${field.replaceAll('"', '""')}"` : field;
