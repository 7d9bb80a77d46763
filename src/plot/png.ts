// Small images as PNG in a data URL. Pixels are not compressed: images of samples have few. Bytes are characters here.

const bytes = (...values: readonly number[]): string => String.fromCharCode(...values.map((value) => value & 255));

const int32 = (value: number): string => bytes(value >>> 24, value >>> 16, value >>> 8, value);

/** A part of the file with its length and its checksum. */
function chunk(type: string, content: string): string {
  const named = type + content;
  let crc = -1;
  for (let at = 0; at < named.length; at++) {
    crc ^= named.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return int32(content.length) + named + int32(~crc);
}

/** The bytes of zlib's format in stored blocks. @see RFC 1950, RFC 1951 3.2.4. */
function stored(text: string): string {
  let [a, b] = [1, 0];
  let blocks = "";
  for (let at = 0; at < text.length; at++) {
    a = (a + text.charCodeAt(at)) % 65521;
    b = (b + a) % 65521;
  }
  for (let at = 0; at < text.length; at += 0xffff) {
    const block = text.slice(at, at + 0xffff);
    const { length } = block;
    blocks += bytes(at + length < text.length ? 0 : 1, length, length >> 8, ~length, ~length >> 8) + block;
  }
  return `\x78\x01${blocks}${int32((b << 16) | a)}`;
}

/**
 * An image as a data URL.
 * @param pixels row-major, `channels` bytes each: 1 (grey), 3 (red, green, blue) or 4 (with opacity).
 * @see PNG specification, third edition.
 */
export function pngUrl(width: number, height: number, channels: number, pixels: Uint8Array): string {
  const stride = width * channels;
  let lines = "";
  // Each line begins with a zero: no filter.
  pixels.forEach((byte, at) => {
    lines += (at % stride ? "" : "\0") + String.fromCharCode(byte);
  });
  const header = int32(width) + int32(height) + bytes(8, { 1: 0, 3: 2, 4: 6 }[channels] ?? 0, 0, 0, 0);
  const file = `\x89PNG\r\n\x1a\n${chunk("IHDR", header)}${chunk("IDAT", stored(lines))}${chunk("IEND", "")}`;
  return `data:image/png;base64,${btoa(file)}`;
}
