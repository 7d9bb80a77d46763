// Uses the playground as a reader does.
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { experiments } from "../../site/playground/view/experiments.ts";
import { inspect, inspectKeyboard } from "../browser/inspect.ts";
import { type View, views, visit } from "./page.ts";

const scope = ".pg";
const ready = (page: Page) => page.locator("button[name=play]:enabled").waitFor({ timeout: 30_000 });
const score = async (page: Page, name: string) => (await page.locator(`[data-score=${name}]`).textContent()) ?? "";
const textOf = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? "";
/** Waits until the status holds the text. */
const says = (page: Page, text: string) =>
  page.locator(".pg-status").filter({ hasText: text }).waitFor({ timeout: 30_000 });
const steps = async (page: Page) =>
  Number(/after ([\d,]+) steps?\./.exec(await textOf(page, ".pg-status"))?.[1]?.replace(",", ""));
/** What the plane shows. */
const picture = (page: Page) => page.locator(".pg-plane").evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());

async function advance(page: Page, by: "step" | "epoch"): Promise<void> {
  const before = await textOf(page, "output[name=epoch]");
  await page.click(`button[name=${by}]`);
  await page.waitForFunction((old) => document.querySelector("output[name=epoch]")?.textContent !== old, before, {
    timeout: 20_000,
  });
  await says(page, "Paused after");
}

/** Starts, waits until the validation accuracy is at least that, and pauses. */
async function trainTo(page: Page, accuracy: number): Promise<void> {
  await page.click("button[name=play]");
  await page.waitForFunction(
    (least) => Number.parseFloat(document.querySelector("[data-score=valAccuracy]")?.textContent ?? "0") >= least,
    accuracy,
    { timeout: 60_000 },
  );
  await page.click("button[name=play]");
  await says(page, "Paused after");
}

/** Uses the page at an address. Gives what was wrong. */
export type Scenario = (browser: Browser, address: string) => Promise<string[]>;
const wide: View = { width: 1280, theme: "light" };

/** Training lowers the loss; pause holds; step and epoch go on from there; reset begins again, with the same bits. */
const training: Scenario = (browser, address) =>
  visit(browser, `${address}#data=spiral&layers=8-8&speed=full`, wide, async (page) => {
    const faults: string[] = [];
    await ready(page);
    const [first, untrained] = [Number(await score(page, "loss")), await picture(page)];
    await trainTo(page, 85);
    const trained = Number(await score(page, "loss"));
    if (!(trained < 0.7 * first)) faults.push(`the loss went from ${first} to ${trained}`);
    if ((await picture(page)) === untrained) faults.push("the plane did not change");
    const held = await textOf(page, "output[name=epoch]");
    await page.waitForTimeout(400);
    if ((await textOf(page, "output[name=epoch]")) !== held) faults.push("it went on while it was paused");
    for (const [selector, what] of [
      [".pg-curves svg path", "curves"],
      [".pg-histograms svg path", "histograms"],
      [".pg-findings p", "diagnosis"],
    ] as const)
      if ((await page.locator(selector).count()) === 0) faults.push(`no ${what}`);

    await page.click("button[name=reset]");
    await ready(page);
    if (Number(await score(page, "loss")) !== first || (await picture(page)) !== untrained)
      faults.push("after reset the network is not the untrained one");
    await advance(page, "step");
    if ((await steps(page)) !== 1) faults.push(`one step: ${await textOf(page, ".pg-status")}`);
    await advance(page, "step");
    await advance(page, "epoch");
    if ((await steps(page)) !== 8) faults.push(`to the end of the epoch: ${await textOf(page, ".pg-status")}`);
    await advance(page, "epoch");
    const [loss, plane] = [await score(page, "loss"), await picture(page)];
    await page.click("button[name=reset]");
    await ready(page);
    await advance(page, "epoch");
    await advance(page, "epoch");
    if ((await score(page, "loss")) !== loss || (await picture(page)) !== plane)
      faults.push(`two epochs gave a loss of ${loss}, and the second time ${await score(page, "loss")}`);
    return faults;
  });

