package e2e_test

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/internal/scan"
)

// The kinds of mail in a run. The last two are the comparison.
const (
	classic = "classic"
	passive = "passive"
	linked  = "link only"
	news    = "newsletter"
	plain   = "plain text"
)

var scanKinds = []string{classic, passive, linked, news, plain}

const scanRules = `
rules:
  - {name: comparison, if: {header: {name: X-Kind, equals: clear}}, do: pass}
  - {name: passive, if: {header: {name: X-Kind, equals: passive}}, do: seal, profile: passive}
  - {name: link, if: {header: {name: X-Kind, equals: link only}}, do: seal, profile: linked}
  - {name: classic, do: seal}
profiles:
  default: {expires: 90d, link: 14d, sign_in: [code, password], reply: sender, form: classic, attach_up_to: 60MB}
  passive: {expires: 90d, link: 14d, sign_in: [code, password], reply: sender, form: passive, attach_up_to: 60MB}
  linked: {expires: 90d, link: 14d, sign_in: [code, password], reply: sender, attach_up_to: 1KB}
`

// Host and address that the mails of a run seem to come from.
const (
	scanHost = e2etest.Hostname
	scanIP   = "192.0.2.25"
)

// scanned is one mail of a run as the outside took it, with what was said of it.
type scanned struct {
	e2etest.Delivery
	kind    string
	letter  int
	rcpts   []string
	verdict map[string]e2etest.Verdict // by scanner
}

// onTrial is what SpamAssassin adds for rules that are on trial. One of them,
// T_HTML_ATTACH, fires for every attached page whatsoever.
const onTrial = 0.01

// byChance are SpamAssassin's rules for words spelt strangely. It reads the base64
// of a container as text, and in much of it stands such a word now and then. More
// than chancesIn100 of a form are no chance.
const (
	byChance     = "FUZZY_"
	chancesIn100 = 3
)

// fewLetters is how many messages are sealed in both forms in an ordinary run.
const fewLetters = 6

// Issue 4, complaints C1, C2, C20: envelopes of both forms through Postfix and
// DKIM against our own restatement of public rules; with POSTSEAL_SCAN=100 (make
// scan) against rspamd and SpamAssassin too. The passive form trips nothing that a
// newsletter with the same header does not trip; the classic form no more than that
// in rspamd and SpamAssassin, and of our rules those it must.
func TestScan(t *testing.T) {
	n, scanners := fewLetters, false
	if text := os.Getenv("POSTSEAL_SCAN"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < fewLetters || n > 10_000 {
			t.Fatalf("POSTSEAL_SCAN=%s: want a number from %d to 10000", text, fewLetters)
		}
		scanners = true
	} else {
		t.Parallel()
	}
	signer := e2etest.StartDKIM(t, e2etest.InsideDomain, "children."+e2etest.InsideDomain)
	mails := scanRun(t, signer, n, scanners)
	signed := 0
	for _, m := range mails {
		if bytes.Contains(m.Raw, []byte("DKIM-Signature:")) {
			signed++
		}
	}
	if signed != len(mails) {
		t.Errorf("%d of %d mails are signed", signed, len(mails))
	}
	ownRules(t, mails)
	if !scanners {
		return
	}
	byRspamd(t, signer, mails)
	bySpamAssassin(t, mails)
	for _, scanner := range []string{"rspamd", "SpamAssassin"} {
		compare(t, scanner, mails)
	}
}

