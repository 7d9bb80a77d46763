/**
 * Elementwise loops. One driver walks the iteration space and hands pieces of it, in whole vectors, to an inner
 * function: a fused kernel generated for the expression, or the interpreter. Both find their operands in `slots`: a
 * pointer and the bytes from one vector to the next for each of inputs, outputs, constants and registers, in this
 * order.
 *
 *     record  MapRecord · shape[rank] · {address, int32?, kind, strides[rank]} per input · {address, int32?} per output
 *     scratch slots · one vector per input for constants · one tile per input, output and register
 *
 * Pieces are whole runs of the innermost axis where that is long. Otherwise, and where int32 or a tail shorter than a
 * vector comes in, operands are first copied into tiles; nothing is ever written beyond an output.
 */
import { interpret } from "./generated/interpreter";
import { loadPartial, storePartial } from "./simd";
import { ownScratch } from "./threads";

@unmanaged
class MapRecord {
  /** The fused kernel: its place in the table of functions; 0: the interpreter. */
  inner: i32;
  /** The interpreter's code, see generate-kernels.ts. */
  code: usize;
  inputs: i32;
  outputs: i32;
  constants: i32;
  registers: i32;
  rank: i32;
  total: i32;
  /** One vector for each constant, its value in all lanes. */
  values: usize;
  scratch: usize;
  /** Whether an operand is int32. */
  converts: i32;
  /** Whether every input that is neither flat nor constant repeats its innermost row, such as a bias. */
  repeats: i32;
}

/** Elements per tile: with a dozen operands the tiles stay in a first-level cache. map-record.ts repeats it. */
const TILE: i32 = 512;
/** Shorter innermost runs are gathered into tiles. */
const SHORTEST_RUN: i32 = 32;

/** How an input runs through the iteration space. */
const FLAT: i32 = 0;
const CONSTANT: i32 = 1;

export function map(record: usize, thread: i32, threads: i32): void {
  const total = changetype<MapRecord>(record).total;
  // Whole cache lines for each thread.
  const share = ((total + threads - 1) / threads + 15) & ~15;
  const from = min(thread * share, total);
  const to = min(from + share, total);
  if (from < to) mapElements(record, from, to);
}

/** Elements [from, to) of the map: what a matmul calls on the rows that it has finished. */
export function mapElements(record: usize, from: i32, to: i32): void {
  const map = changetype<MapRecord>(record);
  const slots = ownScratch(map.scratch);
  prepare(map, slots);
  const run = load<i32>(shapeOf(map) + ((map.rank - 1) << 2));
  if (map.repeats && (run << 2) <= TILE && run < to - from) {
    mapRepeating(map, slots, from, to, run);
  } else if (map.converts == 0 && (map.rank == 1 || run >= SHORTEST_RUN)) {
    while (from < to) {
      const length = min(run - (map.rank == 1 ? from : from % run), to - from);
      mapRun(map, slots, from, length, run);
      from += length;
    }
  } else {
    for (; from < to; from += TILE) mapTile(map, slots, from, min(TILE, to - from), run);
  }
}

@inline
function shapeOf(map: MapRecord): usize {
  return changetype<usize>(map) + offsetof<MapRecord>();
}

@inline
function inputOf(map: MapRecord, index: i32): usize {
  return shapeOf(map) + ((map.rank + index * (map.rank + 3)) << 2);
}

@inline
function outputOf(map: MapRecord, index: i32): usize {
  return inputOf(map, map.inputs) + (index << 3);
}

/** The vector in which input `index` is spread when it is constant over a piece. */
@inline
function spreadOf(map: MapRecord, slots: usize, index: i32): usize {
  const operands = map.inputs + map.outputs + map.constants + map.registers;
  return slots + (((operands << 3) + 15) & ~15) + (index << 4);
}

/** The tile of an operand: inputs, then outputs, then registers. */
@inline
function tileOf(map: MapRecord, slots: usize, index: i32): usize {
  return spreadOf(map, slots, map.inputs) + index * (TILE << 2);
}

@inline
function setSlot(slots: usize, index: i32, pointer: usize, step: i32): void {
  store<usize>(slots + (index << 3), pointer);
  store<i32>(slots + (index << 3), step, 4);
}

/** Spreads x, a number in float32 or int32, over the vector at `target`. */
@inline
function spread(target: usize, source: usize, isInt: bool): void {
  v128.store(target, f32x4.splat(isInt ? <f32>load<i32>(source) : load<f32>(source)));
}

