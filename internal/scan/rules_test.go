package scan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/scan"
	"github.com/postseal/postseal/words"
)

const (
	sender = "example.gov.uk"
	bob    = "bob@firm.example"
)

// noise is text as dense as a container, in lines.
func noise(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		sum := sha256.Sum256([]byte(fmt.Sprint(i)))
		b.Write(sum[:])
	}
	return b.Bytes()[:n]
}

func script(text string) string { return "<p>Dear reader</p><script>" + text + "</script>" }

// dense makes the entropy of a page what an attacker's is.
func dense(text string) string {
	return script(text) + "<pre>" + base64.StdEncoding.EncodeToString(noise(6000)) + "</pre>"
}

// samples make one rule fire each; some make others fire too.
var samples = map[string]string{
	"decodes base64 by atob and opens or writes it":   dense(`var a = atob("eA==");`),
	"atob at all, in a page of at most 60,000 octets": dense(`go(atob("eA=="))`),
	"eval of atob":                             script(`eval(atob("eA=="))`),
	"click listener with atob":                 script(`b.addEventListener(click, () => atob(x))`),
	"file in base64 with a decoder":            script(`var f = "UEsDBBQAAAAIAA"; go(atob(f))`),
	"link that is itself a file":               `<a href="data:application/octet-stream;base64,TVqQAAMA" download="a.exe">Open</a>`,
	"script in a data: address":                `<script src="data:text/javascript;base64,eA=="></script>`,
	"Blob, object URL, atob and a click":       script(`var f="TVqQAAMAAAAE", b=new Uint8Array(9); new Blob([atob(f)]); a = document.createElement("a"); a.href = URL.createObjectURL(b); a.download = "x"; a.click()`),
	"saves a Blob the old way":                 script(`navigator.msSaveBlob(new Blob([b]))`),
	"Blob, object URL and download":            script(`a.href = URL.createObjectURL(new Blob([b])); a.download = "x"`),
	"clicks by itself":                         script(`link.click()`),
	"large base64 in a script":                 script(`var x = "` + strings.Repeat("QUJD", 200) + `"`),
	"deciphers in the page":                    script(`crypto.subtle.importKey("raw", k)`),
	"deciphers and knows the recipient":        "<p>" + bob + "</p>" + script(`decrypt(x)`),
	"eval or Function":                         script(`new Function("x")()`),
	"unescape":                                 script(`unescape("%3c")`),
	"document.write":                           script(`document.write(x)`),
	"names of an obfuscator":                   script(`var _0x1f2a = 1`),
	"text in decimal numbers":                  script(strings.Repeat("104,", 70)),
	"text in \\x numbers":                      script(`"` + strings.Repeat(`\x41`, 120) + `"`),
	"octets in an array":                       script("[" + strings.Repeat("0xa0,", 120) + "].map(f)"),
	"RC4":                                      script(`k=s[(s[i]+s[j])%256]`),
	"ROT13":                                    script(`go("uggcf://rivy")`),
	"turns characters into codes and moves on": script(`try { location = String.fromCharCode(s.charCodeAt(s.indexOf(1))) } catch (e) {}`),
	"codes and many \\x0":                      dense(`f(fromCharCode, parseInt, charCodeAt, "` + strings.Repeat(`\x0a`, 60) + `")`),
	"concatenation in a small page":            script(`window.location.href = "` + bob + `"` + strings.Repeat(`+"a"`, 30)),
	"nothing but script":                       "<script>go()</script>",
	"constants and long timers":                script(strings.Repeat("const a = 1;", 8) + "setTimeout(go, 3000)"),
	"old web requests":                         script(`x = new XMLHttpRequest(); x.open("GET", u); x.onreadystatechange = f`),
	"much empty space":                         "<p>a</p>" + strings.Repeat("\n", 300),
	"hidden body":                              `<body style="display:none">`,
	"body onload":                              `<body onload="go()">`,
	"event handler in a tag":                   `<img onerror="go()">`,
	"script from elsewhere":                    `<script src="https://evil.example/x.js"></script>`,
	"small page that names the recipient":      "<p>Dear " + bob + "</p>",
	"password field":                           `<input type="password">`,
	"words of a login page":                    "Your password\nwas incorrect.\nPassword\n<script>go()</script>",
	"words of a login page in a script":        script(`f("Password"); f("Wrong password"); f("Login"); f("Incorrect")`),
	"password field and a well-known brand":    `<p>Office 365</p><input type=password>`,
	"sign-in title of a well-known brand":      `<title>Sign in to your account</title>`,
	"address filled in beforehand":             `<input name="u" value="` + bob + `">`,
	"form to a host that is not the sender's":  `<form action="https://collect.example/x">`,
	"form by http":                             `<form action="http://secure.example.gov.uk/x">`,
	"meta refresh":                             `<meta http-equiv="Refresh" content="0;url=x">`,
	"frame in the page":                        `<iframe src="x" width="0"></iframe>`,
	"moves on by script":                       script(`setTimeout(() => { location.href = u }, 10)`),
	"data: address other than a picture":       `<a href="data:text/html,x">Open</a>`,
	"javascript: address":                      `<a href="javascript:go()">Open</a>`,
}

