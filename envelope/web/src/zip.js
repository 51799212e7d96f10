// One zip file of several, stored as they are (APPNOTE.TXT 4.3; names in UTF-8).

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function crc32(bytes) {
  let c = -1;
  for (let i = 0; i < bytes.length; i++) c = (c >>> 8) ^ table[(c ^ bytes[i]) & 255];
  return ~c >>> 0;
}

// zip gives the pieces of a file, for a Blob. files are {name, bytes}; no two names
// may be equal.
export function zip(files) {
  const local = [], central = [];
  let at = 0, size = 0;
  for (const { name, bytes } of files) {
    const title = new TextEncoder().encode(name);
    // version, flags (UTF-8), method, time, date (1 January 1980), crc, sizes, name, extra
    const common = [[20, 2], [0x800, 2], [0, 2], [0, 2], [33, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [title.length, 2], [0, 2]];
    const head = pack([[0x04034b50, 4], ...common]);
    local.push(head, title, bytes);
    const entry = pack([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]);
    central.push(entry, title);
    at += head.length + title.length + bytes.length;
    size += entry.length + title.length;
  }
  const n = files.length;
  return [...local, ...central, pack([[0x06054b50, 4], [0, 2], [0, 2], [n, 2], [n, 2], [size, 4], [at, 4], [0, 2]])];
}

// pack writes numbers, least byte first.
function pack(numbers) {
  const out = [];
  for (const [value, length] of numbers) for (let i = 0; i < length; i++) out.push((value >>> (8 * i)) & 255);
  return Uint8Array.from(out);
}

// distinct gives names of which no two are equal, also where capital letters do not count.
export function distinct(names) {
  const taken = new Set();
  return names.map((name) => {
    const dot = name.lastIndexOf(".");
    const cut = dot > 0 ? dot : name.length;
    let free = name;
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${name.slice(0, cut)} (${i})${name.slice(cut)}`;
    taken.add(free.toLowerCase());
    return free;
  });
}