/** Fills the slots that do not change from piece to piece. */
function prepare(map: MapRecord, slots: usize): void {
  const inputs = map.inputs;
  const outputs = map.outputs;
  for (let i = 0; i < inputs; ++i) {
    const input = inputOf(map, i);
    if (load<i32>(input, 8) == CONSTANT) {
      const target = spreadOf(map, slots, i);
      spread(target, load<usize>(input), load<i32>(input, 4) != 0);
      setSlot(slots, i, target, 0);
    }
  }
  for (let i = 0; i < map.constants; ++i) setSlot(slots, inputs + outputs + i, map.values + (i << 4), 0);
  for (let i = 0; i < map.registers; ++i) setSlot(
    slots, inputs + outputs + map.constants + i, tileOf(map, slots, inputs + outputs + i), 16
  );
}

/** Elements from the start of an input to where a row of the innermost axis begins. */
function rowOffset(map: MapRecord, input: usize, row: i32): i32 {
  const shape = shapeOf(map);
  const strides = input + 12;
  let offset = 0;
  for (let axis = map.rank - 2; axis > 0; --axis) {
    const extent = load<i32>(shape + (axis << 2));
    const rest = row / extent;
    offset += (row - rest * extent) * load<i32>(strides + (axis << 2));
    row = rest;
  }
  return map.rank > 1 ? offset + row * load<i32>(strides) : offset;
}

/** Many short runs at a time: the rows that repeat are written into tiles, as often as there is room. */
function mapRepeating(map: MapRecord, slots: usize, from: i32, to: i32, run: i32): void {
  const inputs = map.inputs;
  // A multiple of four rows, so that pieces are whole vectors.
  const piece = ((TILE / run) & ~3) * run;
  const column = from % run;
  for (let i = 0; i < inputs; ++i) {
    const input = inputOf(map, i);
    if (load<i32>(input, 8) <= CONSTANT) continue;
    const tile = tileOf(map, slots, i);
    const source = load<usize>(input);
    memory.copy(tile, source + (column << 2), (run - column) << 2);
    memory.copy(tile + ((run - column) << 2), source, column << 2);
    for (let done = run; done < piece; done += run) memory.copy(tile + (done << 2), tile, run << 2);
  }
  while (from < to) {
    const length = min(piece, to - from);
    for (let i = 0; i < inputs; ++i) {
      const input = inputOf(map, i);
      const kind = load<i32>(input, 8);
      if (kind == FLAT) setSlot(slots, i, load<usize>(input) + (from << 2), 16);
      else if (kind != CONSTANT) setSlot(slots, i, tileOf(map, slots, i), 16);
    }
    mapPiece(map, slots, from, length);
    from += length;
  }
}

/** A piece within one run of the innermost axis: pointers straight into the operands, a short tail through tiles. */
function mapRun(map: MapRecord, slots: usize, from: i32, length: i32, run: i32): void {
  const inputs = map.inputs;
  const row = map.rank == 1 ? 0 : from / run;
  const column = from - row * run;
  for (let i = 0; i < inputs; ++i) {
    const input = inputOf(map, i);
    const kind = load<i32>(input, 8);
    if (kind == CONSTANT) continue;
    const address = load<usize>(input);
    if (kind == FLAT) {
      setSlot(slots, i, address + (from << 2), 16);
      continue;
    }
    const start = address + (rowOffset(map, input, row) << 2);
    if (load<i32>(input + 12 + ((map.rank - 1) << 2)) != 0) {
      setSlot(slots, i, start + (column << 2), 16);
    } else {
      const target = spreadOf(map, slots, i);
      spread(target, start, false);
      setSlot(slots, i, target, 0);
    }
  }
  mapPiece(map, slots, from, length);
}

/**
 * A piece whose inputs are in their slots: outputs are written where they lie, a tail shorter than a vector through
 * tiles.
 */
