import { decodePacket, encodePacket, kinds, type Packet } from "./packets.ts";
import { bytesOf, Round } from "./round.ts";
import { type Chunk, chunkLength, chunksOf } from "./slices.ts";

/** Sends bytes to one worker, or to all others. They may get lost, come twice, or in another order. */
export interface Wire {
  send(to: number | "others", bytes: Uint8Array): void;
}

/** Who exchanges what. */
export interface ExchangeOptions {
  readonly wire: Wire;
  readonly rank: number;
  /** How many workers there are. */
  readonly size: number;
  /** Messages of other generations are ignored. */
  readonly generation: number;
  /** How many numbers the vectors have. */
  readonly length: number;
  /** The first step. */
  readonly step: number;
  /** Chunks under way: what bounds the bytes that wait in the client and the server. Default 16. */
  readonly window?: number;
  /** Numbers in a chunk. Default 65 536. */
  readonly chunk?: number;
}

/** The most chunks that one request asks for. */
const maxAsked = 16;

/** What a worker waits for: the extras of these ranks; the sum, where there are none. */
interface Awaited {
  readonly step: number;
  readonly ranks?: readonly number[];
}

/**
 * Adds up a vector of each worker, step by step, and hands to all what each has besides. A worker owns a slice of the
 * vector: it gets the others' parts of it, adds them in the order of the ranks, and sends the sum to all. What is
 * missing is asked for again. A worker keeps the step before, for those that have not finished it; nobody can be
 * further behind, since a step ends with a part of every worker. A worker waits for one thing at a time.
 */
export class Exchange {
  /** When something new came, or this worker began to wait; by `performance.now`. */
  progressAt = 0;
  bytesSent = 0;
  bytesReceived = 0;
  private readonly chunks: readonly Chunk[];
  private readonly rounds = new Map<number, Round>();
  /** Called when something has come, or all has failed. */
  private wake = () => {};
  private readonly pieceBytes: number;
  private readonly others: readonly number[];
  /** When a worker has last said that it waits for others. */
  private readonly waitedAt = new Map<number, number>();
  private error: Error | undefined;
  /** The step that this worker has posted last. */
  private posted: number;
  /** Undefined while this worker waits for nobody: then others' silence means nothing. */
  private awaited: Awaited | undefined;

  constructor(private readonly options: ExchangeOptions) {
    const { length, rank, size, step, chunk = chunkLength } = options;
    this.others = Array.from({ length: size }, (_, other) => other).filter((other) => other !== rank);
    this.chunks = chunksOf(length, size, chunk);
    this.pieceBytes = 4 * chunk;
    this.posted = step - 1;
  }

  /** Hands in what this worker has for a step. `vector` is not copied: leave it as it is for two steps. */
  post(step: number, extra: Uint8Array, vector: Float32Array | undefined): void {
    const round = this.round(step);
    round.vector = vector;
    this.posted = step;
    this.rounds.delete(step - 2);
    for (const [index, piece] of this.pieces(extra).entries())
      round.addExtra(this.options.rank, index, extra.length, piece, this.pieceBytes);
    this.sendExtra("others", step, round);
    this.pump(step, round);
    this.wake();
  }

  /** What these workers have besides their vectors. */
  async extras(step: number, ranks: readonly number[]): Promise<Uint8Array<ArrayBuffer>[]> {
    await this.until({ step, ranks }, () => this.missing.length === 0);
    return ranks.map((rank) => this.round(step).extra(rank) as Uint8Array<ArrayBuffer>);
  }

  /** The sum of all vectors. */
  async sum(step: number): Promise<Float32Array> {
    await this.until({ step }, () => this.round(step).isSummed);
    return this.round(step).sum;
  }

  /** Takes a message. */
  receive(bytes: Uint8Array): void {
    const packet = decodePacket(bytes);
    const { rank, generation, size } = this.options;
    if (!packet || packet.generation !== generation || packet.from === rank || packet.from >= size) return;
    this.bytesReceived += bytes.length;
    const { kind, step, index, from, total, body } = packet;
    if (step < this.posted - 1 || step > this.posted + 2) return;
    if (kind === kinds.need) {
      this.waitedAt.set(from, performance.now());
      this.answer(packet);
      return;
    }
    const round = this.round(step);
    let isNew = false;
    if (kind === kinds.extra) isNew = round.addExtra(from, index, total, body, this.pieceBytes);
    else if (kind === kinds.part) isNew = this.takePart(step, round, packet);
    else if (kind === kinds.sum && this.isChunk(index, from, body)) {
      isNew = round.addSum(index, body);
      if (isNew) this.advance(step, round, index);
    }
    if (!isNew) return;
    this.progressAt = performance.now();
    this.wake();
  }

  /** Ranks that this worker waits for now. */
  get missing(): number[] {
    if (!this.awaited) return [];
    const { step, ranks } = this.awaited;
    const round = this.round(step);
    if (ranks) return ranks.filter((rank) => round.extra(rank) === undefined);
    return this.others.filter((rank) => this.lacks(round, rank).length > 0);
  }

  /** The missing ranks that do not wait for others themselves. @param since when they would have said so. */
  slowest(since: number): number[] {
    return this.missing.filter((rank) => (this.waitedAt.get(rank) ?? 0) < since);
  }

