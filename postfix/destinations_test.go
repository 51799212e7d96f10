package postfix_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/internal/e2e/e2etest"
	"github.com/postseal/postseal/postfix"
)

const in, loc = "@" + e2etest.InsideDomain, "@" + e2etest.LocalDomain

const virtualTable = `
list@example.gov.uk     jane@example.gov.uk, bob@firm.example
nested@example.gov.uk   list@example.gov.uk, carol@else.example
twice@example.gov.uk    list@example.gov.uk, nested@example.gov.uk
self@example.gov.uk     self@example.gov.uk, copy@firm.example
viaself@example.gov.uk  self@example.gov.uk
@old.example.gov.uk     @example.gov.uk
lee                     lee.away@firm.example
ext@example.gov.uk      target@firm.example
exact+tag@example.gov.uk exact@firm.example
spaces@example.gov.uk   one@firm.example two@firm.example
angle@example.gov.uk    angled@firm.example
"two words"@example.gov.uk quoted@firm.example
tolocal@example.gov.uk  team@local.example.gov.uk
bare@example.gov.uk     somebody
circle1@example.gov.uk  circle2@example.gov.uk
circle2@example.gov.uk  circle1@example.gov.uk
`

const aliasTable = `
team: jane@example.gov.uk, pat@firm.example
both: team, lee
root: \root, admin@firm.example
program: "|/bin/true --flag, with a comma"
file: /dev/null
included: :include:@DIR@/members
missing: :include:@DIR@/nowhere
selfy: selfy, other@firm.example
loopa: loopb
loopb: loopa, looped@firm.example
forwarded: ext@example.gov.uk
listed: joe+x@firm.example (a comment), "odd name"@firm.example
`

const canonicalTable = `
maiden@example.gov.uk   married@example.gov.uk
married@example.gov.uk  jane@firm.example
`

var tables = e2etest.PostfixOptions{
	Plain: true,
	Tables: map[string]string{
		"virtual": virtualTable, "aliases": aliasTable, "canonical": canonicalTable,
	},
	Main: map[string]string{
		"virtual_alias_maps":       "hash:@DIR@/virtual, regexp:@DIR@/patterns",
		"canonical_maps":           "hash:@DIR@/canonical",
		"relay_domains":            "example.gov.uk, old.example.gov.uk",
		"virtual_alias_domains":    "",
		"recipient_canonical_maps": "inline:{ before" + in + "=maiden" + in + " }",
	},
}

// resolveCases say where each address ends; "" for nowhere that a mail server
// would see (a program, a file).
var resolveCases = []struct {
	rcpt  string
	want  []string
	posts []string // what the sinks see, where that differs from want
}{
	{rcpt: "nobody" + in, want: []string{"nobody" + in}},
	{rcpt: "list" + in, want: []string{"jane" + in, "bob@firm.example"}},
	{rcpt: "LIST@Example.GOV.uk", want: []string{"jane" + in, "bob@firm.example"}},
	{rcpt: "nested" + in, want: []string{"jane" + in, "bob@firm.example", "carol@else.example"}},
	{rcpt: "twice" + in, want: []string{"jane" + in, "bob@firm.example", "carol@else.example"}},
	{rcpt: "self" + in, want: []string{"self" + in, "copy@firm.example"}},
	{rcpt: "viaself" + in, want: []string{"self" + in, "copy@firm.example"}},
	{rcpt: "list@old.example.gov.uk", want: []string{"jane" + in, "bob@firm.example"}},
	{rcpt: "list+x@old.example.gov.uk", want: []string{"jane+x" + in, "bob+x@firm.example"}},
	{rcpt: "lee" + loc, want: []string{"lee.away@firm.example"}},
	{rcpt: "lee+x" + loc, want: []string{"lee.away+x@firm.example"}},
	{rcpt: "lee" + in, want: []string{"lee" + in}},
	{rcpt: "ext+tag" + in, want: []string{"target+tag@firm.example"}},
	{rcpt: "exact+tag" + in, want: []string{"exact@firm.example"}},
	{rcpt: "angle" + in, want: []string{"angled@firm.example"}},
	{rcpt: `"two words"` + in, want: []string{"quoted@firm.example"}},
	{rcpt: "bare" + in, want: []string{"somebody" + loc}},
	{rcpt: "before" + in, want: []string{"jane@firm.example"}},
	{rcpt: "pattern7" + in, want: []string{"p7@firm.example"}},
	{rcpt: "pattern8+x" + in, want: []string{"pattern8+x" + in}},
	{rcpt: "tolocal" + in, want: []string{"jane" + in, "pat@firm.example"}},
	{rcpt: "team" + loc, want: []string{"jane" + in, "pat@firm.example"}},
	{rcpt: "Team+x" + loc, want: []string{"jane" + in, "pat@firm.example"}},
	{rcpt: "both" + loc, want: []string{"jane" + in, "pat@firm.example", "lee" + loc}},
	{rcpt: "root" + loc, want: []string{"root" + loc, "admin@firm.example"}},
	{rcpt: "program" + loc, want: []string{"program" + loc}, posts: []string{}},
	{rcpt: "file" + loc, want: []string{"file" + loc}, posts: []string{}},
	{rcpt: "included" + loc, want: []string{"inc1@firm.example", "inc2" + in}},
	{rcpt: "selfy" + loc, want: []string{"selfy" + loc, "other@firm.example"}},
	{rcpt: "forwarded" + loc, want: []string{"target@firm.example"}},
	{rcpt: "listed" + loc, want: []string{"joe+x@firm.example", `"odd name"@firm.example`}, posts: []string{"joe+x@firm.example", "odd name@firm.example"}},
	{rcpt: "spaces" + in, want: []string{"one@firm.example", "two@firm.example"}},
	{rcpt: "unlisted" + loc, want: []string{"unlisted" + loc}},
}

