package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/postseal/postseal/store"
)

const (
	keyA = "a AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	keyB = "b ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=\n"
)

func TestLoadKeyringNamesTheLineOnly(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{keyA, ""},
		{"# a remark\n\n" + keyB + keyA, ""},
		{string(store.NewMasterKeyFile()), ""},
		{"", "it holds no key"},
		{"# only a remark\n", "it holds no key"},
		{keyA + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "line 2: not of the form ID BASE64"},
		{keyA + "b !!\n", "line 2: the key is not 32 bytes in base64"},
		{"b AAECAwQFBgc=\n", "line 1: the key is not 32 bytes in base64"},
		{"b AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "line 1: the key is not random"},
		{keyA + keyA, `line 2: the id "a" stands there twice`},
		{"../x AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "line 1: not of the form"},
		{strings.Repeat("# x\n", 20_000) + keyA, "too long"},
	} {
		_, err := store.LoadKeyring(strings.NewReader(c.text))
		if c.want == "" && err == nil {
			continue
		}
		if !errors.Is(err, store.ErrMasterKey) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: got %v, want %q", c.text, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "AAECAw") {
			t.Errorf("the error prints a key: %v", err)
		}
	}
	if a, b := store.NewMasterKeyFile(), store.NewMasterKeyFile(); string(a) == string(b) {
		t.Error("two new files are the same")
	}
}

func ring(t *testing.T, text string) *store.Keyring {
	t.Helper()
	k, err := store.LoadKeyring(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNamesStayWhenAKeyIsAddedOnTop(t *testing.T) {
	before, after, other := ring(t, keyA), ring(t, keyB+keyA), ring(t, keyB)
	sum := func(k *store.Keyring, text string) []byte {
		h := k.Fingerprinter()
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	all := func(k *store.Keyring, text, profile string) string {
		f := sum(k, text)
		id := k.EnvelopeID(f, profile)
		return id.String() + " " + k.MessageID(f, profile, "secure.example") + " " + k.Secret(id).Encode()
	}
	if got, want := all(after, "m", "default"), all(before, "m", "default"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for name, got := range map[string]string{"another ring": all(other, "m", "default"), "another message": all(before, "n", "default"), "another profile": all(before, "m", "x")} {
		for i, part := range strings.Fields(got) {
			if part == strings.Fields(all(before, "m", "default"))[i] {
				t.Errorf("%s: the same %s", name, part)
			}
		}
	}
	if id := before.MessageID(sum(before, "m"), "p", "secure.example"); !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@secure.example>") {
		t.Errorf("got %s", id)
	}
}

// Promise 4: what holds secrets does not print them, whatever the verb.
func TestSecretsPrintRedacted(t *testing.T) {
	k := ring(t, keyA)
	plain := fmt.Sprintf("%d", []byte{1, 2, 3, 4})
	reg := store.Registration{FirstName: "Jane", Password: "hunter2-secret", Answer: "tibbles-secret"}
	values := []any{k, *k, reg, store.Browser("cookie-secret"), store.Flow{Next: "/m/next-secret"}, store.Outgoing{Kind: "code", Data: []byte("12345678-secret")},
		struct{ R store.Registration }{reg}, []store.Outgoing{{Data: []byte("12345678-secret")}}}
	for _, v := range values {
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		for _, got := range []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v), fmt.Sprintf("%s", v), log.String()} {
			if strings.Contains(got, "secret") || strings.Contains(got, plain[1:len(plain)-1]) || strings.Contains(got, "49 50 51") {
				t.Errorf("%T prints %s", v, got)
			}
		}
	}
	if b, _ := json.Marshal(reg); strings.Contains(string(b), "secret") {
		t.Errorf("JSON: %s", b)
	}
	if got := fmt.Sprintf("%d %x", k, *k); got != "redacted redacted" {
		t.Errorf("got %s", got)
	}
}

func FuzzLoadKeyring(f *testing.F) {
	for _, s := range []string{keyA, keyB + keyA, "# x\n", "a b c\n", "a AAAA\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := store.LoadKeyring(strings.NewReader(s))
		if (k == nil) == (err == nil) {
			t.Fatalf("got %v and %v", k, err)
		}
		if err != nil && !errors.Is(err, store.ErrMasterKey) {
			t.Fatal(err)
		}
	})
}
