import { expect, it } from "vitest";
import { withUndefined } from "../../scripts/optional-types.ts";

it("lets the optional properties of declarations be undefined, whatever their types are", () => {
  expect(
    withUndefined(`
export interface Options<T> extends Base {
    /** Words. */
    readonly seed?: number;
    f?: (x: { y?: string }) => void;
    kind?: T extends string ? "a" : "b";
    done?: boolean | undefined;
    list: readonly number[];
    method?(): void;
}
export declare function g(options?: { a?: "x" | "y"; }): void;
`),
  ).toBe(`
export interface Options<T> extends Base {
    /** Words. */
    readonly seed?: number | undefined;
    f?: ((x: { y?: string | undefined }) => void) | undefined;
    kind?: (T extends string ? "a" : "b") | undefined;
    done?: boolean | undefined;
    list: readonly number[];
    method?(): void;
}
export declare function g(options?: { a?: "x" | "y" | undefined; }): void;
`);
});
