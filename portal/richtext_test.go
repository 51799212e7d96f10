package portal_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postseal/postseal/portal"
)

// BCC-9: bold, italic, underline, size, font and lists stay; nothing else does.
func TestReadRich(t *testing.T) {
	for in, want := range map[string]struct{ page, mail, text string }{
		"plain":                                                {"plain", "plain", "plain"},
		"<div>one</div><div><br></div>two":                     {"<div>one</div><div><br></div>two", "<div>one</div><div><br></div>two", "one\n\ntwo"},
		"<STRONG onclick=x()>b</strong>":                       {"<b>b</b>", "<b>b</b>", "b"},
		"<ul><li>a<li><u>b</u></ul>":                           {"<ul><li>a</li><li><u>b</u></li></ul>", "<ul><li>a</li><li><u>b</u></li></ul>", "a\nb"},
		`<font size="5" face="Georgia">x</font>`:               {`<font size="5" face="Georgia">x</font>`, `<span style="font-size:18pt;font-family:Georgia,&#39;Times New Roman&#39;,serif;">x</span>`, "x"},
		`<font size="9" face="url(x)">x</font>`:                {"x", "x", "x"},
		`<span style="position:fixed">x</span>`:                {"x", "x", "x"},
		"<script>alert(1)</script>x<style>y</style>":           {"x", "x", "x"},
		`<a href="javascript:x">here</a><img src=x onerror=y>`: {"here", "here", "here"},
		"&lt;b&gt;":           {"&lt;b&gt;", "&lt;b&gt;", "<b>"},
		"<b> </b><div></div>": {"", "", ""},
		"":                    {"", "", ""},
	} {
		page, mail, text := portal.ReadRich(in)
		if page != want.page || mail != want.mail || text != want.text {
			t.Errorf("%q: got %q, %q, %q, want %q, %q, %q", in, page, mail, text, want.page, want.mail, want.text)
		}
	}
	if page, _, _ := portal.ReadRich(strings.Repeat("<b>", 100_000) + "x"); len(page) > 1<<20 {
		t.Errorf("got %d bytes out of a deep one", len(page))
	}
}

// What comes out holds our elements alone, with our attributes, and reads as itself.
func FuzzReadRich(f *testing.F) {
	for _, seed := range []string{"<b>x</b>", `<font size="5" face="Georgia">x</font>`, "<ul><li>a<table><td>b", "<svg><style><img src=x onerror=y>", "<math><mtext><b>", "<select><b>x", "<!--<b>-->", "<p>\x00</p>"} {
		f.Add(seed)
	}
	may := map[string]bool{"b": true, "i": true, "u": true, "ul": true, "ol": true, "li": true, "div": true, "br": true, "font": true, "html": true, "head": true, "body": true}
	f.Fuzz(func(t *testing.T, in string) {
		page, _, _ := portal.ReadRich(in)
		doc, err := html.Parse(strings.NewReader("<!doctype html><body>" + page))
		if err != nil {
			return // nested too deeply: nothing reads it
		}
		for n := range doc.Descendants() {
			if n.Type == html.ElementNode && !may[n.Data] {
				t.Fatalf("%q lets %s through: %q", in, n.Data, page)
			}
			for _, a := range n.Attr {
				if n.Data != "font" || a.Key != "size" && a.Key != "face" {
					t.Fatalf("%q lets %s=%q through: %q", in, a.Key, a.Val, page)
				}
			}
		}
	})
}
