// examples/distributed as its README says, with a worker that is killed, and with a browser tab as a worker.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openChromium } from "../runtimes/browsers.ts";
import { killAtExit, suite } from "./limits.ts";

/** Runs the example to its end; gives what it printed. */
function run(args: readonly string[], onText: (text: string) => void = () => {}): Promise<string> {
  const file = join(import.meta.dirname, "../../examples/distributed/index.ts");
  const child = spawn(process.execPath, ["--import", "tsx", file, "--images", "1200", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  // With what it has started.
  killAtExit(child, () => process.kill(-Number(child.pid), "SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    onText(text);
  });
  return new Promise((resolve, reject) => {
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`it ended with ${code}: ${text}`))));
  });
}

const weights = /weights (\w{16}): equal to those of all workers, to the bit/;

describe("examples/distributed", suite, () => {
  it("trains with four workers to the bits of one process, and goes on when one is killed", async () => {
    const text = await run([]);
    assert.match(text, weights);
    assert.match(text, /3 workers went on and have equal weights/);
  });

  it("lets a browser tab join", async () => {
    const browser = await openChromium();
    try {
      const page = await browser.newPage();
      let shown: Promise<string> | undefined;
      const visit = async (url: string) => {
        await page.goto(url);
        await page.click("button");
        const last = await page.waitForFunction(() => {
          const { textContent } = document.querySelector("output") as HTMLOutputElement;
          return /weights|Error/.test(textContent ?? "") ? textContent : undefined;
        });
        return (await last.jsonValue()) as string;
      };
      const text = await run(["--tab"], (printed) => {
        const [url] = /http:\S+/.exec(printed) ?? [];
        if (url !== undefined) shown ??= visit(url);
      });
      const [, hash] = weights.exec(text) ?? [];
      assert.ok(hash);
      assert.match((await shown) ?? "", new RegExp(`^rank [0-3]: weights ${hash}$`));
    } finally {
      await browser.close();
    }
  });
});
