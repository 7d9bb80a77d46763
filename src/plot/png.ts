// Small images as PNG in a data URL. Pixels are not compressed: images of samples have few.

function crc32(bytes: readonly number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}

const int32 = (value: number): number[] => [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255);

function chunk(type: string, content: readonly number[]): number[] {
  const named = [...Array.from(type, (letter) => letter.charCodeAt(0)), ...content];
  return [...int32(content.length), ...named, ...int32(crc32(named))];
}

/** The bytes of zlib's format in stored blocks. @see RFC 1950, RFC 1951 3.2.4. */
function stored(bytes: readonly number[]): number[] {
  const parts: number[] = [0x78, 0x01];
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  for (let at = 0; at === 0 || at < bytes.length; at += 0xffff) {
    const block = bytes.slice(at, at + 0xffff);
    const { length } = block;
    parts.push(at + 0xffff >= bytes.length ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255);
    for (const byte of block) parts.push(byte);
  }
  return [...parts, ...int32((b << 16) | a)];
}

/**
 * An image as a data URL.
 * @param pixels row-major, `channels` bytes each: 1 (grey), 3 (red, green, blue) or 4 (with opacity).
 * @see PNG specification, third edition.
 */
export function pngUrl(width: number, height: number, channels: 1 | 3 | 4, pixels: Uint8Array): string {
  const stride = width * channels;
  const lines = Array.from({ length: height }, (_, row) => [0, ...pixels.subarray(row * stride, (row + 1) * stride)]);
  const colour = { 1: 0, 3: 2, 4: 6 }[channels];
  const bytes = [
    ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    ...chunk("IHDR", [...int32(width), ...int32(height), 8, colour, 0, 0, 0]),
    ...chunk("IDAT", stored(lines.flat())),
    ...chunk("IEND", []),
  ];
  return `data:image/png;base64,${btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""))}`;
}
