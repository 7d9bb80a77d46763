import { expect, expectTypeOf, it } from "vitest";
import { type Kernels, kernels } from "../../src/backends/js/kernels.ts";
import type { CoreKind, Records, RestKind } from "../../src/backends/wasm/record-table.ts";
import { coreRecords } from "../../src/backends/wasm/records-core.ts";
import { restRecords } from "../../src/backends/wasm/records-rest.ts";
import { describe as declare, type Fields } from "../../src/ir/descriptor.ts";
import { type Descriptors, descriptors, type Instruction, type InstructionKind } from "../../src/ir/instruction.ts";
import type { View } from "../../src/ir/view.ts";
import { trials } from "../../src/testing/trials/index.ts";

/** A kind that nothing knows yet. */
interface Fake {
  readonly kind: "fake";
  readonly mode: "fast" | "exact";
  readonly rows: number;
  readonly keys?: View;
  readonly output: View;
}
type Extended = Instruction | Fake;

it("an instruction that lacks its descriptor, its kernel or its record does not compile", () => {
  // @ts-expect-error: no descriptor
  const described: Descriptors<Extended> = descriptors;
  // @ts-expect-error: no kernel in the js backend
  const run: Kernels<Extended> = kernels;
  // @ts-expect-error: no record in the WASM backend
  const written: Records<RestKind<Extended>, Extended> = restRecords;
  expect([described, run, written].some((table) => "fake" in table)).toBe(false);
});

it("a field that is forgotten, or has a role that does not fit its type, does not compile", () => {
  const whole: Fields<Fake> = { mode: { fast: 0, exact: 1 }, rows: "number", keys: "reads", output: "writes" };
  expect(declare<Fake>(whole, () => 0)).toMatchObject({ reads: ["keys"], writes: ["output"] });
  const { keys, ...partial } = whole;
  // @ts-expect-error: no keys
  declare<Fake>(partial, () => 0);
  // @ts-expect-error: a number is no view
  declare<Fake>({ ...whole, rows: "reads" }, () => 0);
  // @ts-expect-error: one value of the enumeration has no number
  declare<Fake>({ ...whole, mode: { fast: 0 } }, () => 0);
  expect(keys).toBe("reads");
});

it("every table has an entry for every kind, and the two parts of the WASM records share none", () => {
  expectTypeOf<CoreKind | RestKind>().toEqualTypeOf<InstructionKind>();
  expectTypeOf<CoreKind & RestKind>().toEqualTypeOf<never>();
  const kinds = Object.keys(descriptors).sort();
  expect(Object.keys(kernels).sort()).toEqual(kinds);
  expect([...Object.keys(coreRecords), ...Object.keys(restRecords)].sort()).toEqual(kinds);
  expect(Object.keys(trials).sort()).toEqual(kinds);
});
