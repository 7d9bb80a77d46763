import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Callback, dense, js, sequential } from "../../src/index.ts";
import { crc32c } from "../../src/io/tensorboard/crc32c.ts";
import { graphRecord, record, summaryRecord, versionRecord } from "../../src/io/tensorboard/events.ts";
import { type LogDirectory, type TensorBoardOptions, tensorBoard } from "../../src/io/tensorboard/index.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const ascii = (text: string) => new TextEncoder().encode(text);

describe("records of event files", () => {
  it("have the checksums of RFC 3720", () => {
    expect(crc32c(ascii("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crc32c(new Uint8Array())).toBe(0);
  });

  // Made by RecordWriter and the messages of tensorboard 2.20.0.
  it("are those that TensorBoard itself writes, to the byte", () => {
    expect(hex(versionRecord(1500))).toBe(
      "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c",
    );
    const scalars = [
      { tag: "epoch_loss", value: 0.25 },
      { tag: "epoch_größe", value: Number.NaN },
    ];
    expect(hex(summaryRecord(1500, 300, scalars))).toBe(
      "3700000000000000e7e8ca5909000000000000f83f10ac022a290a110a0a65706f63685f6c6f7373150000803e0a140a0d65706f63685f" +
        "6772c3b6c39f65150000c07f0c439ffb",
    );
    const value = { min: -1, max: 2, count: 3, sum: 1.5, sumOfSquares: 5, limits: [0.5, 2], counts: [1, 2] };
    // TensorFlow leaves out a step of 0.
    expect(
      hex(summaryRecord(1500, 0, [{ tag: "k/histogram", value }]))
        .slice(24, -8)
        .replace("1000", ""),
    ).toBe(
      "09000000000000f83f2a620a600a0b6b2f686973746f6772616d2a5109000000000000f0bf110000000000000040190000000000000840" +
        "21000000000000f83f2900000000000014403210000000000000e03f00000000000000403a10000000000000f03f0000000000000040",
    );
    const nodes = [
      { name: "input", op: "Input", inputs: [] },
      { name: "out", op: "dense", inputs: ["input"] },
    ];
    expect(hex(graphRecord(1500, nodes))).toBe(
      "34000000000000005e33175c09000000000000f83f22290a0e0a05696e7075741205496e7075740a130a036f7574120564656e73651a05" +
        "696e70757422020801735453ca",
    );
    expect(record(new Uint8Array()).length).toBe(16);
  });
});

/** The contents of the records of a file, whose checksums hold. @throws where a record is broken off. */
function contentsOf(bytes: Uint8Array): Buffer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const contents: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    const content = bytes.subarray(at + 12, at + 12 + length);
    expect(hex(bytes.subarray(at, at + 16 + length))).toBe(hex(record(content)));
    contents.push(Buffer.from(content));
    at += 16 + length;
  }
  return contents;
}

describe("tensorBoard", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "aretejs-tensorboard-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const train = async (options: TensorBoardOptions, more: readonly Callback[] = []) => {
    const model = sequential([dense(2, { inputShape: [2], name: "hidden" }), dense(1)], { seed: 1 });
    model.compile({ optimizer: "sgd", loss: "mse", backend: js() });
    const callbacks = [tensorBoard(options), ...more];
    await model.fit(
      [
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [[1], [0], [1]],
      { epochs: 3, batchSize: 1, verbose: 0, validationSplit: 0.33, callbacks },
    );
  };
  const filesIn = (path: string) => readdirSync(path).map((name) => join(path, name));
  const tagsIn = (files: readonly string[]) =>
    files.flatMap((file) =>
      contentsOf(readFileSync(file)).flatMap((content) => [
        ...content.toString("latin1").matchAll(/(?:epoch|batch|evaluation)_\w+|hidden\/\w+\/histogram|brain\.Event:2/g),
      ]),
    );

  it("writes runs as Keras does, to a path or a file URL", async () => {
    const url = pathToFileURL(join(folder, "by url"));
    for (const [logDir, path] of [
      [join(folder, "by path"), join(folder, "by path")],
      [url, join(folder, "by url")],
      [url.href, join(folder, "by url")],
    ] as const) {
      await train({ logDir, histogramFreq: 2, updateFreq: "batch" });
      const [run, validation] = ["train", "validation"].map((name) => filesIn(join(path, name)));
      expect(run?.[0]).toMatch(/events\.out\.tfevents\.\d{10}\./);
      const names = tagsIn(run?.slice(-1) ?? []).map(String);
      const count = (tag: string) => names.filter((name) => name === tag).length;
      expect(names[0]).toBe("brain.Event:2");
      expect([count("epoch_loss"), count("epoch_learning_rate"), count("batch_loss")]).toEqual([3, 3, 6]);
      expect([count("hidden/kernel/histogram"), count("hidden/bias/histogram")]).toEqual([2, 2]);
      const checked = tagsIn(validation?.slice(-1) ?? []).map(String);
      expect(checked.filter((name) => name === "epoch_loss").length).toBe(3);
      expect(checked.filter((name) => name === "evaluation_loss_vs_iterations").length).toBe(3);
    }
    // Each run has files of its own, also in one directory.
    expect(filesIn(join(folder, "by url/train")).length).toBe(2);
  });

  it("writes while training, whole records only", async () => {
    const logDir = join(folder, "while training");
    const seen: number[] = [];
    await train({ logDir }, [
      {
        onEpochEnd: () => {
          seen.push(contentsOf(readFileSync(filesIn(join(logDir, "train"))[0] as string)).length);
        },
      },
    ]);
    // The version and the graph, then one record for each epoch.
    expect(seen).toEqual([3, 4, 5]);
  });

  it("writes to stores, alone or in a part of one, in files that follow each other", async () => {
    const files = new Map<string, Uint8Array>();
    const store = { read: () => undefined, write: (bytes: Uint8Array, name: string) => files.set(name, bytes.slice()) };
    const each: LogDirectory[] = [store, { store, name: "logs/first" }];
    for (const logDir of each) await train({ logDir });
    const names = [...files.keys()].map((name) => name.replace(/events.*/, ""));
    expect(names).toEqual(["train/", "validation/", "logs/first/train/", "logs/first/validation/"]);
    for (const bytes of files.values()) expect(contentsOf(bytes).length).toBeGreaterThan(3);
  });

  it("goes on counting batches in a resumed run", () => {
    const [first, second] = [tensorBoard({ updateFreq: 1 }), tensorBoard({ updateFreq: 1 })];
    second.setState?.({ batches: 7 });
    expect([first.getState?.(), second.getState?.()]).toEqual([{ batches: 0 }, { batches: 7 }]);
    // Reading the logs of batches costs time.
    expect([tensorBoard().onTrainBatchEnd, first.onTrainBatchEnd]).toEqual([undefined, expect.any(Function)]);
  });

  it("refuses options that it does not have, before training", () => {
    expect(() => tensorBoard({ updateFreq: 0 })).toThrow("tensorBoard: updateFreq must be an integer ≥ 1");
    expect(() => tensorBoard({ updateFreq: "epochs" as "epoch" })).toThrow('received the string "epochs"');
    expect(() => tensorBoard({ histogramFreq: -1 })).toThrow("tensorBoard: histogramFreq must be an integer ≥ 0");
    expect(() => tensorBoard({ logDir: "" })).toThrow("tensorBoard: logDir names a directory");
    expect(() => tensorBoard({ log_dir: "x" } as TensorBoardOptions)).toThrow('Did you mean "logDir"');
  });

  it("says where it cannot write", async () => {
    await expect(train({ logDir: "/dev/null/logs" })).rejects.toThrow(/\/dev\/null\/logs.*: events cannot be written/);
  });
});
