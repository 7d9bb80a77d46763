// The memory of processes of workerd.
import { readdirSync, readFileSync } from "node:fs";

/** Process numbers of workerd, from Linux's /proc. */
export function workerdProcesses(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        return pid > 0 && /workerd/.test(readFileSync(`/proc/${pid}/comm`, "utf8"));
      } catch {
        return false;
      }
    });
}

/**
 * The memory of a process in bytes, the most that it has had (VmHWM) or what it has now (VmRSS); NaN where Linux does
 * not tell.
 */
export function memoryOf(pid: number, what: "VmHWM" | "VmRSS"): number {
  try {
    return 1024 * Number(new RegExp(`${what}:\\s*(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
}
