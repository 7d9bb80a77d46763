/** `640 B`, `3.2 kB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1000 && unit < 3; unit++) amount /= 1000;
  return `${unit === 0 ? amount : amount.toPrecision(3)} ${units[unit]}`;
}
