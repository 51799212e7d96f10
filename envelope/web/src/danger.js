// What opening a file can do, by the last part of its name, and by its first
// bytes where the name hides it. The website says the same (portal/danger.go).

const list = (s) => new Set(s.split(" "));
const PROGRAMS = list("apk app appimage appx application bat bin cab chm cmd com command cpl deb dll dmg exe gadget hta img inf iso jar js jse jnlp " +
  "lnk msc msi msix msp pif pkg pl ps1 psm1 py rb reg rpm run scf scr sct sh sys url vb vbe vbs vhd vhdx wsc wsf wsh xll");
const ACTIVE = list("docm dotm htm html mdb mht mhtml one ppam pptm ppsm rtf shtml svg xhtml xla xlam xls xlsb xlsm xltm xml");
const PAPERS = list("csv doc docx gif htm html jpeg jpg mp3 mp4 odp ods odt pdf png ppt pptx rtf txt xls xlsx zip");

// splitName gives a name in front of its last ending, and the ending with its dot.
export function splitName(name) {
  const m = /^(.*)(\.[^. ]{1,19})$/s.exec(name);
  return m ? [m[1], m[2]] : [name, ""];
}

const last = (ending) => ending.slice(1).toLowerCase();
const begins = (bytes, text) => [...text].every((c, i) => bytes[i] === c.charCodeAt(0));

// warnings gives the names of the sentences to say of a file.
export function warnings(name, bytes) {
  const [stem, ending] = splitName(name);
  const program = PROGRAMS.has(last(ending));
  const active = ACTIVE.has(last(ending));
  if (!program && ["MZ", "\x7fELF", "#!/"].some((head) => begins(bytes, head))) return ["file.warn-disguised"];
  const before = last(splitName(stem.replace(/[ ._-]+$/, ""))[1]);
  return [
    PAPERS.has(before) && (program || active) && "file.warn-double",
    program ? "file.warn-program" : active && "file.warn-active",
  ].filter(Boolean);
}

const PICTURES = { "image/png": "\x89PNG\r\n\x1a\n", "image/jpeg": "\xff\xd8\xff", "image/gif": "GIF8", "image/webp": "RIFF" };
const MAX_TEXT = 1 << 21; // bytes of text shown in place

// place says how a file may be shown in the page: "picture", "text" or not at all.
export function place(type, bytes) {
  if (type === "text/plain" && bytes.length <= MAX_TEXT) return "text";
  return type in PICTURES && begins(bytes, PICTURES[type]) && "picture";
}
