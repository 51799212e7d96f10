package milter_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/postfix"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/store"
)

// Every reply says what happened and what to do next, fits one line, and its
// codes agree.
func TestRepliesArePlain(t *testing.T) {
	for _, r := range milter.Replies() {
		line := r.Line()
		if !strings.HasPrefix(line, fmt.Sprintf("%d.", r.Code/100)) {
			t.Errorf("%d %s: classes differ", r.Code, line)
		}
		if len(line) > 450 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("not one short line: %q", line)
		}
		for _, word := range []string{"envelope", "token", "portal", "invalid", "Redis"} {
			if strings.Contains(line, word) {
				t.Errorf("%q has the word %q", line, word)
			}
		}
		if !strings.Contains(line, "lease") && !strings.Contains(line, "administrators") {
			t.Errorf("%q names no next step", line)
		}
	}
}

func TestReplyTo(t *testing.T) {
	postfixSaid := func(code int, enhanced, text string) error {
		return fmt.Errorf("%w: %w", relay.ErrPermanent, &relay.Reply{Code: code, Enhanced: enhanced, Text: text})
	}
	for _, c := range []struct {
		err   error
		code  int
		has   string
		cause string
	}{
		{fmt.Errorf("x: %w", store.ErrUnavailable), 451, "4.7.1", "redis"},
		{store.ErrVolatile, 451, "4.7.1", "volatile"},
		{store.ErrConflict, 451, "in hand", "conflict"},
		{fmt.Errorf("x: %w", relay.ErrUnknown), 451, "cut", "relay"},
		{relay.ErrTemporary, 451, "4.4.1", "relay"},
		{postfixSaid(554, "5.7.1", "Relay access denied"), 451, "administrators", "relay"},
		{postfixSaid(552, "5.3.4", "Message size exceeds fixed limit"), 552, "Message size exceeds", "relay"},
		{postfixSaid(550, "5.1.3", "Bad\r\nrecipient"), 550, "5.1.3", "relay"},
		{relay.ErrClear, 451, "4.3.5", "relay"},
		{postfix.ErrUnavailable, 451, "4.3.0", "destinations"},
		{postfix.ErrUnknowable, 451, "members", "destinations"},
		{context.DeadlineExceeded, 451, "too long", "deadline"},
		{milter.ErrPanic, 451, "defect", "panic"},
		{milter.ErrBusy, 451, "4.3.2", "busy"},
		{errors.New("anything"), 451, "4.3.0", "other"},
	} {
		r := milter.ReplyTo(c.err)
		if r.Code != c.code || !strings.Contains(r.Line(), c.has) {
			t.Errorf("%v: got %d %s, want %d with %q", c.err, r.Code, r.Line(), c.code, c.has)
		}
		if strings.ContainsAny(r.Line(), "\r\n") {
			t.Errorf("%v: line end in the reply", c.err)
		}
		if got := milter.CauseOf(c.err); got != c.cause {
			t.Errorf("%v: cause %q, want %q", c.err, got, c.cause)
		}
	}
}