func site(t *testing.T, o e2etest.PostfixOptions) *e2etest.Postfix {
	t.Helper()
	p := e2etest.NewPostfix(t, o)
	write(t, p, "patterns", "/^pattern([0-9]+)@example\\.gov\\.uk$/ p$1@firm.example\n/^@/ wrong@firm.example\n/^[^@]*$/ wrong@firm.example\n")
	write(t, p, "members", "# people\ninc1@firm.example\n\ninc2@example.gov.uk\n")
	return p
}

func write(t *testing.T, p *e2etest.Postfix, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.ConfigDir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, p *e2etest.Postfix, o postfix.Options) *postfix.Destinations {
	t.Helper()
	o.ConfigDir = p.ConfigDir
	d, err := postfix.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func words(list []addr.Address) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, strings.ToLower(a.String()))
	}
	slices.Sort(out)
	return out
}

func sorted(list []string) []string {
	out := append([]string{}, list...)
	slices.Sort(out)
	return out
}

func TestResolve(t *testing.T) {
	d := ask(t, site(t, tables), postfix.Options{})
	for _, c := range resolveCases {
		got, err := d.Resolve(context.Background(), addr.MustParse(c.rcpt))
		if err != nil {
			t.Errorf("%s: %v", c.rcpt, err)
			continue
		}
		if got, want := words(got), sorted(c.want); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", c.rcpt, got, want)
		}
	}
}

// The same cases sent through a running Postfix: what Resolve says is what
// happens.
func TestResolveIsWhatPostfixDoes(t *testing.T) {
	p := site(t, tables)
	e2etest.NeedRoot(t)
	p.Start()
	for i, c := range resolveCases {
		raw := fmt.Sprintf("Subject: case %d.\r\nFrom: x@example.gov.uk\r\n\r\nx\r\n", i)
		e2etest.MustSend(t, p.Submission, "x@example.gov.uk", []string{c.rcpt}, []byte(raw), e2etest.SendOptions{})
	}
	p.WaitIdle()
	subject := regexp.MustCompile(`Subject: case (\d+)\.`)
	got := map[string][]string{}
	for _, d := range append(p.Outside.All(), p.Inside.All()...) {
		if m := subject.FindSubmatch(d.Raw); m != nil {
			got[string(m[1])] = append(got[string(m[1])], d.To()...)
		}
	}
	for i, c := range resolveCases {
		want := c.want
		if c.posts != nil {
			want = c.posts
		}
		if got, want := sorted(got[fmt.Sprint(i)]), sorted(want); !slices.Equal(got, want) {
			t.Errorf("%s: Postfix delivered to %v, want %v", c.rcpt, got, want)
		}
	}
	if t.Failed() {
		t.Log(p.Log())
	}
}

func TestResolveUnknowable(t *testing.T) {
	d := ask(t, site(t, tables), postfix.Options{})
	for _, rcpt := range []string{"circle1" + in, "missing" + loc} {
		got, err := d.Resolve(context.Background(), addr.MustParse(rcpt))
		if !errors.Is(err, postfix.ErrUnknowable) {
			t.Errorf("%s: got %v, %v; want ErrUnknowable", rcpt, words(got), err)
		}
	}
}

