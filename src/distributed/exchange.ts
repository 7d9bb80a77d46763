// How workers add up their vectors, step by step, whatever is lost, repeated or reordered on the way.
import { bytesOf, decodePacket, encodePacket, idOf, indexOf, joined, kindOf, kinds, type Packet } from "./packets.ts";
import { addInOrder, type Chunk, chunkLength, chunksOf } from "./slices.ts";

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

/** What {@link openExchange} gives. */
export type Exchange = ReturnType<typeof openExchange>;

/** What a worker has of one step. */
interface Round {
  readonly step: number;
  /** By rank, what each worker has sent, this one too: the bodies of its messages by their numbers. */
  readonly sent: readonly Map<number, Uint8Array<ArrayBuffer>>[];
  /** The sum, as far as it is known. */
  readonly sum: Float32Array;
  /** This worker's vector; undefined before its batch was computed. */
  vector?: Float32Array;
  /** How many chunks of the vector had their turn, and how many of them are under way: their sums are not known. */
  done: number;
  underWay: number;
}

/** Gives the numbers of the messages of a rank that have not come, of those that are waited for. */
type Lacking = (round: Round, from: number) => number[];

/** The most messages that one request asks for. */
const maxAsked = 32;
/** In the place of a part that was added up. */
const added = new Uint8Array();

/**
 * Adds up a vector of each worker, step by step, and hands to all what each has besides. A worker owns a slice of the
 * vector: it gets the others' parts of it, adds them in the order of the ranks, and sends the sum to all.
 *
 * All that a worker sends in a step has a number, and is kept once under it, by who sends and by who receives. So it
 * may come twice and in any order, and who lacks it asks the sender for it by its number. A worker keeps the step
 * before, for those that have not finished it; nobody can be further behind, since a step ends with a part of every
 * worker. A worker waits for one thing at a time.
 */
