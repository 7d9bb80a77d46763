// Faults that a page shows its readers: texts of low contrast, controls without names, a page wider than the window,
// controls that the Tab key does not reach or on which focus does not show.

/** What is used of a page of playwright, which is a dependency of the suites and not of this folder. */
export interface InspectedPage {
  evaluate<Result>(inPage: (scope: string) => Result, scope: string): Promise<Result>;
  readonly keyboard: { press(key: string): Promise<void> };
}

/** Faults of what is shown now. @param scope selector of the part that is looked at. */
export const inspect = (page: InspectedPage, scope: string): Promise<string[]> => page.evaluate(inspectInPage, scope);

/** Runs in the page: its width, contrast of all texts (4.5, of large ones 3), and names of all controls. */
function inspectInPage(scope: string): string[] {
  type Color = [red: number, green: number, blue: number, alpha: number];
  const faults: string[] = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth} px wide in a window of ${clientWidth} px`);
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  if (!pen) return ["no canvas"];
  const known = new Map<string, Color>();
  /** Any CSS colour. */
  const parse = (color: string): Color => {
    const before = known.get(color);
    if (before) return before;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = pen.getImageData(0, 0, 1, 1).data;
    const parsed: Color = [red, green, blue, alpha / 255];
    known.set(color, parsed);
    return parsed;
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
    const text = node.textContent?.trim();
    if (!element || seen.has(element) || !text || !isShown(element)) continue;
    seen.add(element);
    if (element.closest("style, script, title, option, :disabled, .pg-hidden")) continue;
    const style = getComputedStyle(element);
    // A text filled with a gradient has no colour of its own.
    if (style.backgroundClip === "text") continue;
    const color = element instanceof SVGElement ? style.fill : style.color;
    const background = backgroundOf(element);
    const [a, b] = [luminance(over(parse(color), background)), luminance(background)];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = Number.parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5))
      faults.push(`"${text.slice(0, 30)}" has a contrast of ${contrast.toFixed(2)} (${color})`);
  }
  for (const control of root.querySelectorAll<HTMLElement>("button, select, input, a[href], summary, [tabindex]")) {
    if (!isShown(control) || control.tabIndex < 0) continue;
    const labels = control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control.labels : null;
    const images = [...control.querySelectorAll("img")].map(({ alt }) => alt).join(" ");
    const name =
      control.getAttribute("aria-label") ??
      [...(labels ?? [])].map((label) => label.textContent).join(" ") + (control.textContent ?? "") + images;
    if (!name.trim() && !control.title.trim())
      faults.push(`no accessible name: ${control.outerHTML.slice(0, 80).replace(/\s+/g, " ")}`);
  }
  return faults;
}

/**
 * Goes through the page by the Tab key. Faults: a control within the scope that it does not reach, one that shows no
 * outline when it is reached, and one that is reached beside the window. Radio buttons of one group count as one.
 */
export async function inspectKeyboard(page: InspectedPage, scope: string): Promise<string[]> {
  const expected = await page.evaluate((scope) => {
    const root = document.querySelector(scope);
    const controls = [
      ...(root?.querySelectorAll<HTMLElement>("button, select, input, textarea, a[href], summary, [tabindex='0']") ??
        []),
    ].filter(
      (control) =>
        control.checkVisibility({ visibilityProperty: true }) && control.tabIndex >= 0 && !control.matches(":disabled"),
    );
    const one = controls.filter((control) => !(control.matches("[type=radio]") && !control.matches(":checked")));
    one.forEach((control, index) => {
      control.dataset.tabStop = String(index);
    });
    (document.activeElement as HTMLElement | null)?.blur();
    return one.map((control) => control.outerHTML.slice(0, 80).replace(/\s+/g, " "));
  }, scope);
  const reached = new Set<number>();
  const faults: string[] = [];
  // The first press may begin anywhere, and browsers have stops of their own (areas that scroll).
  for (let i = 0; i < 2 * expected.length + 60 && reached.size < expected.length; i++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate(() => {
      const active = document.activeElement as HTMLElement | null;
      if (!active?.dataset.tabStop) return undefined;
      // A field that only its label shows.
      const isHidden = active.matches(".pg-hidden") || getComputedStyle(active).opacity === "0";
      const shown = (isHidden && active instanceof HTMLInputElement ? active.labels?.[0] : active) ?? active;
      const { outlineStyle, outlineWidth } = getComputedStyle(shown);
      const { left, right } = shown.getBoundingClientRect();
      return {
        index: Number(active.dataset.tabStop),
        isOutlined: outlineStyle !== "none" && outlineWidth !== "0px",
        isInside: right > 0 && left < innerWidth,
      };
    }, scope);
    if (!found || reached.has(found.index)) continue;
    reached.add(found.index);
    if (!found.isOutlined) faults.push(`focus does not show on ${expected[found.index]}`);
    if (!found.isInside) faults.push(`focus goes beside the window, to ${expected[found.index]}`);
  }
  expected.forEach((control, index) => {
    if (!reached.has(index)) faults.push(`the Tab key does not reach ${control}`);
  });
  return faults;
}
