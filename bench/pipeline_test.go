package bench

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postseal/postseal/pid"
)

// rounds is how often each load runs on each rig, in turn; figures are medians of
// the ratios within a round, so that a slow minute of the machine strikes both.
const rounds = 5

// ordinary gives the texts of mails as an office has them, 4 KB and more each, of
// which none is to be sealed.
var ordinary = sync.OnceValue(func() []string {
	raw, err := os.ReadFile("../testdata/bench/mails.txt")
	if err != nil {
		panic(err)
	}
	var all []string
	for _, m := range strings.Split("\n"+string(raw), "\n=== ")[1:] {
		_, text, _ := strings.Cut(m, "\n")
		text = strings.Repeat(text+"\n", 4<<10/len(text)+1)
		if pid.Score([]pid.Section{{Where: "text", Text: text}}).Total < 5 {
			all = append(all, text)
		}
	}
	return all
})

// prose gives about size octets of such text, another one for each n.
func prose(n, size int) string {
	var b strings.Builder
	for texts := ordinary(); b.Len() < size; n++ {
		b.WriteString(texts[n%len(texts)])
	}
	return strings.ReplaceAll(b.String()[:size], "\n", "\r\n")
}

// letter makes a message of about size octets of text to an address of its own.
func letter(subject string, n, size int) (string, []byte) {
	to := fmt.Sprintf("reader%d@firm.example", n)
	return to, stuffed([]byte(header(subject, to, n) + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + prose(n, size) + "\r\n"))
}

func header(subject, to string, n int) string {
	return fmt.Sprintf("From: Jane Doe <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <%d.%d@example.gov.uk>\r\nMIME-Version: 1.0\r\n",
		sender, to, subject, n, rand.Uint64())
}

