package pid_test

import (
	"os"
	"strings"
	"testing"

	"github.com/postseal/postseal/pid"
)

func FuzzFind(f *testing.F) {
	seeds, err := os.ReadFile("../testdata/pid/messages/dev-pid.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, m := range strings.Split(string(seeds), "\n=== ") {
		f.Add(m)
	}
	f.Add("ＡＢ１２３４５６Ｃ \u200b943\u00a0476 5919\x00\xff")
	f.Add("12-34-56 12345678 account -- \n> On 1/1/1990 wrote:\nFrom: a\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range pid.Find(text) {
			if c.Start < 0 || c.End <= c.Start || c.End > len(text) {
				t.Fatalf("%q: candidate %+v lies outside", text, c)
			}
			if strings.TrimSpace(text[c.Start:c.End]) == "" {
				t.Errorf("%q: nothing stands at %+v", text, c)
			}
		}
		once := pid.Score([]pid.Section{{Where: "text", Text: text}})
		if once.Total < 0 {
			t.Errorf("%q: total %g", text, once.Total)
		}
		twice := pid.Score([]pid.Section{{Where: "text", Text: text}, {Where: "attachment a", Text: text}})
		if twice.Total > once.Total+0.2 {
			t.Errorf("%q: the same twice weighs %g, once %g", text, twice.Total, once.Total)
		}
		pid.Identifies(text)
	})
}
