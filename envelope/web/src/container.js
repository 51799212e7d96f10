// Opens the container that seal.go wrote, by WebCrypto alone. ../../FORMAT.md
// tells the form. Nothing is given out before the last tag was checked.

// Changed says that the bytes are not those that were sealed.
export class Changed extends Error {}
// Damaged says that the container is cut short or not of our form.
export class Damaged extends Error {}

const ENCRYPTED_KEY = 1, COMPRESSED = 8, LITERAL = 11, ENCRYPTED = 18;
const HEADER = [2, 9, 3, 12]; // SEIPD version 2, AES-256, GCM, chunks of 2^(12+6) bytes
const INFO = new Uint8Array([0xc0 | ENCRYPTED, ...HEADER]);
const CHUNK = 1 << 18, TAG = 16, SALT = 32;
const MAX_ESCROW = 16;
const MAX_ORIGINAL = 1 << 29; // 512 MiB, more than any mail system takes
const LITERAL_HEADER = "98,0,0,0,0,0"; // binary, no name, no date

// open gives the original message of a container. digests are those that the
// sender's record has, 64 hexadecimal digits each (more than one where sending
// was repeated); they are compared before anything else.
export async function open(container, key, digests) {
  const { start, body } = encryptedPacket(container);
  const found = hex(await crypto.subtle.digest("SHA-256", container.subarray(start)));
  if (!digests.includes(found)) throw new Changed("digest");
  return original(await decrypt(body, key));
}

function encryptedPacket(bytes) {
  for (let at = 0, n = 0; n <= MAX_ESCROW; n++) {
    const p = readPacket(bytes, at);
    if (p.tag === ENCRYPTED) {
      if (p.end !== bytes.length) throw new Damaged("trailing data");
      return { start: at, body: p.body };
    }
    if (p.tag !== ENCRYPTED_KEY) throw new Damaged("packet " + p.tag);
    at = p.end;
  }
  throw new Damaged("too many packets");
}

// readPacket reads one packet (RFC 9580 section 4.2), joining partial lengths.
function readPacket(bytes, at) {
  const first = byteAt(bytes, at++);
  if ((first & 0xc0) !== 0xc0) throw new Damaged("packet header");
  const pieces = [];
  for (let partial = true; partial; ) {
    let length = byteAt(bytes, at++);
    partial = false;
    if (length === 255) {
      length = 0;
      for (let i = 0; i < 4; i++) length = length * 256 + byteAt(bytes, at++);
    } else if (length >= 224) {
      length = 2 ** (length & 31);
      partial = true;
      if (!pieces.length && length < 512) throw new Damaged("partial length");
    } else if (length >= 192) {
      length = (length - 192) * 256 + byteAt(bytes, at++) + 192;
    }
    if (at + length > bytes.length) throw new Damaged("cut short");
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return { tag: first & 63, body: join(pieces), end: at };
}

function byteAt(bytes, at) {
  if (at >= bytes.length) throw new Damaged("cut short");
  return bytes[at];
}

// decrypt opens an encrypted packet's body (RFC 9580 section 5.13.2).
async function decrypt(body, key) {
  if (body.length < 4 + SALT + 2 * TAG) throw new Damaged("cut short");
  if (HEADER.some((b, i) => body[i] !== b)) throw new Damaged("encrypted otherwise");
  const ikm = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: body.subarray(4, 4 + SALT), info: INFO };
  const derived = new Uint8Array(await crypto.subtle.deriveBits(hkdf, ikm, 36 * 8));
  const aes = await crypto.subtle.importKey("raw", derived.subarray(0, 32), "AES-GCM", false, ["decrypt"]);
  const nonce = new DataView(new ArrayBuffer(12));
  for (let i = 0; i < 4; i++) nonce.setUint8(i, derived[32 + i]);

  const openPiece = async (index, data, additionalData) => {
    nonce.setBigUint64(4, BigInt(index));
    try {
      const iv = nonce.buffer.slice(0);
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, aes, data));
    } catch {
      throw new Changed("authentication");
    }
  };
  const pieces = [];
  const end = body.length - TAG;
  let total = 0;
  for (let at = 4 + SALT; at < end; at += CHUNK + TAG) {
    const clear = await openPiece(pieces.length, body.subarray(at, Math.min(at + CHUNK + TAG, end)), INFO);
    pieces.push(clear);
    total += clear.length;
  }
  const last = new DataView(new ArrayBuffer(INFO.length + 8)); // the closing tag also vouches for the length
  INFO.forEach((b, i) => last.setUint8(i, b));
  last.setBigUint64(INFO.length, BigInt(total));
  await openPiece(pieces.length, body.subarray(end), last.buffer);
  return join(pieces);
}

// original takes the literal packet out of the compressed packet.
async function original(bytes) {
  const compressed = only(bytes, COMPRESSED);
  if (compressed[0] !== 2) throw new Damaged("compressed otherwise"); // ZLIB
  const literal = only(await inflate(compressed.subarray(1)), LITERAL);
  if (literal.subarray(0, 6).join() !== LITERAL_HEADER) throw new Damaged("literal");
  return literal.subarray(6);
}

function only(bytes, tag) {
  const p = readPacket(bytes, 0);
  if (p.tag !== tag || p.end !== bytes.length) throw new Damaged("inner packet");
  return p.body;
}

async function inflate(zlib) {
  const reader = new Blob([zlib]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const pieces = [];
  for (let total = 0; ; ) {
    const { done, value } = await reader.read().catch(() => { throw new Damaged("compression"); });
    if (done) return join(pieces);
    total += value.length;
    if (total > MAX_ORIGINAL) throw new Damaged("too big");
    pieces.push(value);
  }
}

function join(pieces) {
  if (pieces.length === 1) return pieces[0];
  const out = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of pieces) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, "0")).join("");
}
