import { diagnose } from "../../src/train/diagnose-model.ts";
import { healthy } from "./healthy.ts";
import { ill } from "./ill.ts";

const [what, only] = process.argv.slice(2);
if (what !== "ill")
  for (const [name, make] of Object.entries(healthy)) {
    if (only && !name.includes(only)) continue;
    for (const seed of [1, 2, 3]) {
      const { model, data } = make(seed);
      for (const epochs of [0, 3, 20]) {
        if (epochs) await model.fit(data.x, data.y, { epochs, verbose: 0 });
        const t = performance.now();
        const found = await diagnose(model, data.x, data.y);
        const ms = performance.now() - t;
        if (only && seed === 1) console.log(String(found));
        console.log(
          name,
          seed,
          epochs,
          found.findings.map((f) => `${f.kind}@${f.layer} ${f.confidence} ${JSON.stringify(f.evidence)}`).join("; ") ||
            "ok",
          `${found.loss?.toFixed(3)}`,
          `${ms.toFixed(0)} ms`,
        );
      }
    }
  }
if (what !== "healthy")
  for (const [name, make] of Object.entries(ill)) {
    if (only && !name.includes(only)) continue;
    for (const seed of [1, 2, 3]) {
      const { model, data, kind, layer, advice } = make(seed);
      const found = await diagnose(model, data.x, data.y);
      const [f] = found.findings;
      const ok = f?.kind === kind && f.layer === layer && advice.test(f.advice);
      if (only && seed === 1) console.log(String(found));
      console.log(
        ok ? "ok" : "WRONG",
        name,
        seed,
        found.findings
          .map((f) => `${f.kind}@${f.layer} ${f.confidence}` + (ok ? "" : JSON.stringify(f.evidence) + f.advice))
          .join("; "),
      );
    }
  }
