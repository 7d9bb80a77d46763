import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** The environment that `npm run test:python` makes: real Keras, h5py. Another one can be named by PYTHON. */
export const python = process.env.PYTHON ?? join(import.meta.dirname, "../../.cache/keras/bin/python");

/** Runs a script of this folder in Python, and gives what it prints, which is JSON. @throws where it fails. */
export function runPython(script: string, ...args: readonly string[]): unknown {
  const options = { encoding: "utf8", maxBuffer: 2 ** 30, env: { ...process.env, KERAS_BACKEND: "jax" } } as const;
  return JSON.parse(execFileSync(python, [join(import.meta.dirname, script), ...args], options));
}