// scanRun sends n messages in both forms, some as a link alone, and their twins.
func scanRun(t *testing.T, signer *e2etest.DKIM, n int, all bool) (out []*scanned) {
	t.Helper()
	e2etest.NeedRoot(t)
	s := &site{t: t, Postfix: e2etest.NewPostfix(t, e2etest.PostfixOptions{Main: map[string]string{"smtpd_milters": signer.Milter}}), redis: redistest.StartRedis(t)}
	s.seal = e2etest.NewPostseal(t, e2etest.PostsealOptions{Postfix: s.Postfix, Redis: s.redis.Addr, Rules: scanRules})
	configured(t, s.seal, false)
	s.seal.Start()
	s.seal.WaitReady()
	s.Start()
	controls, at := newsletters(t), time.Now()
	for i, l := range scanLetters(t, n) {
		if i == n/2 {
			s.seal.Stop()
			configured(t, s.seal, true)
			s.seal.Start()
			s.seal.WaitReady()
		}
		for _, kind := range scanKinds {
			if kind == linked && !l.attached || kind == plain && i%5 != 0 || (kind == news || kind == plain) && !all {
				continue
			}
			m := &scanned{kind: kind, letter: i, verdict: map[string]e2etest.Verdict{}}
			one := l.forReader(len(out))
			m.rcpts = one.rcpts
			more, content, body := "X-Kind: "+kind+"\n", l.kind, l.body
			switch kind {
			case news:
				more, content, body = "X-Kind: clear\n", controls[i%len(controls)][0], controls[i%len(controls)][1]
			case plain:
				more, content, body = "X-Kind: clear\n", "text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit", "Hello,\n\nthe meeting is on Tuesday at ten, in the large hall.\n\nJane\n"
			}
			raw := one.mail(fmt.Sprintf("%s.%d", strconv.FormatInt(at.Unix(), 36), len(out)), more, content, body, at)
			e2etest.MustSend(t, s.Submission, one.sender, one.rcpts, raw, e2etest.SendOptions{Body: "8BITMIME"})
			out = append(out, m)
		}
	}
	for _, m := range out {
		m.Delivery = s.Outside.WaitTo(m.rcpts[0])
		if sealed := m.kind == classic || m.kind == passive; sealed != e2etest.IsSealed(t, m.Raw) {
			t.Fatalf("letter %d, %s: a page attached is %v, want %v", m.letter, m.kind, !sealed, sealed)
		}
	}
	return out
}

// forReader gives the letter with a first reader of its own.
func (l *scanLetter) forReader(n int) scanLetter {
	name := "bob." + string(rune('a'+n/676%26)) + string(rune('a'+n/26%26)) + string(rune('a'+n%26)) + "@"
	out := *l
	for _, list := range []*[]string{&out.to, &out.cc, &out.rcpts} {
		*list = slices.Clone(*list)
		for i, text := range *list {
			(*list)[i] = strings.Replace(text, "bob@", name, 1)
		}
	}
	return out
}

