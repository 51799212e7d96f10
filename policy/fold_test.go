package policy

import "testing"

// Texts of ASCII alone are folded by a short way; both ways give the same.
func TestFoldOfASCII(t *testing.T) {
	for _, s := range []string{"", "a", "OFFICIAL-Sensitive [SECURE]", "tab\tand\x00nul", "Zz@[`{"} {
		short, long := fold(s), fold(s+"é")
		n := len(short.runes)
		if got, want := string(short.runes), string(long.runes[:len(long.runes)-1]); got != want {
			t.Errorf("%q: got %q, want %q", s, got, want)
		}
		for i := range n + 1 {
			for j := i; j <= n; j++ {
				want := s[i:j]
				if got := short.original(i, j); got != want {
					t.Errorf("%q: runes %d to %d are %q, want %q", s, i, j, got, want)
				}
				if got := long.original(i, j); got != want {
					t.Errorf("%q with more: runes %d to %d are %q, want %q", s, i, j, got, want)
				}
			}
		}
	}
}
