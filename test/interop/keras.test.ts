// The matrix between real Keras and aretejs: see `keras/make.py` and `keras/matrix.ts`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { python } from "./python.ts";

const here = import.meta.dirname;
const root = join(here, "../..");
const folder = mkdtempSync(join(tmpdir(), "aretejs-keras-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program prints. @throws where it fails, with the ends of what it printed and then its lines "FAILED …". */
function run(command: string, ...args: string[]): string {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status === 0) return stdout;
  const lines = (text: string | null) => (text ?? "").trimEnd().split("\n");
  const failed = lines(stdout).filter((line) => line.startsWith("FAILED"));
  const ends = [
    ...lines(stderr).slice(-15),
    ...lines(stdout)
      .filter((line) => !failed.includes(line))
      .slice(-5),
  ];
  const reason = error ?? (signal ? `killed by ${signal}` : `exit status ${status}`);
  throw new Error([`${command} ${args.join(" ")}: ${reason}`, ...ends, ...failed].join("\n"));
}

const keras = (...args: string[]) => run(python, join(here, "keras/make.py"), ...args);

describe("models of Keras", () => {
  it("predict and train on here, and again in Keras from files that are written here", { timeout: 3_600_000 }, () => {
    keras("make", folder);
    expect(run("npx", "tsx", join(here, "keras/matrix.ts"), folder)).toContain(" 0 failed");
    expect(keras("check", folder)).toContain(" 0 failed");
  });
});
