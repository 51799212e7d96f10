package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A visitor does what a browser without script does; the walk's word is worth
// no more than that.
func TestVisitorKeepsCookiesAndSendsFormsAsTheyStand(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "b", Value: "browser", HttpOnly: true})
		fmt.Fprint(w, `<title>First</title><form action="/other"><input name="else"></form>
<form method=post action="send?x=1" enctype="multipart/form-data"><input type=hidden name=csrf value="a&amp;b"><textarea name=text></textarea>
<select name=question><option value="">Choose</option><option>Your first pet</option></select><input type=file name=file></form>`)
	})
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("b")
		if err != nil {
			http.Error(w, "no cookie", http.StatusForbidden)
			return
		}
		f, h, err := r.FormFile("file")
		if err != nil {
			http.Error(w, "no file", http.StatusBadRequest)
			return
		}
		body, _ := io.ReadAll(f)
		http.Redirect(w, r, fmt.Sprintf("/done/%s-%s-%s-%s-%s", cookie.Value, r.FormValue("csrf"), r.FormValue("text"), h.Filename, body), http.StatusSeeOther)
	})
	mux.HandleFunc("GET /done/{what}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<p>%s<a href="../next">on</a>`, strings.ReplaceAll(r.PathValue("what"), "&", "&amp;"))
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	ctx := context.Background()
	v, err := newVisitor()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.open(ctx, s.URL+"/"); err != nil {
		t.Fatal(err)
	}
	if got, err := v.option("question"); err != nil || got != "Your first pet" {
		t.Errorf("option: got %q, %v", got, err)
	}
	if err := v.submit(ctx, map[string]string{"nowhere": ""}); err == nil || !strings.Contains(err.Error(), `"First"`) {
		t.Errorf("a form that is not there: got %v", err)
	}
	if err := v.submit(ctx, map[string]string{"text": "hello"}, File{Name: "a.txt", Body: []byte("body")}); err != nil {
		t.Fatal(err)
	}
	if got, want := v.text(), "browser-a&b-hello-a.txt-bodyon"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if link, err := v.link("next"); err != nil || link != "../next" {
		t.Errorf("link: got %q, %v", link, err)
	}
	if err := v.open(ctx, "../next"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a page that is not there: got %v, want the status", err)
	}
}