// parcel makes a message with an attachment that cannot be made smaller.
func parcel(subject string, n, size int) (string, []byte) {
	to := fmt.Sprintf("reader%d@firm.example", n)
	noise := make([]byte, size*57/78) // of base64 in lines of 76
	rand.NewChaCha8([32]byte{byte(n)}).Read(noise)
	var b strings.Builder
	b.WriteString(header(subject, to, n) + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is.\r\n" +
		"--b\r\nContent-Type: image/jpeg; name=plan.jpg\r\nContent-Disposition: attachment; filename=plan.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := make([]byte, 76)
	for chunk := range slices.Chunk(noise, 57) {
		n := base64.StdEncoding.EncodedLen(len(chunk))
		base64.StdEncoding.Encode(line, chunk)
		b.Write(line[:n])
		b.WriteString("\r\n")
	}
	b.WriteString("--b--\r\n")
	return to, stuffed([]byte(b.String()))
}

func untagged(n int) (string, []byte) { return letter("The timetable", n, 4<<10) }
func tagged(n int) (string, []byte)   { return letter("[SECURE] The timetable", n, 4<<10) }

// alone is the name of a sample: what would be reached if filter and Redis took no
// time, and Postfix only had to carry the same mails.
const alone = "Postfix alone"

// sealedSizes are the octets of an envelope and of a confirmation for a message of
// 4 KB.
func (r *rig) sealedSizes() (envelope, confirmation int) {
	r.t.Helper()
	r.put(load{messages: 1, sessions: 1, arrive: 2, message: tagged})
	return int(r.sizes[0].Load()), int(r.sizes[1].Load())
}

// letterTo is a message as it goes over the wire.
type letterTo struct {
	to   string
	data []byte
}

// made makes a load's messages before the clock runs.
func made(l load) []letterTo {
	all := make([]letterTo, l.messages)
	for i := range all {
		all[i].to, all[i].data = l.message(i)
	}
	return all
}

// turns runs the load of each rig in turn, after a warming up, and gives the runs
// of each.
func turns(rigs []*rig, loads []load) [][]run {
	out := make([][]run, len(rigs))
	for i, r := range rigs {
		warm := loads[i]
		warm.messages = min(warm.messages, 100)
		r.put(warm)
	}
	for range rounds {
		for i, r := range rigs {
			out[i] = append(out[i], r.put(loads[i]))
		}
	}
	return out
}

// ratios gives figure of a over that of b, round by round, and its median.
func ratios(a, b []run, figure func(run) float64) (float64, []float64) {
	var each []float64
	for i := range a {
		each = append(each, figure(a[i])/figure(b[i]))
	}
	return median(each), each
}

func median(f []float64) float64 {
	sorted := slices.Sorted(slices.Values(f))
	return sorted[len(sorted)/2]
}

func perSecond(r run) float64 { return r.perSecond }
func filterCPU(r run) float64 { return float64(r.filter) }
func wholeCPU(r run) float64  { return float64(r.filter + r.postfix) }
func figures(runs []run, figure func(run) float64) (out []float64) {
	for _, r := range runs {
		out = append(out, figure(r))
	}
	return out
}

// passing measures mail that is not to be sealed, which is most of it.
func passing(t *testing.T) []goal {
	const messages = 1500
	rigs := []*rig{withoutFilter(t), withNoop(t), withPostseal(t)}
	l := load{messages: messages, sessions: 8, message: untagged}
	runs := turns(rigs, []load{l, l, l})
	if passed := rigs[2].decided("passed"); passed < rounds*messages {
		t.Fatalf("%d messages passed, want all of %d: the text weighs too much", passed, rounds*messages)
	}
	none, noop, ours := runs[0], runs[1], runs[2]
	speed, speeds := ratios(ours, none, perSecond)
	noopSpeed, _ := ratios(noop, none, perSecond)
	cpu, cpus := ratios(ours, noop, filterCPU)
	t.Logf("messages/s: none %.0f, no-op %.0f, ours %.0f; no-op filter reaches %.2f of none; filter's CPU: no-op %.2f ms, ours %.2f ms a message",
		figures(none, perSecond), figures(noop, perSecond), figures(ours, perSecond), noopSpeed,
		median(figures(noop, filterCPU))/1e6/messages, median(figures(ours, filterCPU))/1e6/messages)
	return []goal{
		{1, "untagged 4 KB with the scan, messages/s of no milter", []limit{{"ratio", speed, 0.72, true, ""}}, map[string][]float64{
			"ratio": speeds, "none": figures(none, perSecond), "no-op": figures(noop, perSecond), "postseal": figures(ours, perSecond), "no-op filter's ratio": {noopSpeed}}},
		{2, "CPU of the daemon for untagged 4 KB, of the no-op filter's", []limit{{"ratio", cpu, 1.4, false, ""}}, map[string][]float64{
			"ratio": cpus, "no-op ns": figures(noop, filterCPU), "postseal ns": figures(ours, filterCPU)}},
	}
}

// sealing measures tagged mail, each with its envelope and its confirmation,
// beside mail that OpenDKIM signs.
func sealing(t *testing.T) []goal {
	const messages = 600
	rigs := []*rig{withOpenDKIM(t), withPostseal(t), withoutFilter(t)}
	envelope, confirmation := rigs[1].sealedSizes()
	plain := load{messages: messages, sessions: 8, message: untagged}
	secure := load{messages: messages, sessions: 8, arrive: 2, message: tagged}
	both := load{messages: 2 * messages, sessions: 8, message: func(n int) (string, []byte) {
		return letter("The timetable", n, []int{envelope, confirmation}[n%2])
	}}
	runs := turns(append(rigs, rigs[2]), []load{plain, secure, plain, both})
	speed, speeds := ratios(runs[1], runs[0], perSecond)
	least, _ := ratios(runs[3], runs[0], perSecond)
	least /= 2 // two mails for each original
	cpu := func(runs []run) string {
		return fmt.Sprintf("%.2f + %.2f ms", median(figures(runs, wholeCPU))/1e6/messages-median(figures(runs, filterCPU))/1e6/messages, median(figures(runs, filterCPU))/1e6/messages)
	}
	t.Logf("messages/s: OpenDKIM %.0f, ours %.0f, none %.0f; CPU of Postfix and filter a message: OpenDKIM %s, ours %s, none %s",
		figures(runs[0], perSecond), figures(runs[1], perSecond), figures(runs[2], perSecond), cpu(runs[0]), cpu(runs[1]), cpu(runs[2]))
	return []goal{{3, "sealed 4 KB with envelope and confirmation, originals/s of OpenDKIM's", []limit{{"ratio", speed, 0.75, true, ""}}, map[string][]float64{
		"ratio": speeds, "OpenDKIM": figures(runs[0], perSecond), "postseal": figures(runs[1], perSecond), "none": figures(runs[2], perSecond), alone: {least}}}}
}

// oneSession measures how long one client waits, message by message.
func oneSession(t *testing.T) []goal {
	const messages = 400
	stall := 40 * time.Millisecond // a delayed ACK of TCP
	none, ours := withoutFilter(t), withPostseal(t)
	envelope, _ := ours.sealedSizes()
	plain := load{messages: messages, sessions: 1, keep: true, message: untagged}
	secure := load{messages: messages, sessions: 1, keep: true, arrive: 2, message: tagged}
	large := load{messages: messages, sessions: 1, keep: true, message: func(n int) (string, []byte) { return letter("The timetable", n, envelope) }}
	runs := turns([]*rig{none, ours, ours, none}, []load{plain, plain, secure, large})
	wait := func(r run) float64 { return float64(percentile(r.transaction, 50)) }
	clear, clears := ratios(runs[1], runs[0], wait)
	sealed, sealeds := ratios(runs[2], runs[0], wait)
	// A client hears 250 only when Postfix has taken the envelope too, so both waits follow
	// each other whatever the filter does.
	carried, _ := ratios(runs[3], runs[0], wait)
	stalls := 0.0
	for _, r := range runs[1] {
		if percentile(r.transaction, 50) >= stall {
			stalls++
		}
	}
	ms := func(runs []run, p int) string {
		var all []time.Duration
		for _, r := range runs {
			all = append(all, r.transaction...)
		}
		return fmt.Sprintf("%.2f/%.2f", float64(percentile(all, 50))/1e6, float64(percentile(all, p))/1e6)
	}
	t.Logf("MAIL to 250, p50/p99 ms: none %s, untagged %s, sealed %s", ms(runs[0], 99), ms(runs[1], 99), ms(runs[2], 99))
	return []goal{{4, "one session of 4 KB, time of no milter", []limit{
		{"untagged", clear, 1.5, false, ""}, {"sealed", sealed, 1.9, false, ""}, {"runs with a median of 40 ms and more", stalls, 0, false, "runs"},
	}, map[string][]float64{"untagged": clears, "sealed": sealeds, "none ns": figures(runs[0], wait), "untagged ns": figures(runs[1], wait), "sealed ns": figures(runs[2], wait), alone: {1 + carried}}}}
}

func percentile(d []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

// bigMessages measures what sealing 10 MB costs Postfix and the daemon together.
func bigMessages(t *testing.T) []goal {
	const messages = 6
	none, ours := withoutFilter(t), withPostseal(t)
	plain := load{messages: messages, sessions: 2, message: func(n int) (string, []byte) { return parcel("The plan", n, 10<<20) }}
	secure := load{messages: messages, sessions: 2, arrive: 2, message: func(n int) (string, []byte) { return parcel("[SECURE] The plan", n, 10<<20) }}
	runs := turns([]*rig{none, ours}, []load{plain, secure})
	cpu, cpus := ratios(runs[1], runs[0], wholeCPU)
	t.Logf("CPU a message: none %.0f ms; sealed: Postfix %.0f ms, daemon %.0f ms", median(figures(runs[0], wholeCPU))/1e6/messages,
		(median(figures(runs[1], wholeCPU))-median(figures(runs[1], filterCPU)))/1e6/messages, median(figures(runs[1], filterCPU))/1e6/messages)
	return []goal{{5, "sealed 10 MB, CPU of Postfix and daemon, of the same mail unfiltered", []limit{{"ratio", cpu, 3.0, false, ""}}, map[string][]float64{
		"ratio": cpus, "none ns": figures(runs[0], wholeCPU), "sealed ns": figures(runs[1], wholeCPU), "daemon ns": figures(runs[1], filterCPU)}}}
}

// memory measures the most that the daemon holds while messages are sealed side
// by side.
func memory(t *testing.T) []goal {
	const mb = 1 << 20
	r := withPostseal(t)
	few := load{messages: 2, sessions: 2, arrive: 2, message: func(n int) (string, []byte) { return parcel("[SECURE] The plan", n, 25*mb) }}
	many := load{messages: 100, sessions: 100, arrive: 2, message: func(n int) (string, []byte) { return parcel("[SECURE] The plan", n, 1*mb) }}
	warm := load{messages: 20, sessions: 2, arrive: 2, message: tagged}
	r.put(warm)
	var two, hundred []float64
	for range 3 {
		resetPeak(t, r.filter)
		r.put(few)
		two = append(two, peak(t, r.filter)/mb)
	}
	for range 3 {
		resetPeak(t, r.filter)
		r.put(many)
		hundred = append(hundred, peak(t, r.filter)/mb)
	}
	return []goal{{11, "most memory of the daemon", []limit{
		{"2 of 25 MB at once", slices.Max(two), 64, false, "MB"}, {"100 of 1 MB at once", slices.Max(hundred), 150, false, "MB"},
	}, map[string][]float64{"two": two, "hundred": hundred}}}
}
