// What is checked of any page: no overflow, legible text, names, visible focus, nothing said on the console, nothing
// loaded from elsewhere.
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

/** Faults of what is shown now. @param scope selector of the part that is looked at. */
export async function inspect(page: Page, scope: string): Promise<string[]> {
  const faults = await page.evaluate(inspectInPage, scope);
  const [scroll, client] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  return scroll > client ? [...faults, `the page is ${scroll} px wide in a window of ${client} px`] : faults;
}

/** Runs in the page: contrast of all texts, and names of all controls. */
function inspectInPage(scope: string): string[] {
  type Color = [red: number, green: number, blue: number, alpha: number];
  const faults: string[] = [];
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!pen) return ["no canvas"];
  /** Any CSS colour. */
  const parse = (color: string): Color => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (top: Color, bottom: Color): Color => {
    const mix = (i: 0 | 1 | 2) => top[i] * top[3] + bottom[i] * (1 - top[3]);
    return [mix(0), mix(1), mix(2), 1];
  };
  const luminance = ([red, green, blue]: Color) => {
    const [r = 0, g = 0, b = 0] = [red, green, blue].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element: Element): Color => {
    const layers: Color[] = [];
    for (let each: Element | null = element; each; each = each.parentElement) {
      layers.push(parse(getComputedStyle(each).backgroundColor));
      if ((layers.at(-1)?.[3] ?? 0) >= 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), parse("white"));
  };
  const isShown = (element: Element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const root = document.querySelector(scope);
  if (!root) return [`nothing matches ${scope}`];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const seen = new Set<Element>();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element || seen.has(element) || !node.textContent?.trim() || !isShown(element)) continue;
    seen.add(element);
    if (element.closest("style, script, title, option, :disabled, .pg-hidden")) continue;
    const style = getComputedStyle(element);
    const color = element instanceof SVGElement ? style.fill : style.color;
    const background = backgroundOf(element);
    const [a, b] = [luminance(over(parse(color), background)), luminance(background)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5)
      faults.push(`"${node.textContent.trim().slice(0, 30)}" has a contrast of ${contrast.toFixed(2)}`);
  }
  for (const control of root.querySelectorAll<HTMLElement>("button, select, input, a[href], summary, [tabindex]")) {
    if (!isShown(control)) continue;
    const labels = control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.labels : null;
    const name =
      control.getAttribute("aria-label") ??
      [...(labels ?? [])].map((label) => label.textContent).join(" ") + (control.textContent ?? "");
    if (!name.trim()) faults.push(`a ${control.tagName.toLowerCase()} has no accessible name`);
  }
  return faults;
}

/**
 * Goes through the page by the Tab key. Faults: a control within the scope that it does not reach, or that shows no
 * outline when it is reached. Radio buttons of one group count as one.
 */
export async function inspectKeyboard(page: Page, scope: string): Promise<string[]> {
  const expected = await page.evaluate((scope) => {
    const root = document.querySelector(scope);
    const controls = [
      ...(root?.querySelectorAll<HTMLElement>("button, select, input, a[href], summary, [tabindex='0']") ?? []),
    ].filter((control) => control.checkVisibility() && !control.matches(":disabled"));
    const one = controls.filter((control) => !(control.matches("[type=radio]") && !control.matches(":checked")));
    one.forEach((control, index) => {
      control.dataset.tabStop = String(index);
    });
    (document.activeElement as HTMLElement | null)?.blur();
    return one.map((control) => control.outerHTML.slice(0, 80));
  }, scope);
  const reached = new Set<number>();
  const faults: string[] = [];
  for (let i = 0; i < expected.length + 60 && reached.size < expected.length; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const active = document.activeElement as HTMLElement | null;
      if (!active?.dataset.tabStop) return undefined;
      const shown = active.matches(".pg-hidden") ? active.closest("label") : active;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown ?? active);
      return { index: Number(active.dataset.tabStop), isOutlined: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    if (!found || reached.has(found.index)) continue;
    reached.add(found.index);
    if (!found.isOutlined) faults.push(`focus does not show on ${expected[found.index]}`);
  }
  expected.forEach((control, index) => {
    if (!reached.has(index)) faults.push(`the keyboard does not reach ${control}`);
  });
  return faults;
}
