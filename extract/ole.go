package extract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// compound is a compound file ([MS-CFB]): a small file system of storages and
// streams.
type compound struct {
	w       *writer
	b       []byte
	sector  int // octets of a sector
	fat     []uint32
	miniFAT []uint32
	mini    []byte // the stream that holds the small ones
	entries []oleEntry
}

// oleEntry is a storage or stream.
type oleEntry struct {
	name               string
	kind               byte // 1 storage, 2 stream, 5 root
	left, right, child uint32
	start              uint32
	size               int
}

const (
	oleFree     = 0xfffffffa // sector numbers from here on mean something else
	miniSector  = 64
	miniCutoff  = 4096
	entryLength = 128
)

// openCompound reads the tables of a compound file.
func (w *writer) openCompound(b []byte) (*compound, error) {
	if len(b) < 512 {
		return nil, errDamaged
	}
	shift := binary.LittleEndian.Uint16(b[30:])
	if shift != 9 && shift != 12 {
		return nil, errDamaged
	}
	c := &compound{w: w, b: b, sector: 1 << shift}
	if err := c.readFAT(); err != nil {
		return nil, err
	}
	directory, err := c.chain(binary.LittleEndian.Uint32(b[48:]), -1)
	if err != nil {
		return nil, err
	}
	if err := c.readEntries(directory); err != nil {
		return nil, err
	}
	miniFAT, err := c.chain(binary.LittleEndian.Uint32(b[60:]), -1)
	if err != nil {
		return nil, err
	}
	for ; len(miniFAT) >= 4; miniFAT = miniFAT[4:] {
		c.miniFAT = append(c.miniFAT, binary.LittleEndian.Uint32(miniFAT))
	}
	if len(c.entries) == 0 {
		return nil, errDamaged
	}
	c.mini, err = c.chain(c.entries[0].start, c.entries[0].size)
	return c, err
}

// at gives a sector, or nil beyond the end. The last one may be cut.
func (c *compound) at(n uint32) []byte {
	from := (int64(n) + 1) * int64(c.sector)
	if n >= oleFree || from >= int64(len(c.b)) {
		return nil
	}
	return c.b[from:min(from+int64(c.sector), int64(len(c.b)))]
}

func (c *compound) readFAT() error {
	add := func(n uint32) {
		for s := c.at(n); len(s) >= 4; s = s[4:] {
			c.fat = append(c.fat, binary.LittleEndian.Uint32(s))
		}
	}
	for i := 76; i < 512; i += 4 {
		if n := binary.LittleEndian.Uint32(c.b[i:]); n < oleFree {
			add(n)
		}
	}
	next := binary.LittleEndian.Uint32(c.b[68:])
	for count := 0; next < oleFree; count++ {
		s := c.at(next)
		// No table can be longer than the file.
		if len(s) < c.sector || count > len(c.b)/c.sector || len(c.fat) > len(c.b)/c.sector+c.sector {
			return errDamaged
		}
		for i := 0; i+8 <= len(s); i += 4 {
			if n := binary.LittleEndian.Uint32(s[i:]); n < oleFree {
				add(n)
			}
		}
		next = binary.LittleEndian.Uint32(s[len(s)-4:])
		if err := c.w.spend(len(s)); err != nil {
			return err
		}
	}
	return c.w.spend(4 * len(c.fat))
}

// chain gives the octets of a chain of sectors, at most size of them if that is
// not below zero. A loop is longer than the file.
func (c *compound) chain(n uint32, size int) ([]byte, error) {
	var out []byte
	if size > len(c.b) {
		return nil, errDamaged
	}
	for n < oleFree && (size < 0 || len(out) < size) {
		s := c.at(n)
		if s == nil || int64(n) >= int64(len(c.fat)) || len(out) > len(c.b) {
			return nil, errDamaged
		}
		if out == nil && size > 0 {
			out = make([]byte, 0, size+c.sector)
		}
		out = append(out, s...)
		n = c.fat[n]
		if err := c.w.spend(len(s) / 4); err != nil {
			return nil, err
		}
	}
	if size >= 0 && len(out) > size {
		out = out[:size]
	}
	return out, nil
}

func (c *compound) readEntries(b []byte) error {
	for ; len(b) >= entryLength; b = b[entryLength:] {
		n := int(binary.LittleEndian.Uint16(b[64:]))
		if n > 64 {
			n = 64
		}
		name := ""
		if n >= 2 {
			name = decodeUTF16(b[:n-2], false)
		}
		c.entries = append(c.entries, oleEntry{
			name: name, kind: b[66],
			left: binary.LittleEndian.Uint32(b[68:]), right: binary.LittleEndian.Uint32(b[72:]), child: binary.LittleEndian.Uint32(b[76:]),
			start: binary.LittleEndian.Uint32(b[116:]), size: int(binary.LittleEndian.Uint32(b[120:])),
		})
		if len(c.entries) > c.w.x.limits.Entries {
			return fmt.Errorf("%w: more than %d streams", ErrTooBig, c.w.x.limits.Entries)
		}
	}
	return nil
}

// stream gives the octets of a stream, to be paid for as held by nobody: they
// are never more than the file.
func (c *compound) stream(e oleEntry) ([]byte, error) {
	if err := c.w.expand(e.size / 8); err != nil {
		return nil, err
	}
	if e.size >= miniCutoff {
		return c.chain(e.start, e.size)
	}
	var out []byte
	for n := e.start; n < oleFree && len(out) < e.size; {
		from := int64(n) * miniSector
		if from >= int64(len(c.mini)) || int64(n) >= int64(len(c.miniFAT)) {
			return nil, errDamaged
		}
		out = append(out, c.mini[from:min(from+miniSector, int64(len(c.mini)))]...)
		n = c.miniFAT[n]
	}
	return out[:min(len(out), e.size)], nil
}

