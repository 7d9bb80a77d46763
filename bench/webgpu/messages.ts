// What the process that runs the rows tells the one that started it.
import type { Result } from "../peers/contest.ts";

export type Message =
  | { readonly kind: "adapter"; readonly text: string }
  /** Something begins that may take long. @param row the number of the row. */
  | { readonly kind: "stage"; readonly row: number; readonly name: string; readonly what: string }
  | { readonly kind: "result"; readonly result: Result; readonly distance?: number | undefined }
  | { readonly kind: "end"; readonly failures: number };
