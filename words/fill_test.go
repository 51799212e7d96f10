package words

import "testing"

// firstPiece finds what the regular expression does.
func FuzzFirstPiece(f *testing.F) {
	for _, s := range []string{"", "plain", "{n} of {total}", "{}", "{a", "{a b} {c}", "a *b* c", "[text](link)", "[a](b", "[a] (b) [c](d)", "[[a](b)", "[a](b)*", "{1} {a}", "[a\n](b)", "[](b)", "{a*", "Zoë {n}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := pieces.FindStringSubmatchIndex(text)
		got, ok := firstPiece(text)
		if ok != (m != nil) {
			t.Fatalf("%q: found %v, want %v", text, ok, m)
		}
		if m == nil {
			return
		}
		want := piece{from: m[0], to: m[1]}
		if m[2] >= 0 {
			want.name = text[m[2]:m[3]]
		} else if m[4] < 0 {
			want.inner, want.name = text[m[6]:m[7]], text[m[8]:m[9]]
		}
		if got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	})
}
