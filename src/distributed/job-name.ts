import { literal, valueError } from "../errors.ts";

/** The name of a job, checked: it is part of subjects and of the names of streams. @throws ValueError. */
export function checkJobName(owner: string, name: string): string {
  if (/^[\w-]{1,100}$/.test(name)) return name;
  throw valueError(owner, {
    rule: "the name of a job has letters, digits, - and _",
    expected: '1 to 100 of them, such as "fashion"',
    received: literal(name),
  });
}

/** What a job keeps on the server is called. */
export const keptAs = (name: string): string => `aretejs_${name}`;
