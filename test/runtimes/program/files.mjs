// Writes, reads, replaces, lists and removes files in places that a runtime has; gives what did not hold.

const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
const other = Uint8Array.of(1, 2, 3);
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/**
 * @param io the module aretejs/io
 * @param places for each what can be listed, and what makes a target of a name
 */
export async function tryFiles(io, places) {
  const faults = [];
  for (const [place, { list, target }] of Object.entries(places)) {
    const expect = (holds, what) => holds || faults.push(`${place}: ${what}`);
    try {
      const calls = [];
      await io.writeTarget(target("größe/a.keras"), [bytes.subarray(0, 5), bytes.subarray(5)], {
        onProgress: (done, total) => calls.push([done, total]),
      });
      expect(String(calls.at(-1)) === "300000,300000", `progress ended with ${calls.at(-1)}`);
      expect(equal(await io.readSource(target("größe/a.keras")), bytes), "the file read is not the file written");
      await io.writeTarget(target("größe/a.keras"), other);
      expect(equal(await io.readSource(target("größe/a.keras")), other), "the file is not the one written last");
      const names = await io.listFiles(list);
      expect(
        names.some((name) => name.endsWith("a.keras")),
        `it lists ${names}`,
      );
      await io.removeFile(target("größe/a.keras"));
      const error = await io.readSource(target("größe/a.keras")).then(
        () => undefined,
        (error) => error,
      );
      expect(
        error instanceof io.FileError && /there is no such file/.test(error.message),
        `a missing file gives ${error}`,
      );
    } catch (error) {
      faults.push(`${place}: ${error?.stack ?? error}`);
    }
  }
  return faults;
}