function mapPiece(map: MapRecord, slots: usize, from: i32, length: i32): void {
  const inputs = map.inputs;
  const outputs = map.outputs;
  for (let i = 0; i < outputs; ++i) setSlot(slots, inputs + i, load<usize>(outputOf(map, i)) + (from << 2), 16);
  apply(map, slots, length >> 2);
  const tail = length & 3;
  if (tail == 0) return;
  const done = (length & ~3) << 2;
  for (let i = 0; i < inputs; ++i) {
    if (load<i32>(slots + (i << 3), 4) == 0) continue;
    const tile = tileOf(map, slots, i);
    v128.store(tile, loadPartial(tailOf(map, slots, i, done), tail, f32x4.splat(0)));
    setSlot(slots, i, tile, 16);
  }
  for (let i = inputs; i < inputs + outputs; ++i) setSlot(slots, i, tileOf(map, slots, i), 16);
  apply(map, slots, 1);
  for (let i = 0; i < outputs; ++i) {
    storePartial(load<usize>(outputOf(map, i)) + (from << 2) + done, tail, v128.load(tileOf(map, slots, inputs + i)));
  }
}

/**
 * Where the tail of operand `index` begins: `apply` has moved the interpreter's pointers, but not those of a fused
 * kernel.
 */
@inline
function tailOf(map: MapRecord, slots: usize, index: i32, done: i32): usize {
  return load<usize>(slots + (index << 3)) + (map.inner == 0 ? 0 : done);
}

/** Runs the inner function on whole vectors; the interpreter a tile at a time. */
function apply(map: MapRecord, slots: usize, vectors: i32): void {
  if (map.inner != 0) {
    if (vectors > 0) call_indirect<void>(map.inner, slots, vectors, 0);
    return;
  }
  const operands = map.inputs + map.outputs;
  while (vectors > 0) {
    const piece = min(vectors, TILE >> 2);
    interpret(slots, piece, map.code);
    for (let slot = slots; slot < slots + (operands << 3); slot += 8) store<usize>(
      slot, load<usize>(slot) + piece * load<i32>(slot, 4)
    );
    vectors -= piece;
  }
}

/** A piece of at most one tile, anywhere: operands that are not plain float32 in a row are copied. */
function mapTile(map: MapRecord, slots: usize, from: i32, length: i32, run: i32): void {
  const inputs = map.inputs;
  const outputs = map.outputs;
  const even = (length & 3) == 0;
  for (let i = 0; i < inputs; ++i) {
    const input = inputOf(map, i);
    const kind = load<i32>(input, 8);
    const isInt = load<i32>(input, 4) != 0;
    if (kind == CONSTANT) continue;
    if (kind == FLAT && even && !isInt) {
      setSlot(slots, i, load<usize>(input) + (from << 2), 16);
      continue;
    }
    const tile = tileOf(map, slots, i);
    if (kind == FLAT) copyNumbers(tile, load<usize>(input) + (from << 2), length, 4, isInt);
    else gather(map, input, tile, from, length, run, isInt);
    setSlot(slots, i, tile, 16);
  }
  for (let i = 0; i < outputs; ++i) {
    const output = outputOf(map, i);
    const direct = even && load<i32>(output, 4) == 0;
    setSlot(slots, inputs + i, direct ? load<usize>(output) + (from << 2) : tileOf(map, slots, inputs + i), 16);
  }
  apply(map, slots, (length + 3) >> 2);
  for (let i = 0; i < outputs; ++i) {
    const output = outputOf(map, i);
    const target = load<usize>(output) + (from << 2);
    const tile = tileOf(map, slots, inputs + i);
    if (load<i32>(output, 4) != 0) {
      for (let j = 0; j < length; ++j) store<i32>(target + (j << 2), <i32>load<f32>(tile + (j << 2)));
    } else if (!even) {
      copyNumbers(target, tile, length, 4, false);
    }
  }
}

/** Elements [from, from + length) of a broadcast input, row by row. */
function gather(map: MapRecord, input: usize, tile: usize, from: i32, length: i32, run: i32, isInt: bool): void {
  const address = load<usize>(input);
  const step = load<i32>(input + 12 + ((map.rank - 1) << 2)) << 2;
  let row = from / run;
  let column = from - row * run;
  while (length > 0) {
    const piece = min(run - column, length);
    copyNumbers(tile, address + (rowOffset(map, input, row) << 2) + column * step, piece, step, isInt);
    tile += piece << 2;
    length -= piece;
    column = 0;
    ++row;
  }
}

/** Copies numbers that lie `step` bytes apart to float32 side by side. */
@inline
function copyNumbers(target: usize, source: usize, length: i32, step: i32, isInt: bool): void {
  const end = target + (length << 2);
  for (; target < end; target += 4) {
    store<f32>(target, isInt ? <f32>load<i32>(source) : load<f32>(source));
    source += step;
  }
}
