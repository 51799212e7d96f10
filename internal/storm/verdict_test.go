package storm_test

import (
	"testing"
	"time"

	"github.com/postseal/postseal/internal/storm"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// good is a storm after which all is as it must be: one mail sealed for two people
// and in clear for a colleague, one in clear, one sealed twice over a cut.
func good() storm.Evidence {
	return storm.Evidence{
		Mails: []storm.Mail{
			{Name: "1", From: "s1", To: map[string]storm.Want{"a1": storm.Sealed, "b1": storm.Sealed, "c1": storm.Clear}, Acked: true},
			{Name: "2", From: "s2", To: map[string]storm.Want{"a2": storm.Clear}, Acked: true},
			{Name: "3", From: "s3", To: map[string]storm.Want{"a3": storm.Sealed}, Acked: true},
		},
		Copies: []storm.Copy{
			{To: "a1", At: at(0), Envelope: "e1", Whole: true}, {To: "b1", At: at(0), Envelope: "e1", Whole: true}, {To: "c1", At: at(0), Whole: true, Shows: true},
			{To: "a2", At: at(0), Whole: true, Shows: true},
			{To: "a3", At: at(100), Envelope: "e3", Whole: true}, {To: "a3", At: at(110), Envelope: "e3", Whole: true},
		},
		Confirmations: map[string]int{"s1": 1, "s3": 2},
		Troubles:      []storm.Trouble{{What: "daemon killed", From: at(101), To: at(105)}},
	}
}

// refuse makes the second mail one that the relay refuses.
func refuse(e *storm.Evidence) {
	e.Mails[1].To, e.Mails[1].Acked, e.Mails[1].Refuse, e.Mails[1].Refused = map[string]storm.Want{"a2": storm.Sealed}, false, true, true
	e.Copies = append(e.Copies[:3:3], e.Copies[4:]...)
}

// Each fault, planted alone in good evidence, is found, and counted as what it is.
func TestJudgeFindsEachFault(t *testing.T) {
	for _, c := range []struct {
		name  string
		plant func(*storm.Evidence)
		want  storm.Verdict
	}{
		{"nothing", func(*storm.Evidence) {}, storm.Verdict{Repeated: 1}},
		{"a recipient has nothing", func(e *storm.Evidence) { e.Copies = e.Copies[1:] }, storm.Verdict{Repeated: 1, Lost: 1}},
		{"clear mail arrived changed", func(e *storm.Evidence) { e.Copies[3].Whole = false }, storm.Verdict{Repeated: 1, Lost: 1}},
		{"sealed for nothing", func(e *storm.Evidence) { e.Copies[3].Envelope = "e2" }, storm.Verdict{Repeated: 1, Lost: 1}},
		{"in clear outside", func(e *storm.Evidence) { e.Copies[0].Envelope = "" }, storm.Verdict{Repeated: 1, Leaked: 1}},
		{"words beside the page", func(e *storm.Evidence) { e.Copies[1].Shows = true }, storm.Verdict{Repeated: 1, Leaked: 1}},
		{"to a stranger", func(e *storm.Evidence) { e.Copies = append(e.Copies, storm.Copy{To: "z"}) }, storm.Verdict{Repeated: 1, Leaked: 1}},
		{"a link to nothing", func(e *storm.Evidence) { e.Copies[0].Astray = true }, storm.Verdict{Repeated: 1, Unopenable: 1}},
		{"another key", func(e *storm.Evidence) { e.Copies[0].Whole = false }, storm.Verdict{Repeated: 1, Unopenable: 1}},
		{"two envelopes", func(e *storm.Evidence) { e.Copies[5].Envelope = "e4" }, storm.Verdict{Doubled: 1}},
		{"clear and sealed", func(e *storm.Evidence) { e.Copies[5].Envelope = "" }, storm.Verdict{Doubled: 1, Leaked: 1}},
		{"no confirmation", func(e *storm.Evidence) { delete(e.Confirmations, "s1") }, storm.Verdict{Repeated: 1, Unconfirmed: 1}},
		{"confirmed in vain", func(e *storm.Evidence) { e.Confirmations["s2"] = 1 }, storm.Verdict{Repeated: 1, Unconfirmed: 1}},
		{"confirmed, then refused", func(e *storm.Evidence) { refuse(e); e.Confirmations["s2"] = 1 }, storm.Verdict{Repeated: 1, Unconfirmed: 1}},
		{"refused, and nobody has it", refuse, storm.Verdict{Repeated: 1}},
		{"refused, and a colleague has it", func(e *storm.Evidence) {
			refuse(e)
			e.Mails[1].To["c2"] = storm.Clear
			e.Copies = append(e.Copies, storm.Copy{To: "c2", Whole: true})
		}, storm.Verdict{Repeated: 1, Unexplained: 1}},
		{"refused, and it was good", func(e *storm.Evidence) { refuse(e); e.Mails[1].Refuse = false }, storm.Verdict{Repeated: 1, Patience: 1}},
		{"acknowledged, and it was to be refused", func(e *storm.Evidence) { refuse(e); e.Mails[1].Acked, e.Mails[1].Refused = true, false }, storm.Verdict{Repeated: 1, Lost: 1, Unconfirmed: 1}},
		{"again without a cut", func(e *storm.Evidence) { e.Troubles = nil }, storm.Verdict{Unexplained: 1}},
		{"more often than cuts", func(e *storm.Evidence) { e.Copies = append(e.Copies, e.Copies[5]) }, storm.Verdict{Unexplained: 1}},
		{"cut too late to explain", func(e *storm.Evidence) { e.Troubles[0] = storm.Trouble{From: at(111), To: at(112)} }, storm.Verdict{Unexplained: 1}},
		{"the client's own cut", func(e *storm.Evidence) { e.Troubles, e.Mails[2].Cuts = nil, []time.Time{at(100)} }, storm.Verdict{Repeated: 1}},
		{"never acknowledged", func(e *storm.Evidence) { e.Mails[1].Acked = false; e.Copies = append(e.Copies[:3], e.Copies[4:]...) }, storm.Verdict{Repeated: 1, Patience: 1}},
	} {
		e := good()
		c.plant(&e)
		got := storm.Judge(e)
		if got.String() != c.want.String() || got.Repeated != c.want.Repeated || got.Unexplained != c.want.Unexplained || got.Patience != c.want.Patience {
			t.Errorf("%s: got %v, repeated %d, unexplained %d %q\nwant %v, repeated %d, unexplained %d", c.name, got, got.Repeated, got.Unexplained, got.Said, &c.want, c.want.Repeated, c.want.Unexplained)
		}
		if found := got.OK(); found != c.want.OK() {
			t.Errorf("%s: OK is %v", c.name, found)
		}
	}
}