// ownRules holds every attached page against internal/scan, and prints how many
// trip what.
func ownRules(t *testing.T, mails []*scanned) {
	t.Helper()
	counts := map[string]map[string]int{}
	pages := map[string]int{}
	for _, m := range mails {
		if m.kind != classic && m.kind != passive {
			continue
		}
		pages[m.kind]++
		page := scan.Read(e2etest.ReadSealed(t, m.Raw).HTML, e2etest.InsideDomain, m.rcpts)
		for _, rule := range scan.Hits(page) {
			if counts[rule] == nil {
				counts[rule] = map[string]int{}
			}
			counts[rule][m.kind]++
			if m.kind == passive || !slices.Contains(scan.ClassicMust, rule) {
				t.Errorf("letter %d: the %s page trips %q", m.letter, m.kind, rule)
			}
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("own rules: %-40s classic %d of %d, passive %d of %d", rule, counts[rule][classic], pages[classic], counts[rule][passive], pages[passive])
	}
	t.Logf("own rules: %d rules over %d classic and %d passive pages", len(scan.Rules), pages[classic], pages[passive])
}

func byRspamd(t *testing.T, signer *e2etest.DKIM, mails []*scanned) {
	t.Helper()
	zone := e2etest.Zone{TXT: map[string]string{}, A: map[string][4]byte{scanHost: {192, 0, 2, 25}, "secure.example.gov.uk": {192, 0, 2, 26}}, PTR: map[string]string{"25.2.0.192.in-addr.arpa": scanHost}}
	for _, domain := range []string{"example.gov.uk", "secure.example.gov.uk", "children.example.gov.uk"} {
		name, record := signer.Record(domain)
		zone.TXT[name] = record
		zone.TXT[domain] = "v=spf1 ip4:" + scanIP + " -all"
		zone.TXT["_dmarc."+domain] = "v=DMARC1; p=reject"
	}
	r := e2etest.StartRspamd(t, e2etest.NameServer(t, zone))
	for _, m := range mails {
		m.verdict["rspamd"] = r.Scan(m.Delivery, scanHost, scanIP)
	}
}

// bySpamAssassin puts on top what the reader's server would.
func bySpamAssassin(t *testing.T, mails []*scanned) {
	t.Helper()
	var all [][]byte
	for _, m := range mails {
		top := fmt.Sprintf("Return-Path: <%s>\r\nReceived: from %s (%s [%s])\r\n\tby mx.firm.example (Postfix) with ESMTPS id 4XyZ12345\r\n\tfor <%s>; %s\r\n",
			m.From, scanHost, scanHost, scanIP, m.rcpts[0], time.Now().Format(time.RFC1123Z))
		all = append(all, append([]byte(top), m.Raw...))
	}
	for i, v := range e2etest.SpamAssassin(t, all) {
		mails[i].verdict["SpamAssassin"] = v
	}
}

// compare prints the symbols of a scanner by kind of mail and fails where an
// envelope scores by one that its twin has not, or scores more in all.
func compare(t *testing.T, scanner string, mails []*scanned) {
	t.Helper()
	twins := map[int]e2etest.Verdict{}
	for _, m := range mails {
		if m.kind == news {
			twins[m.letter] = m.verdict[scanner]
		}
	}
	chances := map[string]int{}
	count, total, sum, weight := map[string]map[string]int{}, map[string]int{}, map[string]float64{}, map[string]float64{}
	for _, m := range mails {
		v := m.verdict[scanner]
		total[m.kind]++
		sum[m.kind] += v.Score
		for name, score := range v.Symbols {
			if count[name] == nil {
				count[name] = map[string]int{}
			}
			count[name][m.kind]++
			weight[name] = max(weight[name], score)
			if _, inTwin := twins[m.letter].Symbols[name]; score > onTrial && !inTwin && m.kind != plain {
				if strings.HasPrefix(name, byChance) {
					chances[m.kind]++
					t.Logf("%s: letter %d, %s: %s adds %.2f, by chance", scanner, m.letter, m.kind, name, score)
					continue
				}
				t.Errorf("%s: letter %d, %s: %s adds %.2f, which the newsletter to the same people has not", scanner, m.letter, m.kind, name, score)
			}
		}
	}
	for kind, n := range chances {
		if n*100 > chancesIn100*total[kind] {
			t.Errorf("%s: %s scored by %s* in %d of %d mails", scanner, kind, byChance, n, total[kind])
		}
	}
	head := fmt.Sprintf("%-13s %-34s %6s", scanner, "symbol", "adds")
	foot := fmt.Sprintf("%-13s %-34s %6s", scanner, "mean score", "")
	for _, kind := range scanKinds {
		head += fmt.Sprintf(" %11s", fmt.Sprintf("%s/%d", strings.Fields(kind)[0], total[kind]))
		foot += fmt.Sprintf(" %11.2f", sum[kind]/float64(max(1, total[kind])))
	}
	table := []string{head}
	for _, name := range slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(cmp.Compare(weight[b], weight[a]), cmp.Compare(a, b))
	}) {
		line := fmt.Sprintf("%-13s %-34s %6.2f", scanner, name, weight[name])
		for _, kind := range scanKinds {
			line += fmt.Sprintf(" %11d", count[name][kind])
		}
		table = append(table, line)
	}
	t.Log("\n" + strings.Join(append(table, foot), "\n"))
}
