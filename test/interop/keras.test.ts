// The matrix between real Keras and aretejs: see `keras/make.py` and `keras/matrix.ts`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const here = import.meta.dirname;
const root = join(here, "../..");
const folder = mkdtempSync(join(tmpdir(), "aretejs-keras-"));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: root, encoding: "utf8" });
const python = (...args: string[]) => run(join(root, ".cache/keras/bin/python"), join(here, "keras/make.py"), ...args);

describe("models of Keras", () => {
  it("predict and train on here, and again in Keras from files that are written here", { timeout: 3_600_000 }, () => {
    python("make", folder);
    expect(run("npx", "tsx", join(here, "keras/matrix.ts"), folder)).toContain(" 0 failed");
    expect(python("check", folder)).toContain(" 0 failed");
  });
});