// storage is a folder: its streams and storages by name.
type storage struct {
	c       *compound
	streams map[string]oleEntry
	folders map[string]uint32
	names   []string // of folders, in order
}

// open lists the children of an entry, each once.
func (c *compound) open(id uint32) *storage {
	s := &storage{c: c, streams: map[string]oleEntry{}, folders: map[string]uint32{}}
	if int64(id) >= int64(len(c.entries)) {
		return s
	}
	seen := map[uint32]bool{}
	ahead := []uint32{c.entries[id].child}
	for len(ahead) > 0 {
		n := ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		if int64(n) >= int64(len(c.entries)) || seen[n] || c.w.spend(50) != nil {
			continue
		}
		seen[n] = true
		e := c.entries[n]
		if e.kind == 2 {
			s.streams[strings.ToLower(e.name)] = e
		} else if e.kind == 1 {
			s.folders[strings.ToLower(e.name)] = n
			s.names = append(s.names, strings.ToLower(e.name))
		}
		ahead = append(ahead, e.left, e.right)
	}
	return s
}

// get gives the octets of a stream by its lower-case name, nil when there is
// none.
func (s *storage) get(name string) ([]byte, error) {
	e, ok := s.streams[name]
	if !ok {
		return nil, nil
	}
	return s.c.stream(e)
}

func (s *storage) has(name string) bool { _, ok := s.streams[name]; return ok }

// ole reads an old Office document or an Outlook message.
func (w *writer) ole() error {
	c, err := w.openCompound(w.file.Data)
	if err != nil {
		return err
	}
	root := c.open(0)
	if root.has("__properties_version1.0") {
		w.kind = "msg"
		return w.msg(root)
	}
	if err := w.summaries(root); err != nil {
		return err
	}
	known, err := w.folder(root)
	if err != nil {
		return err
	}
	if !known {
		return errUnknown
	}
	if err := w.embeddedIn(root, 0); err != nil {
		return err
	}
	return w.onlyPictures()
}

// folder reads the document that a storage holds; false when it holds none that
// we know.
func (w *writer) folder(s *storage) (bool, error) {
	switch {
	case s.has("encryptedpackage"), s.has("encryptioninfo"):
		return true, unreadable("locked with a password")
	case s.has("worddocument"):
		w.kind = "doc"
		return true, w.word(s)
	case s.has("workbook"), s.has("book"):
		w.kind = "xls"
		return true, w.excel(s)
	case s.has("powerpoint document"):
		w.kind = "ppt"
		return true, w.powerpoint(s)
	case s.has("package"):
		data, err := s.get("package")
		if err == nil {
			w.nested("", "", data)
		}
		return true, err
	case s.has("contents") && s.c.entries[0].name != "":
		data, err := s.get("contents")
		if err == nil && IsDocument(File{Data: data}) {
			w.nested("", "", data)
			return true, nil
		}
		return false, err
	case s.has("\x01ole10native"):
		data, err := s.get("\x01ole10native")
		if err == nil && len(data) > 4 {
			w.object("Package", data[4:])
		}
		return true, err
	case s.has("equation native"), s.has("\x02olepres000"):
		return true, nil // a formula, or only a picture of what is linked
	}
	return false, nil
}

// embeddedIn reads the documents in the storages within a document.
func (w *writer) embeddedIn(s *storage, depth int) error {
	const deepest = 6
	if depth > deepest {
		return unreadable("too many objects in objects")
	}
	for _, name := range s.names {
		if name == "macros" || name == "_vba_project_cur" || name == "vba" || strings.HasPrefix(name, "_signatures") || name == "msodatastore" {
			continue
		}
		inner := s.c.open(s.folders[name])
		w.place("embedded object")
		outer := w.kind
		_, err := w.folder(inner)
		w.kind = outer
		if err != nil {
			return err
		}
		if err := w.embeddedIn(inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// object reads an embedded object by its class: a file of its own, or a package
// that names one ([MS-OLEDS], and what programs do).
func (w *writer) object(class string, native []byte) {
	name := ""
	if strings.EqualFold(class, "Package") {
		name, native = packaged(native)
	}
	if len(native) == 0 {
		return
	}
	if f := (File{Name: name, Data: native}); name != "" || MayHoldText(f) && kindOf(f) != kindUnknown {
		w.nested(name, "", native)
	}
}

// packaged cuts the Object Packager's form into name and octets.
func packaged(b []byte) (string, []byte) {
	rest := b
	if len(rest) > 2 {
		rest = rest[2:]
	}
	text := func() string {
		i := bytes.IndexByte(rest, 0)
		if i < 0 {
			rest = nil
			return ""
		}
		s := string(rest[:i])
		rest = rest[i+1:]
		return s
	}
	name := text()
	text()
	if len(rest) < 8 {
		return name, b
	}
	rest = rest[8:] // two numbers: kind and length of the path
	text()
	if len(rest) < 4 {
		return name, b
	}
	n := int(binary.LittleEndian.Uint32(rest))
	return utf8Or1252([]byte(name)), rest[4:min(4+n, len(rest))]
}

func utf16Text(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