/** Every control changes the address; an address restores every control; what cannot be read is said and left out. */
const sharing: Scenario = (browser, address) =>
  visit(browser, address, wide, async (page) => {
    const faults: string[] = [];
    await ready(page);
    await page.check("input[value=gaussians]", { force: true });
    const wanted = {
      noise: "0.3",
      samples: "200",
      scale: "10",
      batch: "16",
      activation: "elu",
      initializer: "heNormal",
      normalization: "on",
      dropout: "0.2",
      l1: "0.001",
      l2: "0.01",
      maxNorm: "3",
      optimizer: "nadam",
      rate: "0.003",
      schedule: "oneCycle",
      epochs: "50",
      clip: "global1",
      speed: "full",
    };
    for (const [name, value] of Object.entries(wanted)) await page.selectOption(`select[name=${name}]`, value);
    await page.click("button[aria-label='More units in layer 1']");
    await page.click("button[aria-label='Fewer units in layer 2']");
    await page.click("text=+ Layer");
    await page.fill("input[name=seed]", "77");
    await page.press("input[name=seed]", "Enter");
    await page.click("button[name=share]");
    await says(page, "clipboard");
    const shared = await page.evaluate(() => navigator.clipboard.readText());
    const state = () =>
      page.evaluate(() =>
        [
          ...[...document.querySelectorAll<HTMLSelectElement>(".pg select")].map(
            ({ name, value }) => `${name}=${value}`,
          ),
          ...[...document.querySelectorAll<HTMLInputElement>(".pg input:checked")].map(({ value }) => value),
          ...[...document.querySelectorAll(".pg-layer[role=group]")].map((layer) => layer.getAttribute("aria-label")),
          document.querySelector<HTMLInputElement>("input[name=seed]")?.value,
        ].join(),
      );
    const before = await state();
    for (const part of [
      ...Object.entries(wanted).map(([name, value]) => `${name}=${value}`),
      "9 units",
      "3 units",
      "77",
    ])
      if (!before.includes(part)) faults.push(`${part} was not set: ${before}`);
    await ready(page);
    await advance(page, "epoch");
    const loss = await score(page, "loss");
    await page.goto("about:blank");
    await page.goto(shared);
    await ready(page);
    if ((await state()) !== before) faults.push(`the address restored ${await state()}, not ${before}`);
    await advance(page, "epoch");
    if ((await score(page, "loss")) !== loss) faults.push("a shared address trains otherwise");

    await page.goto("about:blank");
    await page.goto(
      `${address}#data=nothing&layers=0-999&rate=&seed=-1&points=***&__proto__=1&l2=0.1&%E0%A4%A=1&more=%%%`,
    );
    await ready(page);
    const status = await textOf(page, ".pg-status");
    for (const name of ["data", "layers", "rate", "seed", "points", "__proto__"])
      if (!status.includes(name)) faults.push(`a broken ${name} is not named: ${status}`);
    if ((await page.locator("select[name=l2]").inputValue()) !== "0.1") faults.push("the readable part was not kept");
    await page.fill("input[name=seed]", "minus one");
    await page.press("input[name=seed]", "Enter");
    if ((await page.getAttribute("input[name=seed]", "aria-invalid")) !== "true") faults.push("a wrong seed is taken");
    return faults;
  });

/** Points by pointer and keyboard, kept in the address, and learned. */
const drawing: Scenario = (browser, address) =>
  visit(browser, `${address}#data=drawn&speed=full&rate=0.1`, { width: 390, theme: "light" }, async (page) => {
    const faults: string[] = [];
    await says(page, "Draw 8 more points");
    if (await page.locator("button[name=play]").isEnabled()) faults.push("it trains without points");
    await page.locator(".pg-plane").scrollIntoViewIfNeeded();
    const tap = async (x: number, y: number) => {
      const box = await page.locator(".pg-plane").boundingBox();
      if (box) await page.touchscreen.tap(box.x + x * box.width, box.y + y * box.height);
    };
    for (let i = 0; i < 8; i++) await tap(0.2 + 0.02 * (i % 3), 0.25 + 0.06 * i);
    await page.check(".pg-class-1 input");
    for (let i = 0; i < 7; i++) await tap(0.8 - 0.02 * (i % 3), 0.25 + 0.06 * i);
    await page.focus(".pg-plane");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowUp", "Enter", "Enter", "Backspace"])
      await page.keyboard.press(key);
    const points = new URLSearchParams(new URL(page.url()).hash.slice(1)).get("points") ?? "";
    if (points.length !== (16 * 3 * 4) / 3) faults.push(`16 points were drawn, the address has ${points}`);
    await ready(page);
    await trainTo(page, 100);
    await page.goto("about:blank");
    await page.goto(`${address}#data=drawn&points=${points}`);
    await ready(page);
    await page.click("text=Clear");
    await says(page, "Draw 8 more points");
    return faults;
  });

