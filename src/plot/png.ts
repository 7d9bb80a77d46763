// Small images as PNG in a data URL. Pixels are not compressed: images of samples have few.

const CHUNK = 1 << 15;

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

const int32 = (value: number): number[] => [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255);

function chunk(type: string, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(content.length + 12);
  whole.set([...int32(content.length), ...[...type].map((letter) => letter.charCodeAt(0))]);
  whole.set(content, 8);
  whole.set(int32(crc32(whole.subarray(4, -4))), content.length + 8);
  return whole;
}

/** The bytes of zlib's format in stored blocks. @see RFC 1950, RFC 1951 3.2.4. */
function stored(bytes: Uint8Array): Uint8Array {
  const parts: number[] = [0x78, 0x01];
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  for (let at = 0; at === 0 || at < bytes.length; at += 0xffff) {
    const block = bytes.subarray(at, at + 0xffff);
    const { length } = block;
    parts.push(at + 0xffff >= bytes.length ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255);
    for (const byte of block) parts.push(byte);
  }
  parts.push(...int32((b << 16) | a));
  return Uint8Array.from(parts);
}

/**
 * An image as a data URL.
 * @param pixels row-major, `channels` bytes each: 1 (grey), 3 (red, green, blue) or 4 (with opacity).
 * @see PNG specification, third edition.
 */
export function pngUrl(width: number, height: number, channels: 1 | 3 | 4, pixels: Uint8Array): string {
  const stride = width * channels;
  const lines = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row++)
    lines.set(pixels.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  const colour = { 1: 0, 3: 2, 4: 6 }[channels];
  const header = Uint8Array.from([...int32(width), ...int32(height), 8, colour, 0, 0, 0]);
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    chunk("IHDR", header),
    chunk("IDAT", stored(lines)),
    chunk("IEND", new Uint8Array()),
  ];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return `data:image/png;base64,${base64(whole)}`;
}
