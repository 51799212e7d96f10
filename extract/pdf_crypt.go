package extract

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
)

// pdfCrypt decrypts a PDF that opens without a password (section 7.6): its
// readers see the text, so we look at it too.
type pdfCrypt struct {
	key     []byte
	aes     bool // AES rather than RC4
	perFile bool // AES-256: the key of the file is that of each object
	plain   bool // streams and strings are not encrypted
	meta    bool // metadata streams are encrypted
}

// pdfPad is the padding of passwords (section 7.6.3.3).
var pdfPad = []byte("\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a")

var errLocked = unreadable("locked with a password")

// unlock tries the empty password.
func (f *pdfFile) unlock() error {
	if f.crypt != nil {
		return nil
	}
	d := f.dict(f.trailer["Encrypt"])
	if d == nil || f.get(d["Filter"]) != pdfName("Standard") {
		return errLocked
	}
	c := &pdfCrypt{meta: f.get(d["EncryptMetadata"]) != false}
	version, revision := f.number(d["V"], 0), int(f.number(d["R"], 0))
	length := int(f.number(d["Length"], 40)) / 8
	if version >= 4 {
		filter := f.dict(f.dict(d["CF"])[asName(f.get(d["StmF"]))])
		switch f.get(filter["CFM"]) {
		case pdfName("V2"):
		case pdfName("AESV2"):
			c.aes = true
		case pdfName("AESV3"):
			c.aes, c.perFile = true, true
		default:
			c.plain = true
		}
		length = 16
	} else if version == 1 {
		length = 5
	}
	o, _ := f.get(d["O"]).(pdfString)
	u, _ := f.get(d["U"]).(pdfString)
	if revision >= 5 {
		ue, _ := f.get(d["UE"]).(pdfString)
		if c.key = key256([]byte(u), []byte(ue), revision); c.key == nil {
			return errLocked
		}
	} else {
		ids := f.array(f.trailer["ID"])
		id := pdfString("")
		if len(ids) > 0 {
			id, _ = f.get(ids[0]).(pdfString)
		}
		if length < 5 || length > 16 || len(o) < 32 || len(u) < 32 {
			return errLocked
		}
		c.key = fileKey([]byte(o), uint32(int64(f.number(d["P"], 0))), []byte(id), length, revision, c.meta)
		if !userKeyFits(c.key, []byte(u), []byte(id), revision) {
			return errLocked
		}
	}
	f.crypt = c
	// What was read before was read as it stands.
	encrypt := f.trailer["Encrypt"]
	f.cache, f.packs = map[int]any{}, map[int]*objectPack{}
	if ref, ok := encrypt.(pdfRef); ok {
		f.cache[ref.num] = d
	}
	return nil
}

func asName(v any) pdfName {
	n, _ := v.(pdfName)
	return n
}

// fileKey is algorithm 2 with the empty password.
func fileKey(o []byte, permissions uint32, id []byte, length, revision int, meta bool) []byte {
	h := md5.New()
	h.Write(pdfPad)
	h.Write(o[:32])
	_ = binary.Write(h, binary.LittleEndian, permissions)
	h.Write(id)
	if revision >= 4 && !meta {
		h.Write([]byte{0xff, 0xff, 0xff, 0xff})
	}
	key := h.Sum(nil)
	if revision >= 3 {
		for range 50 {
			sum := md5.Sum(key[:length])
			key = sum[:]
		}
	}
	return key[:length]
}

// userKeyFits is algorithm 6: whether the empty password is the right one.
func userKeyFits(key, u, id []byte, revision int) bool {
	if revision == 2 {
		return bytes.Equal(rc4ed(key, pdfPad), u[:32])
	}
	h := md5.New()
	h.Write(pdfPad)
	h.Write(id)
	sum := rc4ed(key, h.Sum(nil))
	for i := 1; i <= 19; i++ {
		other := make([]byte, len(key))
		for j := range key {
			other[j] = key[j] ^ byte(i)
		}
		sum = rc4ed(other, sum)
	}
	return bytes.Equal(sum, u[:16])
}

