package wordstest

import (
	"slices"
	"testing"
)

func TestSpoken(t *testing.T) {
	got := spoken(t, "x", `{{define "a"}}<p class="lead" title="Two {{.N}} words">{{.T "a.b"}} and{{if .X}}<b>more</b>{{else}}&nbsp;{{end}}</p><!-- not this -->{{end}}`)
	slices.Sort(got)
	if want := []string{"Two", "and", "more", "words"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSentence(t *testing.T) {
	for code, want := range map[string]bool{
		`v.show("sent", "Check your email")`: true, `problem{"code", "Type the 8 digits"}`: false, `errors.New("no such page here")`: false,
		`x := "a b"`: false, `say("Only the people it was sent to can open it.")`: true,
	} {
		if got := sentence.MatchString(code); got != want {
			t.Errorf("%s: got %v", code, got)
		}
	}
}