/** Images: trained, on both backends, with predictions. */
const images: Scenario = (browser, address) =>
  visit(browser, `${address}#data=fashion&layers=16&speed=full&activation=relu`, wide, async (page) => {
    const faults: string[] = [];
    await ready(page);
    for (const backend of ["wasm", "webgpu"]) {
      await page.selectOption("select[name=backend]", backend);
      await page.waitForTimeout(50);
      await ready(page);
      if ((await page.locator("select[name=backend]").inputValue()) !== backend)
        faults.push(`${backend}: ${await textOf(page, ".pg-status")}`);
      await trainTo(page, 60);
      const right = await page.locator(".pg-predictions li:not(.pg-wrong)").count();
      if (right < 10) faults.push(`${backend}: only ${right} of 20 images are right`);
    }
    return faults;
  });

/** Every experiment opens from its link and trains; those about a fault are told apart from healthy ones. */
const trying: Scenario = (browser, address) =>
  visit(browser, address, wide, async (page) => {
    const faults: string[] = [];
    const expected: Readonly<Record<string, RegExp>> = {
      "Two spirals": /Nothing wrong/,
      "Vanishing gradients: six sigmoid layers": /vanish/,
      "All weights alike: zeros": /same|alike|equal|symmetr/i,
      "Learning rate too high": /rate|diverg|dead/i,
      "Inputs not normalized": /input|scale/i,
    };
    for (const [name] of experiments) {
      await ready(page);
      await page.click(`text="${name}"`);
      await page
        .locator(".pg-findings")
        .filter({ hasText: /before training/ })
        .waitFor({ timeout: 30_000 });
      await advance(page, "epoch");
      await page
        .locator(".pg-findings")
        .filter({ hasText: /after \d+ steps/ })
        .waitFor({ timeout: 30_000 });
      const words = await textOf(page, ".pg-findings");
      if (expected[name] && !expected[name].test(words)) faults.push(`"${name}": ${words}`);
      if ((await textOf(page, ".pg-status")).includes("error"))
        faults.push(`"${name}": ${await textOf(page, ".pg-status")}`);
    }
    return faults;
  });

/** A network that learns noise by heart is told so; the same with regularization is not. */
const overfitting: Scenario = (browser, address) =>
  visit(browser, address, wide, async (page) => {
    const faults: string[] = [];
    for (const [name, overfits] of [
      ["Overfitting: much noise, a wide network", true],
      ["The same with L2 and dropout", false],
    ] as const) {
      const hash = experiments.find(([known]) => known === name)?.[1];
      await page.goto("about:blank");
      await page.goto(`${address}#${hash}&speed=full`);
      await ready(page);
      await page.click("button[name=play]");
      await page.waitForFunction(
        () =>
          Number.parseInt(document.querySelector("output[name=epoch]")?.textContent?.replace(",", "") ?? "", 10) > 300,
        undefined,
        { timeout: 60_000 },
      );
      await page.click("button[name=play]");
      await says(page, "Paused after");
      const words = await textOf(page, ".pg-findings");
      if (/overfits since epoch/.test(words) !== overfits) faults.push(`"${name}": ${words}`);
    }
    return faults;
  });

/** What is seen, in each view: legible, named, within the window, and reached by the keyboard. */
const looks =
  (pictures: string | undefined): Scenario =>
  async (browser, address) => {
    const faults: string[] = [];
    const shown = [
      ["points", "#data=spiral&layers=8-8-8&activation=relu&initializer=heNormal&schedule=cosine"],
      ["vanishing", "#data=xor&layers=8-8-8-8-8-8&activation=sigmoid&optimizer=sgd&rate=0.1"],
      ["drawn", "#data=drawn"],
      ["images", "#data=fashion&layers=16&activation=relu&rate=0.003"],
    ] as const;
    for (const view of views) {
      for (const [name, hash] of shown) {
        const found = await visit(browser, `${address}${hash}`, view, async (page) => {
          if (name === "drawn") await says(page, "Draw");
          else {
            await ready(page);
            await page.click("button[name=play]");
            await page.waitForTimeout(2500);
            await page.click("button[name=play]");
            await says(page, "Paused");
          }
          const seen = await inspect(page, scope);
          if (name === "points" || name === "drawn") seen.push(...(await inspectKeyboard(page, scope)));
          if (pictures) {
            await page.evaluate(() => {
              (document.activeElement as HTMLElement | null)?.blur();
              scrollTo(0, 0);
            });
            const path = join(pictures, `playground-${name}-${view.width}-${view.theme}.png`);
            await page.screenshot({ path, fullPage: true });
          }
          return seen;
        });
        faults.push(...found.map((fault) => `${name}, ${fault}`));
      }
    }
    return faults;
  };

/** By name. @param pictures folder for screenshots. */
export const scenarios = (pictures: string | undefined): Readonly<Record<string, Scenario>> => ({
  training,
  sharing,
  drawing,
  images,
  experiments: trying,
  overfitting,
  looks: looks(pictures),
});
