package portal

import (
	"bytes"
	"path"
	"strings"
)

// What opening a file can do, by the last part of its name: what the computer
// itself goes by, whatever the message says of the type.
var (
	programs = listOf("apk app appimage appx application bat bin cab chm cmd com command cpl deb dll dmg exe gadget hta img inf iso jar js jse jnlp " +
		"lnk msc msi msix msp pif pkg pl ps1 psm1 py rb reg rpm run scf scr sct sh sys url vb vbe vbs vhd vhdx wsc wsf wsh xll")
	// active are documents and pages that can hold programs.
	active = listOf("docm dotm htm html mdb mht mhtml one ppam pptm ppsm rtf shtml svg xhtml xla xlam xls xlsb xlsm xltm xml")
	// papers are endings that people trust; one of them before the last is there to deceive.
	papers = listOf("csv doc docx gif htm html jpeg jpg mp3 mp4 odp ods odt pdf png ppt pptx rtf txt xls xlsx zip")
)

func listOf(s string) map[string]bool {
	out := map[string]bool{}
	for _, e := range strings.Fields(s) {
		out[e] = true
	}
	return out
}

// Heads of programs, whatever their name.
var heads = [][]byte{[]byte("MZ"), []byte("\x7fELF"), []byte("#!/")}

// pictureHeads are how the pictures begin that open in place.
var pictureHeads = map[string][]byte{"image/png": []byte("\x89PNG\r\n\x1a\n"), "image/jpeg": []byte("\xff\xd8\xff"), "image/gif": []byte("GIF8"), "image/webp": []byte("RIFF")}

// splitName gives a file name in front of its last ending, and the ending with its
// dot, in small letters; "" for none.
func splitName(name string) (stem, ending string) {
	ending = path.Ext(name)
	if len(ending) < 2 || len(ending) > 20 || strings.ContainsAny(ending, " ") {
		return name, ""
	}
	return name[:len(name)-len(ending)], strings.ToLower(ending)
}

// warnings gives the keys of the sentences to say of a file: what it can do, and
// that its name is made to hide that.
func warnings(name string, head []byte) []string {
	stem, ending := splitName(name)
	last := strings.TrimPrefix(ending, ".")
	var out []string
	program := programs[last]
	for _, h := range heads {
		if !program && bytes.HasPrefix(head, h) {
			return []string{"file.warn-disguised"}
		}
	}
	if _, before := splitName(strings.TrimRight(stem, " ._-")); papers[strings.TrimPrefix(before, ".")] && (program || active[last]) {
		out = append(out, "file.warn-double")
	}
	switch {
	case program:
		out = append(out, "file.warn-program")
	case active[last]:
		out = append(out, "file.warn-active")
	}
	return out
}

// opensInPlace tells whether a file may be shown by itself: a picture that really
// begins as one, or plain text that fits on a page (design: "Portal").
func (f file) opensInPlace() bool {
	if f.kind == "text/plain" {
		return !f.damaged && f.size <= MaxTextShown
	}
	return !f.damaged && isPicture(f.kind, f.head)
}

func isPicture(kind string, head []byte) bool {
	want, ok := pictureHeads[kind]
	return ok && bytes.HasPrefix(head, want) && (kind != "image/webp" || len(head) >= 12 && string(head[8:12]) == "WEBP")
}

// isMessage tells whether a file is a message that opens in the viewer.
func (f file) isMessage() bool {
	_, ending := splitName(f.name)
	return !f.damaged && (f.kind == "message/rfc822" || f.kind == "message/global" || ending == ".eml")
}
