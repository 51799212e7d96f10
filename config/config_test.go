package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/policy"
)

func TestExampleWorksAsItStands(t *testing.T) {
	c, err := config.Parse("example.yaml", config.Example())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.Profile("official-sensitive").Expires.Std(), 90*24*time.Hour; got != want {
		t.Errorf("expires, filled from default: got %v, want %v", got, want)
	}
	if !c.Inside(addr.MustParse("jane@school.example")) || c.Inside(addr.MustParse("jane@firm.example")) {
		t.Error("inside domains were not taken over")
	}
	if got, want := c.Milter.SocketMode.String(), "0660"; got != want {
		t.Errorf("socket mode: got %s, want %s", got, want)
	}
	if err := c.Validate(); err != nil {
		t.Errorf("a parsed file does not validate again: %v", err)
	}
}

// keys gives the YAML keys of a struct, through maps and lists, as paths.
func keys(t reflect.Type, path string) []string {
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return keys(t.Elem(), path)
	case reflect.Struct:
	default:
		return nil
	}
	var all []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			all = append(all, keys(f.Type, path)...)
		case f.IsExported() && name != "":
			all = append(all, path+name)
			all = append(all, keys(f.Type, path+name+".")...)
		}
	}
	return all
}

func TestExampleHasEveryKeyWithAComment(t *testing.T) {
	lines := strings.Split(string(config.Example()), "\n")
	for _, path := range keys(reflect.TypeFor[config.Config](), "") {
		name := path[strings.LastIndexByte(path, '.')+1:]
		depth := strings.Count(path, ".")
		if parent, _, _ := strings.Cut(path, "."); parent == "rules" && depth > 0 {
			if !strings.Contains(string(config.Example()), fmt.Sprintf("\n# %-8s ", name)) {
				t.Errorf("%s is not explained in the table above the rules", path)
			}
			continue
		}
		key := regexp.MustCompile(`^[ #-]*` + name + `:( |$)`)
		found, commented := false, false
		for i, line := range lines {
			if !key.MatchString(line) {
				continue
			}
			found = true
			above := i - 1
			for above > 0 && strings.TrimSpace(lines[above]) == "" {
				above--
			}
			if text := strings.TrimSpace(lines[above]); strings.HasPrefix(text, "# ") {
				commented = true
			}
		}
		if !found || !commented {
			t.Errorf("%s: in the example %v, with a comment above %v; want both", path, found, commented)
		}
	}
}

func TestExampleShowsEveryConditionThatIsBuilt(t *testing.T) {
	for _, c := range policy.ConditionExamples() {
		if want := "#   " + c[0] + ": " + c[1]; !strings.Contains(string(config.Example()), want) {
			t.Errorf("the example lacks %q", want)
		}
		rule := "organisation: {name: X, domains: [x.example]}\nlists: {partners: [y.example]}\nrules:\n  - {name: r, do: seal, if: {" + c[0] + ": " + c[1] + "}}\n"
		if _, err := config.ParsePolicy("p", []byte(rule)); err != nil {
			t.Errorf("the example of condition %s is not read: %v", c[0], err)
		}
	}
}

// change replaces one text of the example; it fails when the text is not there.
func change(t *testing.T, old, new string) []byte {
	t.Helper()
	s := string(config.Example())
	if !strings.Contains(s, old) {
		t.Fatalf("the example does not hold %q", old)
	}
	return []byte(strings.Replace(s, old, new, 1))
}

