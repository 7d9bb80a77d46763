// Opens a page in one of four views and watches it: nothing said on the console, nothing loaded from elsewhere.
import type { Browser, Page } from "playwright-core";

export interface View {
  readonly width: number;
  readonly theme: "light" | "dark";
}

/** A computer and a telephone, in light and in dark. */
export const views: readonly View[] = [
  { width: 1280, theme: "light" },
  { width: 1280, theme: "dark" },
  { width: 390, theme: "light" },
  { width: 390, theme: "dark" },
];

/**
 * Opens a page, uses it, and gives what was wrong: faults that `use` found, errors and warnings on the console, and
 * requests to other servers.
 */
export async function visit(
  browser: Browser,
  address: string,
  { width, theme }: View,
  use: (page: Page) => Promise<readonly string[]>,
): Promise<string[]> {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 900 },
    colorScheme: theme,
    hasTouch: width < 500,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const faults: string[] = [];
  try {
    // tsx names functions with a helper that the page does not have.
    await context.addInitScript("globalThis.__name = (f) => f");
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
    });
    const { origin } = new URL(address);
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith("blob:"))
        faults.push(`external request: ${url}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) faults.push(`status ${response.status()}: ${response.url()}`);
    });
    await page.goto(address);
    faults.push(...(await use(page)));
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
  } finally {
    await context.close();
  }
  return faults.map((fault) => `${width} px, ${theme}: ${fault}`);
}
