package portal

import (
	"errors"

	"github.com/postseal/postseal/store"
)

// sessionLine is one session as its owner sees it.
type sessionLine struct {
	ID, Kind, Since, Used string
	Current               bool
}

// sessions lists where somebody is signed in.
func sessions(v *visit) error {
	p, err := v.person()
	if err != nil {
		return err
	}
	if p.Address().IsZero() {
		return errSignIn
	}
	list, err := v.s.Store.Sessions(v.ctx(), p, v.now)
	if err != nil {
		return err
	}
	var lines []sessionLine
	for _, d := range list {
		kind := d.Kind
		if kind == "" {
			kind = v.t("own.session-unknown")
		}
		lines = append(lines, sessionLine{d.ID, kind, v.when(d.Since), v.when(d.Used), d.Current})
	}
	return v.show("own-sessions", v.t("own.sessions-title"), map[string]any{"Lines": lines})
}

// submitSessions ends one of them, or all but this one.
func submitSessions(v *visit) error {
	p, ok, err := v.sure("sessions")
	if !ok {
		return err
	}
	if v.field("do") == "all" {
		p, err = v.s.Store.EndSessions(v.ctx(), p, v.now)
		if err != nil {
			return err
		}
		return v.enter(p, "/account/sessions")
	}
	if err := v.s.Store.EndDevice(v.ctx(), p, v.field("session")); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	v.see("/account/sessions")
	return nil
}
