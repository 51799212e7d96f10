package store

import (
	"errors"
	"strings"
	"testing"
)

func fuzzRing(t testing.TB) *Keyring {
	t.Helper()
	k, err := LoadKeyring(strings.NewReader("a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// FuzzUnseal: bytes from Redis open only where and as what they were sealed.
func FuzzUnseal(f *testing.F) {
	k := fuzzRing(f)
	f.Add(k.seal("record", "e:{x}/r", []byte("plain")))
	f.Add(k.seal("key", "e:{x}/k", []byte("plain")))
	f.Add([]byte{sealVersion, 255, 'a'})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := k.unseal("record", "e:{y}/r", sealed)
		if !errors.Is(err, ErrSyntax) || plain != nil {
			t.Fatalf("opened %q at a place where nothing was sealed: %v", plain, err)
		}
	})
}

// FuzzToken: whatever stands in a link, it names a key of one slot or nothing.
func FuzzToken(f *testing.F) {
	s := &Store{keys: fuzzRing(f)}
	f.Add(newToken(strings.Repeat("ab", slotBytes)))
	f.Add("")
	f.Add(strings.Repeat("A", 64))
	f.Add("../../x}y{")
	f.Fuzz(func(t *testing.T, token string) {
		h, key, ok := s.linkKey(activationLink, token)
		if ok != (key != "") || ok && (tag(key) != h || strings.Count(key, "{") != 1 || len(h) != 2*slotBytes) {
			t.Fatalf("%q names %q", token, key)
		}
	})
}

// FuzzHint: what stands in a work list leads to one slot or nothing.
func FuzzHint(f *testing.F) {
	f.Add("x00/0123/kq1")
	f.Add("//")
	f.Add("a/b/zzzzzzzzzzzzzzzzzzzzzz")
	f.Fuzz(func(t *testing.T, member string) {
		owner, name, _, ok := parseHint(member)
		if ok && (strings.Contains(owner, "/") || strings.Contains(name, "/")) {
			t.Fatalf("%q: owner %q, name %q", member, owner, name)
		}
		if n := shardOf(name); n < 0 || n >= workShards {
			t.Fatalf("shard %d", n)
		}
	})
}

// A seal opens with its own purpose, place and bound secret only.
func TestUnsealKnowsItsPlace(t *testing.T) {
	k := fuzzRing(t)
	sealed := k.seal("record", "e:{x}/r", []byte("plain"), "cookie")
	if got, err := k.unseal("record", "e:{x}/r", sealed, "cookie"); err != nil || string(got) != "plain" {
		t.Fatalf("got %q %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"purpose":   func() ([]byte, error) { return k.unseal("key", "e:{x}/r", sealed, "cookie") },
		"place":     func() ([]byte, error) { return k.unseal("record", "e:{y}/r", sealed, "cookie") },
		"secret":    func() ([]byte, error) { return k.unseal("record", "e:{x}/r", sealed, "other") },
		"no secret": func() ([]byte, error) { return k.unseal("record", "e:{x}/r", sealed) },
		"cut":       func() ([]byte, error) { return k.unseal("record", "e:{x}/r", sealed[:len(sealed)-1], "cookie") },
	} {
		if _, err := open(); !errors.Is(err, ErrSyntax) {
			t.Errorf("another %s: got %v, want ErrSyntax", name, err)
		}
	}
}
