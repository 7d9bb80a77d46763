import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseIdx, readIdx } from "../../src/data/idx.ts";

/** An IDX file: header and payload. */
function idx(type: number, shape: readonly number[], payload: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, type, shape.length]);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  bytes.set(payload, 4 + 4 * shape.length);
  return bytes;
}

const small = idx(8, [2, 3], [1, 2, 3, 4, 5, 255]);

describe("parseIdx", () => {
  it("reads unsigned bytes without a copy", () => {
    const { data, shape } = parseIdx(small);
    expect(shape).toEqual([2, 3]);
    expect(data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 255));
    expect(data.buffer).toBe(small.buffer);
  });

  it.each([
    [0x09, Int8Array, [0xff, 0x7f], [-1, 127]],
    [0x0b, Int16Array, [0xff, 0xfe, 0x01, 0x00], [-2, 256]],
    [0x0c, Int32Array, [0xff, 0xff, 0xff, 0xfd, 0x00, 0x01, 0x00, 0x00], [-3, 65536]],
    [0x0d, Float32Array, [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], [1.5, -2]],
    [0x0e, Float64Array, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], [1.5, -2]],
  ])("reads big-endian elements of type %i", (type, Typed, payload, expected) => {
    const { data, shape } = parseIdx(idx(type, [2], payload));
    expect(data).toBeInstanceOf(Typed);
    expect(Array.from(data)).toEqual(expected);
    expect(shape).toEqual([2]);
  });

  it("reads a view that begins in the middle of a buffer", () => {
    const padded = new Uint8Array(small.length + 3);
    padded.set(small, 3);
    expect(parseIdx(padded.subarray(3)).data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 255));
  });

  it("reads empty arrays", () => {
    expect(parseIdx(idx(8, [0, 28, 28], [])).shape).toEqual([0, 28, 28]);
  });

  it("refuses a file that is cut off", () => {
    expect(() => parseIdx(small.subarray(0, -1), "train.idx")).toThrow(
      "train.idx: the file is shorter than its header says. Expected 18 bytes, received 17 (shape [2, 3], 1 bytes an element). Download it again.",
    );
    expect(() => parseIdx(idx(13, [2], [0, 0, 0, 0, 0, 0, 0]))).toThrow("Expected 16 bytes, received 15");
  });

  it("refuses bytes behind the last element", () => {
    expect(() => parseIdx(Uint8Array.of(...small, 0))).toThrow(
      "idx: bytes follow the last element. Expected 18 bytes, received 19",
    );
  });

  it.each([4, 7, 8, 11])("refuses a header cut off after %i bytes", (length) => {
    expect(() => parseIdx(small.subarray(0, length))).toThrow(
      `idx: the header is cut off. Expected 12 bytes for 2 axes, received ${length}.`,
    );
  });

  it.each([
    ["an empty file", new Uint8Array(0), "an empty file"],
    ["two bytes", small.subarray(0, 2), "00 00"],
    ["a web page", new TextEncoder().encode("<!DOCTYPE html>"), "3c 21 44 4f"],
    ["first byte not zero", Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), "01 00 08 01"],
    ["second byte not zero", Uint8Array.of(0, 1, 8, 1, 0, 0, 0, 0), "00 01 08 01"],
    ["an unknown type", idx(0x0a, [1], [0]), "00 00 0a 01"],
    ["no axes", Uint8Array.of(0, 0, 8, 0, 5), "00 00 08 00"],
  ])("refuses a wrong magic number: %s", (_, bytes, received) => {
    expect(() => parseIdx(bytes)).toThrow(
      "idx: an IDX file begins with 00 00, a type (08, 09, 0b, 0c, 0d, 0e) and the number of axes",
    );
    expect(() => parseIdx(bytes)).toThrow(`received ${received}`);
  });

  it("says what to do with a compressed file", () => {
    expect(() => parseIdx(gzipSync(small))).toThrow("It is compressed: use readIdx.");
  });

  it("refuses absurd extents without allocating for them, also where their product wraps around", () => {
    expect(() => parseIdx(idx(8, [0xffffffff, 0xffffffff], [1]))).toThrow("the file is shorter than its header says");
    // 2¹⁶·2¹⁶ is 0 in 32 bits, 2³²·2³² is 0 in 64.
    expect(() => parseIdx(idx(8, [65536, 65536], []))).toThrow("Expected 4294967308 bytes, received 12");
    expect(() => parseIdx(idx(14, [2 ** 31, 2 ** 31, 2 ** 31], []))).toThrow("the file is shorter");
    // 255 axes of 2³² − 1 pass the largest float64; one axis of 0 among them makes an empty array.
    expect(() => parseIdx(idx(8, new Array(255).fill(0xffffffff), []))).toThrow("Expected Infinity bytes");
    expect(parseIdx(idx(8, [...new Array(254).fill(0xffffffff), 0], [])).data.length).toBe(0);
  });
});

describe("readIdx", () => {
  it("reads compressed and plain files", async () => {
    const plain = parseIdx(small);
    expect(await readIdx(small)).toEqual(plain);
    expect(await readIdx(gzipSync(small), { name: "small.gz" })).toEqual(plain);
  });

  it("refuses a plain file whose name promises gzip", async () => {
    await expect(readIdx(small, { name: "train.gz" })).rejects.toThrow(
      "train.gz: the name promises gzip. Expected first bytes 1f 8b, received 00 00 08 02. Is it a web page, or unpacked already?",
    );
    await expect(readIdx(new Uint8Array(0), { name: "train.gz" })).rejects.toThrow("received an empty file");
  });

  const compressed = gzipSync(
    idx(
      8,
      [50_000],
      Uint8Array.from({ length: 50_000 }, (_, i) => (i * i) % 251),
    ),
  );
  const flip = (at: number) => compressed.map((byte, i) => (i === at ? byte ^ 255 : byte));
  it.each([
    ["cut off in the middle", compressed.subarray(0, compressed.length >> 1)],
    ["cut off in the trailer", compressed.subarray(0, -3)],
    ["cut off in the header", compressed.subarray(0, 5)],
    ["with a wrong byte", flip(compressed.length >> 1)],
    ["with a wrong checksum", flip(compressed.length - 6)],
    ["with an unknown method", flip(2)],
    ["with something behind it", Uint8Array.of(...compressed, 1, 2, 3)],
  ])("refuses gzip data %s", async (_, bytes) => {
    const failure = await readIdx(bytes, { name: "train.gz" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: "ValueError",
      message: expect.stringMatching(
        /^train\.gz: the gzip data are corrupt or cut off\. Expected a whole gzip file, received .+\. Download it again\.$/,
      ),
    });
    expect((failure as Error).cause).toBeInstanceOf(Error);
  });

  it("refuses a file that unpacks to more than it may", async () => {
    const bomb = gzipSync(new Uint8Array(10_000_000));
    await expect(readIdx(bomb, { maxBytes: 1_000_000 })).rejects.toThrow(
      "idx: the file unpacks to more than it may. Expected at most 1000000 bytes, received more.",
    );
  });

  it("checks what it unpacked", async () => {
    await expect(readIdx(gzipSync(small.subarray(0, -1)))).rejects.toThrow("the file is shorter than its header says");
    await expect(readIdx(gzipSync(gzipSync(small)))).rejects.toThrow("an IDX file begins with");
  });
});