func TestErrorsNameFileLineAndReason(t *testing.T) {
	for _, c := range []struct{ old, new, at, want string }{
		{"mode: enforce", "mode: enforced", "mode: enforced", "mode is enforce or observe"},
		{"timezone:", "time_zone:", "time_zone:", `unknown key "time_zone"`},
		{"  name: Borough of Example", "  nmae: Borough of Example", "  nmae:", `unknown key "nmae"`},
		{"  domains: [example.gov.uk, school.example]", "  # none", "organisation:", "domains is missing"},
		{"  domains: [example.gov.uk, school.example]", "  domains: [\"*\"]", "  domains:", "wants a domain"},
		{"    profile: official-sensitive", "    profile: official", "    profile: official", `rule "label": there is no profile "official"`},
		{"    to: {list: tls-partners}", "    to: {list: partners}", "    to: {list: partners}", `there is no list "partners"`},
		{"partnership.example, nhs.example", "gmail.com", "    to: {list: tls-partners}", "gmail.com is a consumer mail service"},
		{"partnership.example, nhs.example", "\"*.co.uk\"", "    to: {list: tls-partners}", "covers consumer mail services"},
		{"{subject_tag: [SECURE, encrypt]}", "{spelling: bad}", "    if: {spelling: bad}", `unknown condition "spelling"`},
		{"{subject_tag: [SECURE, encrypt]}", "{subject_tag: [SECURE], subject_tag: [x]}", "    if: {subject_tag: [SECURE], ", "a second time"},
		{"    do: {refuse: \"Databases", "    do: refuse # \"Databases", "    do: refuse #", "refuse wants words"},
		{"    do: tls", "    do: encrypt", "    do: encrypt", "do is seal, pass, tls or {refuse"},
		{"    to: [trust.nhs.example]", "    to:", "    to:\n", `"to" has no value`},
		{"    to: [trust.nhs.example]", "    to: []", "    to: []", "the list is empty"},
		{"    expires: 90d", "    expires: 90", "    expires: 90\n", "wants a number and a unit"},
		{"    expires: 90d", "    expires: 90d\n    expires: 80d", "    expires: 80d", `"expires" stands here a second time`},
		{"    attach_up_to: 10MB", "    attach_up_to: ten", "    attach_up_to: ten", "10MB"},
		{"    sign_in: [code, password, oidc, passkey]", "    sign_in: [code, fax]", "    sign_in:", "sign_in is code, password, oidc or passkey"},
		{"  listen: 127.0.0.1:9725", "  listen: 9725", "  listen: 9725", "address and port"},
		{"  reply_tag: SECURE", "  reply_tag: PRIVATE", "  reply_tag: PRIVATE", "not among the subject tags"},
		{"  url: https://secure.example.gov.uk", "  url: http://secure.example.gov.uk", "  url: http:", "https"},
		{"[127.0.0.1:6379]", "[\"redis://:hunter2@127.0.0.1\"]", "  addresses:", "password_file"},
		{"  wait_replicas: 0", "  wait_replicas: some", "  wait_replicas: some", "wants a whole number, has a text"},
		{"  master: /etc/postseal/master.key", "  master: 3q2+7w0aGVzZWNyZXQ=", "  master:", "never the secret itself"},
		{"  address: secure@example.gov.uk", "  address: secure@elsewhere.example", "  address: secure@else", "organisation.domains"},
		{"  networks: [192.0.2.25, \"2001:db8:10::/64\"]", "  networks: [0.0.0.0/0]", "  networks: [0", "whole world"},
		{"  networks: [192.0.2.25, \"2001:db8:10::/64\"]", "  networks: [192.0.2.25/24]", "  networks: [1", "192.0.2.0/24"},
		{"      certificate: mail.protection.outlook.com", "", "    - name: our Exchange Online", "only all three are ours"},
		{"  socket_mode: \"0660\"", "  socket_mode: \"0666\"", "  socket_mode: ", "everybody on this machine"},
		{"  listen: unix:/var/spool/postfix/postseal/tls-policy.sock", "  listen: inet:0.0.0.0:6100", "  listen: inet:0", "inet:127.0.0.1:port"},
		{"  listen: unix:/var/spool/postfix/postseal/tls-policy.sock", "  listen: unix:tls.sock", "  listen: unix:tls", "absolute"},
		{"  listen: unix:/var/spool/postfix/postseal/tls-policy.sock", "  listen: unix:/var/spool/postfix/postseal/milter.sock", "  listen: unix:/var/spool/postfix/postseal/milter.sock\n  # Partners", "another place"},
		{"  state: /var/lib", "  state: lib", "  state: lib", "absolute path of a file"},
		{"timezone: Europe/London", "timezone: London", "timezone: London", "Europe/London"},
		{"  format: text", "  format: [text]", "  format: [text]", "wants a text, has a list"},
		{"mode: enforce", "mode: *m", "mode: *m", ""},
		{"mode: enforce", "mode: {", "", "not YAML"},
	} {
		b := change(t, c.old, c.new)
		_, err := config.Parse("postseal.yaml", b)
		if err == nil {
			t.Errorf("%s: no error", c.new)
			continue
		}
		line := 1 + strings.Count(string(b[:strings.Index(string(b), c.at)]), "\n")
		where := fmt.Sprintf("postseal.yaml:%d: ", line)
		ok := false
		for _, got := range strings.Split(err.Error(), "\n") {
			ok = ok || (strings.HasPrefix(got, where) || c.at == "" || c.want == "") && strings.Contains(got, c.want)
		}
		if !ok {
			t.Errorf("%s:\n got %v\nwant %s... %s", c.new, err, where, c.want)
		}
		if !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: the error does not wrap ErrConfig", c.new)
		}
		for _, secret := range []string{"hunter2", "3q2+7w0"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error repeats a secret: %v", c.new, err)
			}
		}
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	b := strings.Replace(string(change(t, "mode: enforce", "mode: on")), "  level: info", "  level: loud", 1)
	_, err := config.Parse("f", []byte(b))
	if err == nil || !strings.Contains(err.Error(), "mode is") || !strings.Contains(err.Error(), "level is") {
		t.Errorf("got %v, want both problems", err)
	}
}

