import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DownloadOptions {
  /** Folders (URLs that end in "/") to try in turn. */
  readonly baseUrls: readonly string[];
  /** Where the file is kept. */
  readonly dir: string;
  /** Throws unless the bytes are those that are wanted. */
  readonly verify: (bytes: Uint8Array) => Promise<void>;
  readonly onMessage: (text: string) => void;
  /** Milliseconds to wait for an answer. Default 15 000. */
  readonly patience?: number;
}

/** A body may take this long, so that a slow line is not given up. */
const BODY_PATIENCE = 600_000;

/**
 * Makes sure that a verified copy of the file stands in `dir`: the one that is there, or a download. Nothing unverified
 * or half written ever has the file's name, also when two processes download at once.
 *
 * @throws Error with the reason for each address where none could give it.
 */
export async function download(name: string, options: DownloadOptions): Promise<void> {
  const { baseUrls, dir, verify, onMessage, patience = 15_000 } = options;
  const path = join(dir, name);
  if (await isThere(path, verify)) return;
  const reasons: string[] = [];
  for (const baseUrl of baseUrls) {
    const url = new URL(name, baseUrl).href;
    onMessage(`Downloading ${url}`);
    const bytes = await get(url, patience, verify).catch((error: unknown) => {
      reasons.push(`${url}: ${reasonOf(error)}`);
    });
    if (bytes) return writeWhole(path, dir, bytes);
  }
  throw new Error(reasons.join("; "));
}

async function isThere(path: string, verify: (bytes: Uint8Array) => Promise<void>): Promise<boolean> {
  try {
    await verify(await readFile(path));
    return true;
  } catch {
    return false;
  }
}

async function get(url: string, patience: number, verify: (bytes: Uint8Array) => Promise<void>): Promise<Uint8Array> {
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(new Error(`no answer in ${patience / 1000} s`)), patience);
  try {
    const response = await fetch(url, { signal: controller.signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(new Error("the download takes too long")), BODY_PATIENCE);
    const bytes = new Uint8Array(await response.arrayBuffer());
    await verify(bytes);
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}

/** Under another name first: a rename is all or nothing. */
async function writeWhole(path: string, dir: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dir, { recursive: true });
  const part = `${path}.${process.pid}.part`;
  try {
    await writeFile(part, bytes);
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** `fetch` says only "fetch failed"; what happened is in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return message === "fetch failed" ? (cause?.code ?? cause?.message ?? message) : message;
}