// Each rule fires on its sample, and none on an ordinary attached page: a rule
// that never fires would prove nothing about ours.
func TestRulesFire(t *testing.T) {
	for _, r := range scan.Rules {
		sample, ok := samples[r.Name]
		if !ok {
			t.Errorf("%q has no sample", r.Name)
			continue
		}
		if p := scan.Read([]byte(sample), sender, []string{bob}); !r.Match(p) {
			t.Errorf("%q does not fire on %.200q", r.Name, sample)
		}
		if r.Source == "" {
			t.Errorf("%q names no source", r.Name)
		}
	}
	if got, want := len(samples), len(scan.Rules); got != want {
		t.Errorf("%d samples for %d rules", got, want)
	}
	plain := "<!doctype html><html><head><title>Minutes</title></head><body><h1>Minutes</h1>\n<p>All were present.</p>\n<p><a href=\"https://www.example.gov.uk/\">Our pages</a></p></body></html>"
	if got := scan.Hits(scan.Read([]byte(plain), sender, []string{bob})); len(got) != 0 {
		t.Errorf("an ordinary page trips %q", got)
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range scan.Rules {
		if seen[r.Name] {
			t.Errorf("two rules named %q", r.Name)
		}
		seen[r.Name] = true
	}
	if missing := slices.DeleteFunc(slices.Sorted(maps.Keys(samples)), func(s string) bool { return seen[s] }); len(missing) > 0 {
		t.Errorf("samples without a rule: %q", missing)
	}
}

// Complaint C2: the passive page trips no rule at all, whatever its size and
// languages; the classic page trips what a page that signs in, deciphers and
// saves must, and nothing else.
func TestOurPages(t *testing.T) {
	secret, err := envelope.SecretFromBytes(noise(32))
	if err != nil {
		t.Fatal(err)
	}
	id, err := envelope.ParseID("mfrggzdfmztwq2lkmfrggzdfma")
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []envelope.Form{envelope.Classic, envelope.Passive} {
		for _, size := range []int{900, 30_000, 200_000} {
			for _, tags := range [][]string{{"en"}, words.Tags()} {
				var b bytes.Buffer
				err := envelope.WritePage(&b, envelope.Page{
					ID: id, Secret: secret, Form: form, Servers: []string{"https://secure.example.gov.uk"}, Organisation: "Borough of Example",
					From: "Jane Doe <jane.doe@example.gov.uk>", To: []string{"Bob <" + bob + ">"}, Languages: tags, HelpURL: "https://www.example.gov.uk/login", // a word that base64 of a megabyte says by chance
				}, bytes.NewReader(noise(size)))
				if err != nil {
					t.Fatal(err)
				}
				got := scan.Hits(scan.Read(b.Bytes(), sender, []string{bob}))
				var want []string
				if form == envelope.Classic {
					want = scan.ClassicMust
				}
				if extra := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(want, s) }); len(extra) > 0 {
					t.Errorf("%s, %d octets, %v: trips %q", form, size, tags, extra)
				}
				t.Logf("%s, %d octets, %v: %q", form, size, tags, got)
			}
		}
	}
}