func TestConsumerDomainsAreNeverPartners(t *testing.T) { // SCC-17
	for domain, want := range map[string]bool{
		"gmail.com": true, "hotmail.co.uk": true, "hotmail.com": true, "outlook.com": true, "live.co.uk": true, "yahoo.co.uk": true, "yahoo.com": true,
		"btinternet.com": true, "icloud.com": true, "aol.com": true, "sky.com": true, "virginmedia.com": true, "proton.me": true, "protonmail.com": true,
		"mail.yahoo.com": true, "GMAIL.com": true, "partner.example": false, "live.example.org": false, "aol.council.gov.uk": false, "outlook.example.com": false,
	} {
		_, err := config.Parse("f", change(t, "[partnership.example, nhs.example]", "[\""+domain+"\"]"))
		if (err != nil) != want {
			t.Errorf("%s: got error %v, want one: %v", domain, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postseal.yaml")
	if _, err := config.Load(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: got %v", err)
	}
	if err := os.WriteFile(path, config.Example(), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	// A reload that fails leaves what was loaded as it was.
	before := fmt.Sprintf("%+v", *first)
	if err := os.WriteFile(path, change(t, "mode: enforce", "mode: on"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(path); err == nil {
		t.Error("a wrong file was loaded")
	}
	if got := fmt.Sprintf("%+v", *first); got != before {
		t.Error("a failed reload changed the configuration at work")
	}
	for name, b := range map[string]string{"empty": "", "list": "- a", "two": string(config.Example()) + "\n---\nmode: observe\n", "large": strings.Repeat("#", config.MaxFile+1)} {
		if _, err := config.Parse(name, []byte(b)); !errors.Is(err, config.ErrConfig) {
			t.Errorf("%s: got %v, want ErrConfig", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(config.Example())
	f.Add([]byte("rules: [{if: {header: {name: x, contains: y}}, do: {refuse: z}}]"))
	f.Add([]byte("organisation: {name: x, domains: [x.example]}\nrules:\n- {name: a, to: [{list: b}], do: tls}"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("profiles: {default: {expires: 1d, link: 2d}}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := config.Parse("f", b)
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v, want one of both", c, err)
		}
		if err != nil && !errors.Is(err, config.ErrConfig) {
			t.Fatalf("the error does not wrap ErrConfig: %v", err)
		}
	})
}
