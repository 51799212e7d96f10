package portal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/store"
)

// accountPages add where people see and change how they sign in, and what the
// page's script asks.
func (s *Server) accountPages(handle func(pattern string, h http.Handler)) {
	handle("GET /account", s.page(func(v *visit) error { return v.account() }))
	handle("POST /account/remove", s.form(removeWay))
	s.ownPages(handle)
	if s.passkeys == nil {
		return
	}
	handle("POST /account/passkey", s.form(addPasskey))
	handle("POST /account/rename", s.form(renamePasskey))
	handle("POST /passkey/begin", s.form(beginPasskey))
	handle("GET "+s.pages.script, http.HandlerFunc(s.script))
	for _, path := range []string{"/account/passkey", "/account/remove", "/account/rename"} { // loaded again by hand
		handle("GET "+path, s.page(func(v *visit) error { v.see("/account"); return nil }))
	}
}

// waysKey is a passkey as the page shows it.
type waysKey struct{ ID, Field, Name, Added, Used string }

// waysProvider is a provider as the page shows it.
type waysProvider struct{ Issuer, Label, Linked string }

// account shows how somebody signs in, and lets her add and take off.
func (v *visit) account(problems ...problem) error {
	p, who, err := v.bearer()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	own, err := v.s.Store.Account(v.ctx(), p.Address())
	if err != nil && !errors.Is(err, store.ErrNoAccount) {
		return err
	}
	password := err == nil
	on, err := v.s.Store.On(v.ctx(), p.Address())
	if err != nil {
		return err
	}
	linked := !on.IsZero() && !on.Equal(p.Address())
	keys, providers := v.listedWays(who.ways)
	next, err := v.next()
	if err != nil {
		return err
	}
	v.scripted(v.s.passkeys != nil)
	return v.show("ways", v.t("ways.title"), map[string]any{"Address": p.Address().String(), "Password": password, "Keys": keys,
		"Providers": providers, "Passkeys": v.s.passkeys != nil && len(keys) < store.MaxPasskeys && !linked, "Fresh": p.Fresh(v.now), "On": linked,
		"Who": strings.TrimSpace(own.FirstName + " " + own.LastName), "Question": own.Question != "", "Also": texts(p.Also()), "Done": v.doneWords(), "Speaks": v.lang().Name(), "Others": len(v.others()) > 0, "Next": next, "Name": v.keyName(len(keys)),
		"Added": v.r.URL.Query().Has("added") && len(keys) > 0}, problems...)
}

// doneWords says what was changed just now; the names are a closed set.
func (v *visit) doneWords() string {
	switch v.r.URL.Query().Get("done") {
	case "name":
		return v.t("own.done-name")
	case "password":
		return v.t("own.done-password")
	case "question":
		return v.t("own.done-question")
	}
	return ""
}

// listedWays are passkeys and providers as the page shows them.
func (v *visit) listedWays(w store.Ways) (keys []waysKey, providers []waysProvider) {
	for _, k := range w.Passkeys {
		line := waysKey{ID: keyID(k.ID), Field: "called-" + keyID(k.ID), Name: k.Name, Added: v.when(k.AddedAt)}
		if !k.UsedAt.IsZero() {
			line.Used = v.when(k.UsedAt)
		}
		keys = append(keys, line)
	}
	for _, id := range w.Providers {
		label := id.Name
		if known := v.s.provider(id.Name); known != nil {
			label = known.Label
		}
		providers = append(providers, waysProvider{id.Issuer, label, v.when(id.LinkedAt)})
	}
	return keys, providers
}

// keyName is what the field for a new passkey's name holds: what was typed, or a
// name that tells it from the others.
func (v *visit) keyName(n int) string {
	if typed := v.r.PostForm.Get("name"); typed != "" {
		return typed
	}
	return v.t("ways.name-default", "n", n+1)
}

// renamePasskey gives a passkey another name.
func renamePasskey(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	id, err := base64.RawURLEncoding.DecodeString(v.field("passkey"))
	name := clean(v.field("called"))
	if err != nil || name == "" || utf8.RuneCountInString(name) > maxKeyName {
		return v.account(problem{"called-" + v.field("passkey"), v.t("ways.name-wrong")})
	}
	if err := v.s.Store.RenamePasskey(v.ctx(), p, id, name, v.now); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	v.see("/account")
	return nil
}

// removeWay takes off a passkey or a provider. All other sessions end with it.
func removeWay(v *visit) error {
	p, ok, err := v.sure("")
	if !ok {
		return err
	}
	if issuer := v.field("provider"); issuer != "" {
		p, err = v.s.Store.RemoveProvider(v.ctx(), p, issuer, v.now)
	} else {
		var id []byte
		if id, err = base64.RawURLEncoding.DecodeString(v.field("passkey")); err == nil {
			p, err = v.s.Store.RemovePasskey(v.ctx(), p, id, v.now)
		} else {
			err = store.ErrNotFound
		}
	}
	if errors.Is(err, store.ErrNotFound) { // taken off already, in another window
		v.see("/account")
		return nil
	}
	if err != nil {
		return err
	}
	return v.enter(p, "/account")
}

// scripted lets the page that follows run our one script and ask /passkey/.
func (v *visit) scripted(yes bool) {
	if !yes {
		return
	}
	v.script = v.s.pages.script
	policy := v.s.pages.policy + "; script-src " + v.s.origin + v.s.pages.script + "; connect-src " + v.s.origin + "/passkey/"
	v.w.Header().Set("Content-Security-Policy", policy)
}

// script serves the passkey script, which never changes under its name.
func (s *Server) script(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "passkey.js", time.Time{}, s.pages.scriptReader())
}

func (p pages) scriptReader() *bytes.Reader { return bytes.NewReader(p.code) }