  /** Asks for what is missing, and so tells all that this worker waits. */
  askAgain(): void {
    if (!this.awaited || this.missing.length === 0) return;
    const { step } = this.awaited;
    const round = this.round(step);
    for (const rank of this.others) {
      this.ask(rank, step, round.extra(rank) === undefined ? kinds.extra : kinds.need, []);
      if (!round.vector) continue;
      for (const [kind, indices] of this.lacks(round, rank)) this.ask(rank, step, kind, indices);
    }
  }

  /** Ends it: whoever waits gets the error. */
  fail(error: Error): void {
    this.error = error;
    this.wake();
  }

  /** The chunks that a worker has not sent yet, by kind: sums of its own, and its parts of this worker's. */
  private lacks(round: Round, rank: number): readonly (readonly [kind: number, indices: number[]])[] {
    const find = (owner: number, isThere: (index: number) => boolean) =>
      this.chunks.flatMap((chunk, index) => (chunk.owner !== owner || isThere(index) ? [] : [index]));
    const lists = [
      [kinds.sum, find(rank, (index) => round.hasSum(index))],
      [kinds.part, find(this.options.rank, (index) => round.hasSum(index) || round.hasPart(index, rank))],
    ] as const;
    return lists.filter(([, indices]) => indices.length > 0);
  }

  private ask(rank: number, step: number, kind: number, indices: readonly number[]): void {
    const body = bytesOf(Uint32Array.from(indices.slice(0, maxAsked)));
    this.send(rank, { kind: kinds.need, step, index: kind, total: 0, body });
  }

  private answer({ step, from, index: kind, body }: Packet): void {
    const round = this.rounds.get(step);
    if (!round) return;
    if (kind === kinds.extra) this.sendExtra(from, step, round);
    if (body.length % 4 > 0) return;
    const wanted = new Uint32Array(new Uint8Array(body).buffer);
    for (const index of wanted.subarray(0, maxAsked)) {
      const chunk = this.chunks[index];
      if (kind === kinds.part && chunk?.owner === from) this.sendPart(step, round, index);
      if (kind === kinds.sum && chunk?.owner === this.options.rank && round.hasSum(index))
        this.sendSum(from, step, round, index);
    }
  }

  private takePart(step: number, round: Round, { index, from, body }: Packet): boolean {
    if (!this.isChunk(index, this.options.rank, body)) return false;
    if (round.hasSum(index) || round.hasPart(index, from)) return false;
    this.addPart(step, round, index, from, new Float32Array(new Uint8Array(body).buffer));
    return true;
  }

  /** Whether a body has the size of this chunk, and the chunk this owner. */
  private isChunk(index: number, owner: number, body: Uint8Array): boolean {
    const chunk = this.chunks[index];
    return chunk?.owner === owner && body.length === 4 * (chunk.end - chunk.start);
  }

  private addPart(step: number, round: Round, index: number, rank: number, numbers: Float32Array): void {
    if (round.addPart(index, rank, numbers)) this.sendSum("others", step, round, index);
  }

  /** Sends the chunks of this worker's vector, as many as may be under way. */
  private pump(step: number, round: Round): void {
    const { rank, window = 16 } = this.options;
    while (round.vector && round.sent < this.chunks.length && round.outstanding < window) {
      const index = round.sent++;
      const { owner, start, end } = this.chunks[index] as Chunk;
      if (owner === rank) this.addPart(step, round, index, rank, round.vector.subarray(start, end));
      else if (!round.hasSum(index)) {
        round.outstanding++;
        this.sendPart(step, round, index);
      }
    }
  }

  /** A chunk's sum has come, so one more may be sent. */
  private advance(step: number, round: Round, index: number): void {
    if (index >= round.sent) return;
    round.outstanding--;
    this.pump(step, round);
  }

  private sendPart(step: number, round: Round, index: number): void {
    const { owner, start, end } = this.chunks[index] as Chunk;
    const body = round.vector && bytesOf(round.vector.subarray(start, end));
    if (body) this.send(owner, { kind: kinds.part, step, index, total: 0, body });
  }

  private sendSum(to: number | "others", step: number, round: Round, index: number): void {
    this.send(to, { kind: kinds.sum, step, index, total: 0, body: bytesOf(round.sumOf(index)) });
  }

  private sendExtra(to: number | "others", step: number, round: Round): void {
    const extra = round.extra(this.options.rank);
    if (!extra) return;
    for (const [index, body] of this.pieces(extra).entries())
      this.send(to, { kind: kinds.extra, step, index, total: extra.length, body });
  }

  /** What fits a message each; one that is empty, where there is nothing. */
  private pieces(bytes: Uint8Array): Uint8Array[] {
    const count = Math.max(1, Math.ceil(bytes.length / this.pieceBytes));
    return Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * this.pieceBytes, (index + 1) * this.pieceBytes),
    );
  }

  private send(to: number | "others", packet: Omit<Packet, "from" | "generation">): void {
    const { rank: from, generation, wire, size } = this.options;
    if (size === 1) return;
    const bytes = encodePacket({ ...packet, from, generation });
    this.bytesSent += bytes.length;
    wire.send(to, bytes);
  }

  private round(step: number): Round {
    const known = this.rounds.get(step);
    if (known) return known;
    const made = new Round(this.options.size, this.chunks, this.options.length);
    this.rounds.set(step, made);
    return made;
  }

  private async until(awaited: Awaited, isDone: () => boolean): Promise<void> {
    this.awaited = awaited;
    this.progressAt = performance.now();
    while (!this.error && !isDone())
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    this.awaited = undefined;
    if (this.error) throw this.error;
  }
}
