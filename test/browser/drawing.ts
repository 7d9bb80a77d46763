// Draws on the page of examples/browser as a user does, and looks whether drawings are recognized.

type Point = readonly [x: number, y: number];
type Stroke = readonly Point[];

/** What is used of a page of playwright, which is a dependency of the suites and not of this folder. */
interface DrawingPage {
  click(selector: string): Promise<void>;
  locator(selector: string): {
    boundingBox(): Promise<{ x: number; y: number; width: number } | null>;
    scrollIntoViewIfNeeded(): Promise<void>;
    textContent(): Promise<string | null>;
    filter(options: { hasText: string }): { waitFor(options: { timeout: number }): Promise<void> };
  };
  readonly mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
}

/** Three kinds of drawings, with a wobble, so that no two are alike. */
const figures: Readonly<Record<string, (wobble: number) => readonly Stroke[]>> = {
  Circle: (w) => [
    Array.from(
      { length: 25 },
      (_, i): Point => [140 + (70 + w) * Math.cos(i / 3.8), 140 + w + (75 - w) * Math.sin(i / 3.8)],
    ),
  ],
  Cross: (w) => [
    [
      [70 + w, 60],
      [205, 215 - w],
    ],
    [
      [205 - w, 65],
      [70, 210 + w],
    ],
  ],
  Line: (w) => [
    [
      [135 + w, 50],
      [140, 225 + w],
    ],
  ],
};

/** Draws three examples of each kind, and says which kind they are. */
export async function drawExamples(page: DrawingPage): Promise<void> {
  for (const wobble of [-12, 0, 12]) {
    for (const [kind, strokes] of Object.entries(figures)) {
      await draw(page, strokes(wobble));
      await page.click(`text="It is ${kind}"`);
    }
  }
}

/**
 * Draws one more of each kind. Gives what was not recognized.
 * @param timeout milliseconds for each answer.
 * @param after called when a drawing was answered.
 */
export async function checkDrawings(
  page: DrawingPage,
  timeout: number,
  after: (kind: string) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const faults: string[] = [];
  for (const [kind, strokes] of Object.entries(figures)) {
    await page.click("#clear");
    await draw(page, strokes(6));
    // Each stroke is answered, the last one last.
    const status = page.locator("#status");
    const isRight = await status
      .filter({ hasText: `This looks like ${kind}` })
      .waitFor({ timeout })
      .then(
        () => true,
        () => false,
      );
    if (!isRight) faults.push(`a drawing of ${kind}: ${await status.textContent()}`);
    await after(kind);
  }
  return faults;
}

async function draw(page: DrawingPage, strokes: readonly Stroke[]): Promise<void> {
  const board = page.locator("#drawing");
  await board.scrollIntoViewIfNeeded();
  const box = await board.boundingBox();
  if (!box) throw new Error("examples/browser: nothing to draw on");
  // Figures are given for a board of 280 pixels.
  const scale = box.width / 280;
  const move = ([x, y]: Point, steps: number) => page.mouse.move(box.x + x * scale, box.y + y * scale, { steps });
  for (const [first, ...rest] of strokes as readonly [Point, ...Point[]][]) {
    await move(first, 1);
    await page.mouse.down();
    for (const point of rest) await move(point, 3);
    await page.mouse.up();
  }
}
