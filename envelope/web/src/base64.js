// Base64 decoding, native where the browser has it.

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Uint8Array(128).fill(255);
for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
values[45] = 62; // - and _ of the URL form
values[95] = 63;

// decode reads base64, skipping whatever is not of its alphabet (line ends, and
// what mail left in the base64 parts of a message).
export function decode(text) {
  if (Uint8Array.fromBase64) {
    try {
      return Uint8Array.fromBase64(text);
    } catch {
      // not clean: the slow way below takes it
    }
  }
  const out = new Uint8Array(Math.ceil((text.length * 3) / 4));
  let n = 0;
  let bits = 0;
  let have = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 61) { // "=" ends a run; another may follow in sloppy mail
      bits = have = 0;
      continue;
    }
    const v = c < 128 ? values[c] : 255;
    if (v === 255) continue;
    bits = (bits << 6) | v;
    have += 6;
    if (have >= 8) {
      have -= 8;
      out[n++] = bits >> have;
      bits &= (1 << have) - 1;
    }
  }
  return out.subarray(0, n);
}

// encode writes bytes as base64, for pictures inside the message.
export function encode(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += alphabet[n >> 18] + alphabet[(n >> 12) & 63];
    out += i + 1 < bytes.length ? alphabet[(n >> 6) & 63] : "=";
    out += i + 2 < bytes.length ? alphabet[n & 63] : "=";
  }
  return out;
}