export function openExchange(options: ExchangeOptions) {
  const { wire, rank, size, generation, length, window = 16, chunk: chunkSize = chunkLength } = options;
  const chunks = chunksOf(length, size, chunkSize);
  const pieceBytes = 4 * chunkSize;
  const all = Array.from({ length: size }, (_, other) => other);
  const others = all.filter((other) => other !== rank);
  const rounds = new Map<number, Round>();
  /** When a worker has last said that it waits for others. */
  const waitedAt = new Map<number, number>();
  /** The step that this worker has posted last. */
  let posted = options.step - 1;
  /** What this worker waits for; undefined while it waits for nobody: then others' silence means nothing. */
  let awaited: { readonly step: number; readonly lacking: (from: number) => readonly number[] } | undefined;
  /** Called when something has come, or all has failed. */
  let wake = () => {};
  let error: Error | undefined;

  const roundOf = (step: number): Round => {
    const known = rounds.get(step);
    if (known) return known;
    const made = { step, sent: all.map(() => new Map()), sum: new Float32Array(length), done: 0, underWay: 0 };
    rounds.set(step, made);
    return made;
  };
  const sentBy = (round: Round, from: number) => round.sent[from] as Map<number, Uint8Array<ArrayBuffer>>;
  const sumOf = (round: Round, index: number) => {
    const { start, end } = chunks[index] as Chunk;
    return round.sum.subarray(start, end);
  };

  /** A piece of what a worker has besides its vector. */
  const pieceOf = (round: Round, from: number, index: number) => sentBy(round, from).get(idOf(kinds.extra, index));
  /** Of what a worker has besides its vector. */
  const lackingExtras: Lacking = (round, from) => {
    const lacking: number[] = [];
    for (let index = 0; lacking.length < maxAsked; index++) {
      const piece = pieceOf(round, from, index);
      if (!piece) lacking.push(idOf(kinds.extra, index));
      else if (piece.length < pieceBytes) break;
    }
    return lacking;
  };
  /** Sums of the worker's slice, and its parts of this worker's slice. */
  const lackingSums: Lacking = (round, from) =>
    chunks.flatMap(({ owner }, index) => {
      if (owner !== from && owner !== rank) return [];
      const id = idOf(owner === from ? kinds.sum : kinds.part, index);
      return sentBy(round, from).has(id) ? [] : id;
    });

  const send = (to: number | "others", step: number, id: number, body: Uint8Array<ArrayBuffer>): void => {
    if (to === rank || size === 1) return;
    const bytes = encodePacket({ from: rank, generation, step, id, body });
    exchange.bytesSent += bytes.length;
    wire.send(to, bytes);
  };
  /** Keeps a message for who asks for it again, and sends it. */
  const keepAndSend = (round: Round, to: number | "others", id: number, body: Uint8Array<ArrayBuffer>): void => {
    sentBy(round, rank).set(id, body);
    send(to, round.step, id, body);
  };
  /** Sends the chunks of this worker's vector, as many as may be under way. */
  const sendParts = (round: Round): void => {
    const { vector } = round;
    while (vector && round.done < chunks.length && round.underWay < window) {
      const index = round.done++;
      const { owner, start, end } = chunks[index] as Chunk;
      keepAndSend(round, owner, idOf(kinds.part, index), bytesOf(vector.subarray(start, end)));
      if (owner === rank) addUp(round, index);
      else round.underWay++;
    }
  };
  /** Adds up a chunk of this worker's slice, if all parts are there. */
  const addUp = (round: Round, index: number): void => {
    const id = idOf(kinds.part, index);
    const parts = round.sent.flatMap((sent) => sent.get(id) ?? []);
    if (parts.length < size) return;
    const sum = sumOf(round, index);
    addInOrder(
      parts.map(({ buffer, byteOffset, length }) => new Float32Array(buffer, byteOffset, length / 4)),
      sum,
    );
    for (const sent of round.sent) sent.set(id, added);
    keepAndSend(round, "others", idOf(kinds.sum, index), bytesOf(sum));
  };
  /** Whether a message is from who may send it, and as long as it must be. */
  const fits = ({ id, from, body }: Packet): boolean => {
    if (kindOf(id) === kinds.extra) return body.length <= pieceBytes;
    const chunk = chunks[indexOf(id)];
    const owner = kindOf(id) === kinds.sum ? from : rank;
    return chunk?.owner === owner && body.length === 4 * (chunk.end - chunk.start);
  };
  const take = (round: Round, { id, from, body }: Packet): void => {
    const index = indexOf(id);
    sentBy(round, from).set(id, body);
    if (kindOf(id) === kinds.part) addUp(round, index);
    if (kindOf(id) === kinds.sum) {
      bytesOf(sumOf(round, index)).set(body);
      // The bytes are in the sum now.
      sentBy(round, from).set(id, added);
      round.underWay--;
      sendParts(round);
    }
    exchange.progressAt = performance.now();
    wake();
  };

  /** Waits until nothing is lacking of these ranks. */
  const until = async (step: number, ranks: readonly number[], lackingOf: Lacking): Promise<Round> => {
    const round = roundOf(step);
    const lacking = (from: number) => (ranks.includes(from) ? lackingOf(round, from) : []);
    awaited = { step, lacking };
    exchange.progressAt = performance.now();
    while (!error && all.some((from) => lacking(from).length > 0))
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    awaited = undefined;
    if (error) throw error;
    return round;
  };
  const missing = (): number[] => others.filter((other) => awaited?.lacking(other).length);

  const exchange = {
    /** When something new came, or this worker began to wait; by `performance.now`. */
    progressAt: 0,
    bytesSent: 0,
    bytesReceived: 0,
    /** Ranks that this worker waits for now. */
    missing,
    /** The missing ranks that do not wait for others themselves. @param since when they would have said so. */
    slowest: (since: number): number[] => missing().filter((other) => (waitedAt.get(other) ?? 0) < since),
    /** Hands in what this worker has for a step. `vector` is not copied: leave it as it is for two steps. */
    post(step: number, extra: Uint8Array<ArrayBuffer>, vector: Float32Array): void {
      const round = roundOf(step);
      round.vector = vector;
      posted = step;
      rounds.delete(step - 2);
      for (let index = 0; index * pieceBytes <= extra.length; index++) {
        const piece = extra.subarray(index * pieceBytes, (index + 1) * pieceBytes);
        keepAndSend(round, "others", idOf(kinds.extra, index), piece);
      }
      sendParts(round);
      wake();
    },
    /** What these workers have besides their vectors. */
    async extras(step: number, ranks: readonly number[]): Promise<Uint8Array<ArrayBuffer>[]> {
      const round = await until(step, ranks, lackingExtras);
      return ranks.map((from) => {
        const pieces: Uint8Array[] = [];
        for (let piece = pieceOf(round, from, 0); piece; piece = pieceOf(round, from, pieces.length))
          pieces.push(piece);
        return joined(pieces);
      });
    },
    /** The sum of all vectors. */
    sum: async (step: number): Promise<Float32Array> => (await until(step, all, lackingSums)).sum,
    /** Takes a message, of which it keeps a copy. */
    receive(bytes: Uint8Array): void {
      const packet = decodePacket(bytes);
      if (packet?.generation !== generation || !others.includes(packet.from)) return;
      exchange.bytesReceived += bytes.length;
      const { step, id, from, body } = packet;
      if (step < posted - 1 || step > posted + 2) return;
      const round = roundOf(step);
      if (kindOf(id) !== kinds.need) {
        if (!sentBy(round, from).has(id) && fits(packet)) take(round, packet);
        return;
      }
      waitedAt.set(from, performance.now());
      for (const wanted of new Uint32Array(body.buffer, body.byteOffset, body.length / 4)) {
        const made = sentBy(round, rank).get(wanted);
        if (made) send(from, step, wanted, made);
      }
    },
    /** Asks for what is missing, and so tells all that this worker waits. */
    askAgain(): void {
      if (!awaited || missing().length === 0) return;
      for (const other of others) {
        const ids = Uint32Array.from(awaited.lacking(other).slice(0, maxAsked));
        send(other, awaited.step, idOf(kinds.need, 0), bytesOf(ids));
      }
    },
    /** Ends it: whoever waits gets the error. */
    fail(given: Error): void {
      error = given;
      wake();
    },
  };
  return exchange;
}
