import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { chromiumFlags } from "../browser/chromium-flags.ts";
import { run } from "./processes.ts";
import type { Row, Times, Trained } from "./report.ts";

/** What the page posts. */
export type Posted = Partial<Times & Trained & { error: string; isolated: boolean }>;

/** Under which headers pages are served, by the first part of their path. */
const policies: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  plain: {},
  isolated: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  forbidden: { "Content-Security-Policy": "script-src 'self'" },
  allowed: { "Content-Security-Policy": "script-src 'self' 'wasm-unsafe-eval'" },
};

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Serves the scratch project under every policy; what pages post goes to whoever waits. */
export class Pages {
  private readonly server: Server;
  private readonly waiting: ((posted: Posted) => void)[] = [];

  constructor(private readonly scratch: string) {
    this.server = createServer(async (request, response) => {
      const [, policy = "", ...path] = new URL(request.url ?? "", "http://localhost").pathname.split("/");
      if (request.method === "POST") {
        let body = "";
        for await (const part of request) body += part;
        this.waiting.shift()?.(JSON.parse(body) as Posted);
        response.end();
        return;
      }
      try {
        const file = readFileSync(join(this.scratch, ...path));
        response
          .writeHead(200, {
            "Content-Type": types[extname(path.at(-1) ?? "")] ?? "application/octet-stream",
            ...policies[policy],
          })
          .end(file);
      } catch {
        response.writeHead(404).end();
      }
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** @param page a file of the scratch project, with what follows "?". */
  url(policy: string, page: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${policy}/${page}`;
  }

  /** What the next page posts. */
  posted(seconds = 60): Promise<Posted> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`a page did not answer in ${seconds} s`)), seconds * 1000);
      this.waiting.push((posted) => {
        clearTimeout(timer);
        resolve(posted);
      });
    });
  }
}

/** Starts Debian's Chromium without a window. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: [...chromiumFlags] });
}

/** Opens pages in Chromium, each new. @param seconds that a page has to answer in. Default 60. */
export async function inChromium(
  pages: Pages,
  visits: readonly (readonly [policy: string, threads: number])[],
  seconds?: number,
): Promise<{ version: string; posted: Posted[] }> {
  const browser = await openChromium();
  try {
    const posted: Posted[] = [];
    for (const [policy, threads] of visits) {
      const page = await browser.newPage();
      const answer = pages.posted(seconds);
      await page.goto(pages.url(policy, `page.html?threads=${threads}`));
      posted.push(await answer);
      await page.close();
    }
    return { version: browser.version(), posted };
  } finally {
    await browser.close();
  }
}

/** Opens pages in Firefox, each in a browser of its own. @param seconds that a page has to answer in. Default 60. */
export async function inFirefox(
  pages: Pages,
  visits: readonly (readonly [policy: string, threads: number])[],
  seconds?: number,
): Promise<{ version: string; posted: Posted[] }> {
  const { stdout } = await run(".", ["firefox-esr", "--version"]);
  const posted: Posted[] = [];
  for (const [policy, threads] of visits) {
    const profile = mkdtempSync(join(tmpdir(), "aretejs-firefox-"));
    const answer = pages.posted(seconds);
    const browser = spawn(
      "firefox-esr",
      ["--headless", "--no-remote", "--profile", profile, pages.url(policy, `page.html?threads=${threads}`)],
      {
        stdio: "ignore",
        detached: true,
      },
    );
    const ended = new Promise((resolve) => browser.once("close", resolve));
    try {
      posted.push(await answer);
    } finally {
      // With its children: they are a process group of their own.
      process.kill(-(browser.pid as number), "SIGKILL");
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  }
  return { version: stdout.match(/\d+\.[\d.]+/)?.[0] ?? "", posted };
}

/** The rows of what pages posted, and how many threads each should have had. @throws Error where one failed. */
export function rowsOf(
  runtime: string,
  { version, posted }: { version: string; posted: readonly Posted[] },
  asked: readonly number[],
): Row[] {
  return posted.map(({ error, isolated, imported, firstStep, ...trained }, visit) => {
    if (error !== undefined || trained.hash === undefined) throw new Error(`${runtime}: ${error}`);
    const times = imported !== undefined && firstStep !== undefined ? { imported, firstStep } : undefined;
    return {
      runtime: `${runtime}${isolated ? ", isolated page" : ""}`,
      version,
      asked: asked[visit] ?? 1,
      ...(trained as Trained),
      times,
    };
  });
}
