package store_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// plainWords are texts of the suite that may be read in a dump: the name that a
// daemon drew for its private directory, which tells nothing of anybody.
var plainWords = []string{"room a"}

// onlyReads are methods that write no data and that the suite does not call;
// MakeDurable writes settings.
var onlyReads = []string{"Compared", "MakeDurable", "DeskID", "UnitID", "EnvelopeSentBy", "FindSent", "SentFrom"}

// After the whole suite, which makes every call of the store, no text of the suite
// that was handed in can be read in what Redis has written since it began: no
// address, subject, name, reason, answer, draft, phone or notice. What was forgotten
// meanwhile stands there too (promise 4).
func TestNoWordOfTheSuiteInADump(t *testing.T) {
	server := redistest.StartRedis(t, "--appendfsync", "no", "--aof-use-rdb-preamble", "no", "--auto-aof-rewrite-percentage", "0")
	c := server.Client()
	defer c.Close()
	storetest.Run(t, func(t *testing.T, now func() time.Time) *store.Store {
		if err := c.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		return storetest.Open(t, store.Options{Addresses: []string{server.Addr}, VolatileOK: true, Now: now})
	})
	server.Stop()
	files, err := filepath.Glob(filepath.Join(server.Dir, "appendonlydir", "*.aof"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no append-only file: %v", err)
	}
	var written []byte
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, lower(raw)...)
	}
	words, calls := wordsOfTheSuite(t)
	if len(written) < 1<<20 || len(words) < 250 {
		t.Fatalf("%d octets to look through for %d words: the search is no use", len(written), len(words))
	}
	for _, word := range words {
		if bytes.Contains(written, lower([]byte(word))) && !slices.Contains(plainWords, word) {
			at := bytes.Index(written, lower([]byte(word)))
			t.Errorf("Redis wrote %q: %q", word, written[max(0, at-40):min(len(written), at+60)])
		}
	}
	for _, method := range methods() {
		if !calls[method] && !slices.Contains(onlyReads, method) {
			t.Errorf("no case of the suite calls %s: nobody knows what it leaves in a dump", method)
		}
	}
}

// wordsOfTheSuite gives every text of its source that is long enough to be found in
// nothing else, and every method that it calls.
func wordsOfTheSuite(t *testing.T) (words []string, calls map[string]bool) {
	t.Helper()
	files, err := filepath.Glob("storetest/*.go")
	if err != nil {
		t.Fatal(err)
	}
	calls = map[string]bool{}
	for _, name := range append(files, "dump_test.go", "reseal_test.go", "anchor_test.go") {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.SelectorExpr:
				calls[n.Sel.Name] = true
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind == token.STRING && err == nil && telling(text) && strings.HasPrefix(name, "storetest/") {
					words = append(words, text)
				}
			}
			return true
		})
	}
	slices.Sort(words)
	return slices.Compact(words), calls
}

// telling is a text that chance puts into no id, name or MAC (base32, base64 and
// hexadecimal digits), and that is no pattern.
func telling(text string) bool {
	long := 6
	if strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" {
		long = 10
	}
	return len(text) >= long && !strings.Contains(text, "%") && strings.Trim(text, "0123456789abcdef") != ""
}

// methods are those of the store that have to do with Redis.
func methods() (out []string) {
	s := reflect.TypeFor[*store.Store]()
	for i := range s.NumMethod() {
		out = append(out, s.Method(i).Name)
	}
	return out
}