func rc4ed(key, in []byte) []byte {
	out := make([]byte, len(in))
	c, err := rc4.NewCipher(key)
	if err != nil {
		return in
	}
	c.XORKeyStream(out, in)
	return out
}

// key256 is algorithm 2.A with the empty user password (ISO 32000-2 section
// 7.6.4.3.3); nil when there is another.
func key256(u, ue []byte, revision int) []byte {
	if len(u) < 48 || len(ue) < 32 {
		return nil
	}
	hash := func(salt []byte) []byte {
		if revision == 5 {
			sum := sha256.Sum256(salt)
			return sum[:]
		}
		return hash2B(salt)
	}
	if !bytes.Equal(hash(u[32:40]), u[:32]) {
		return nil
	}
	block, err := aes.NewCipher(hash(u[40:48]))
	if err != nil {
		return nil
	}
	key := make([]byte, 32)
	cipher.NewCBCDecrypter(block, make([]byte, 16)).CryptBlocks(key, ue[:32])
	return key
}

// hash2B is algorithm 2.B with the empty password. It ends after 64 rounds and a
// few more.
func hash2B(salt []byte) []byte {
	const mostRounds = 400
	sum := sha256.Sum256(salt)
	k := sum[:]
	for i := range mostRounds {
		k1 := bytes.Repeat(k, 64)
		block, err := aes.NewCipher(k[:16])
		if err != nil {
			return nil
		}
		e := make([]byte, len(k1))
		cipher.NewCBCEncrypter(block, k[16:32]).CryptBlocks(e, k1)
		mod := 0
		for _, c := range e[:16] {
			mod += int(c)
		}
		switch mod % 3 {
		case 0:
			sum := sha256.Sum256(e)
			k = sum[:]
		case 1:
			sum := sha512.Sum384(e)
			k = sum[:]
		default:
			sum := sha512.Sum512(e)
			k = sum[:]
		}
		if i >= 63 && int(e[len(e)-1]) <= i-31 {
			break
		}
	}
	return k[:32]
}

// open decrypts a string or stream of an object (algorithm 1).
func (c *pdfCrypt) open(in []byte, ref pdfRef) []byte {
	key := c.key
	if !c.perFile {
		h := md5.New()
		h.Write(c.key)
		h.Write([]byte{byte(ref.num), byte(ref.num >> 8), byte(ref.num >> 16), byte(ref.gen), byte(ref.gen >> 8)})
		if c.aes {
			h.Write([]byte("sAlT"))
		}
		key = h.Sum(nil)[:min(16, len(c.key)+5)]
	}
	if !c.aes {
		return rc4ed(key, in)
	}
	block, err := aes.NewCipher(key)
	if err != nil || len(in) < 32 {
		return nil
	}
	iv, body := in[:16], in[16:]
	body = body[:len(body)&^15]
	out := make([]byte, len(body))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, body)
	if n := len(out); n > 0 && out[n-1] >= 1 && out[n-1] <= 16 {
		out = out[:n-int(out[n-1])]
	}
	return out
}

// decrypted gives an object with its strings decrypted.
func (f *pdfFile) decrypted(v any, ref pdfRef) any {
	if f.crypt == nil || f.crypt.plain {
		return v
	}
	switch v := v.(type) {
	case pdfString:
		return pdfString(f.crypt.open([]byte(v), ref))
	case pdfArray:
		for i := range v {
			v[i] = f.decrypted(v[i], ref)
		}
	case pdfDict:
		for key := range v {
			v[key] = f.decrypted(v[key], ref)
		}
	}
	return v
}

// decryptStream gives the octets of a stream as they were before encryption.
// Cross-reference streams and object streams' content never were twice.
func (f *pdfFile) decryptStream(s *pdfStream) ([]byte, error) {
	kind := s.dict["Type"]
	if f.crypt == nil || f.crypt.plain || s.inPlain || kind == pdfName("XRef") || kind == pdfName("Metadata") && !f.crypt.meta {
		return s.raw, nil
	}
	if err := f.w.spend(2 * len(s.raw)); err != nil {
		return nil, err
	}
	return f.crypt.open(s.raw, s.ref), nil
}
