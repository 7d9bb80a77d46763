// Writes protocol buffers, the encoding of ONNX files and of TensorBoard's events.

const utf8 = /* @__PURE__ */ new TextEncoder();

/** One message: fields are appended in the order of the calls. @see protobuf.dev/programming-guides/encoding. */
export class Message {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  /** A whole number (int32, int64, enum); negative ones take ten bytes. */
  int(field: number, value: number): this {
    return this.push(varint(field * 8), varint(value));
  }

  /** A float32. */
  float(field: number, value: number): this {
    return this.push(varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A float64. */
  double(field: number, value: number): this {
    return this.push(varint(field * 8 + 1), new Uint8Array(Float64Array.of(value).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, utf8.encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.push(varint(field * 8 + 2), varint(value.length), value);
  }

  message(field: number, value: Message): this {
    this.push(varint(field * 8 + 2), varint(value.length));
    return this.push(...value.parts);
  }

  /** Number of bytes. */
  get size(): number {
    return this.length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    let offset = 0;
    for (const part of this.parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  private push(...parts: Uint8Array[]): this {
    for (const part of parts) {
      this.parts.push(part);
      this.length += part.length;
    }
    return this;
  }
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