// A map that cannot be opened must never look like "not found".
func TestDeadMapIsUnavailable(t *testing.T) {
	for _, maps := range []string{"hash:/nowhere/virtual", "tcp:127.0.0.1:1", "nosuchkind:/x", "regexp:/nowhere"} {
		p := site(t, e2etest.PostfixOptions{Plain: true, Main: map[string]string{"virtual_alias_maps": maps}})
		got, err := ask(t, p, postfix.Options{Timeout: 3 * time.Second}).Resolve(context.Background(), addr.MustParse("a"+in))
		if !errors.Is(err, postfix.ErrUnavailable) {
			t.Errorf("%s: got %v, %v; want ErrUnavailable", maps, got, err)
		}
	}
}

func TestNewNeedsPostfix(t *testing.T) {
	for name, o := range map[string]postfix.Options{
		"no configuration": {ConfigDir: t.TempDir()},
		"no programs":      {ConfigDir: "/etc/postfix", CommandDir: t.TempDir()},
	} {
		if _, err := postfix.New(o); !errors.Is(err, postfix.ErrUnavailable) {
			t.Errorf("%s: got %v, want ErrUnavailable", name, err)
		}
	}
}

func TestCopies(t *testing.T) {
	p := site(t, e2etest.PostfixOptions{Plain: true,
		Tables: map[string]string{
			"virtual": "archive@example.gov.uk vault@firm.example\n",
			"sbcc":    "boss@example.gov.uk watcher@firm.example\n",
			"rbcc":    "@firm.example records@example.gov.uk\njane@else.example jane-copy@firm.example\n",
		},
		Main: map[string]string{"always_bcc": "archive@example.gov.uk", "sender_bcc_maps": "hash:@DIR@/sbcc", "recipient_bcc_maps": "hash:@DIR@/rbcc"}})
	d := ask(t, p, postfix.Options{})
	for _, c := range []struct {
		sender string
		rcpts  []string
		want   []string
	}{
		{"x" + in, []string{"y" + in}, []string{"vault@firm.example"}},
		{"", []string{"y" + in}, []string{"vault@firm.example"}},
		{"boss" + in, []string{"y" + in}, []string{"vault@firm.example", "watcher@firm.example"}},
		{"boss+tag" + in, []string{"a@firm.example", "b@firm.example"}, []string{"vault@firm.example", "watcher@firm.example", "records" + in}},
		{"x" + in, []string{"jane@else.example"}, []string{"vault@firm.example", "jane-copy@firm.example"}},
	} {
		var sender addr.Address
		if c.sender != "" {
			sender = addr.MustParse(c.sender)
		}
		var rcpts []addr.Address
		for _, r := range c.rcpts {
			rcpts = append(rcpts, addr.MustParse(r))
		}
		got, err := d.Copies(context.Background(), sender, rcpts)
		if err != nil {
			t.Errorf("%s to %v: %v", c.sender, c.rcpts, err)
		}
		if got, want := words(got), sorted(c.want); !slices.Equal(got, want) {
			t.Errorf("%s to %v: got %v, want %v", c.sender, c.rcpts, got, want)
		}
	}
}

// Answers are believed for CacheFor and no longer; a changed main.cf counts at once.
func TestCache(t *testing.T) {
	p := site(t, e2etest.PostfixOptions{Plain: true, Main: map[string]string{"virtual_alias_maps": "texthash:@DIR@/text"}})
	write(t, p, "text", "a@example.gov.uk one@firm.example\n")
	now := time.Unix(1_800_000_000, 0)
	d := ask(t, p, postfix.Options{Now: func() time.Time { return now }, CacheFor: time.Minute})
	check := func(when, want string) {
		t.Helper()
		got, err := d.Resolve(context.Background(), addr.MustParse("a"+in))
		if err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: got %v, %v, want %s", when, got, err, want)
		}
	}
	check("first", "one@firm.example")
	write(t, p, "text", "a@example.gov.uk two@firm.example\n")
	check("within the minute", "one@firm.example")
	now = now.Add(time.Minute)
	check("after the minute", "two@firm.example")
	p.Set("virtual_alias_maps=")
	check("main.cf changed", "a"+in)
}

// What stands in an address never becomes an option or a second question.
func TestHostileAddresses(t *testing.T) {
	d := ask(t, site(t, tables), postfix.Options{})
	for _, rcpt := range []string{"-q" + in, "-" + in, `"a -q list@example.gov.uk"` + in, "$(id)" + in, "`id`" + in, "a;b|c" + in[1:]} {
		a, err := addr.Parse(rcpt)
		if err != nil {
			continue // refused where it enters
		}
		got, err := d.Resolve(context.Background(), a)
		if err != nil || len(got) != 1 || !got[0].Equal(a) {
			t.Errorf("%s: got %v, %v, want itself", rcpt, got, err)
		}
	}
}
