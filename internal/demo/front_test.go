package demo_test

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/d--j/go-milter"
	"github.com/emersion/go-smtp"

	"github.com/postseal/postseal/internal/demo"
	"github.com/postseal/postseal/internal/testport"
)

// stub is a milter that writes down what it is told and answers as it was told to.
type stub struct {
	milter.NoOpMilter
	heard  *heard
	answer func(milter.Modifier) (*milter.Response, error)
}

type heard struct {
	from, queueID, client string
	to, fields            []string
	body                  strings.Builder
}

func (s *stub) Connect(_, _ string, _ uint16, addr string, _ milter.Modifier) (*milter.Response, error) {
	s.heard.client = addr
	return milter.RespContinue, nil
}

func (s *stub) MailFrom(from, _ string, _ milter.Modifier) (*milter.Response, error) {
	s.heard.from = from
	return milter.RespContinue, nil
}

func (s *stub) RcptTo(to, _ string, _ milter.Modifier) (*milter.Response, error) {
	s.heard.to = append(s.heard.to, to)
	return milter.RespContinue, nil
}

func (s *stub) Header(name, value string, _ milter.Modifier) (*milter.Response, error) {
	s.heard.fields = append(s.heard.fields, name+":"+value)
	return milter.RespContinue, nil
}

func (s *stub) BodyChunk(chunk []byte, _ milter.Modifier) (*milter.Response, error) {
	s.heard.body.Write(chunk)
	return milter.RespContinue, nil
}

func (s *stub) EndOfMessage(m milter.Modifier) (*milter.Response, error) {
	s.heard.queueID = m.Get(milter.MacroQueueId)
	return s.answer(m)
}

// world is a front before a stub milter, with a catcher behind it.
type world struct {
	front   string
	catcher *demo.Catcher
	heard   *heard
}

var arrival = time.Date(2016, 8, 21, 12, 21, 0, 0, time.UTC)

func newWorld(t *testing.T, answer func(milter.Modifier) (*milter.Response, error)) world {
	t.Helper()
	w := world{heard: &heard{}, catcher: demo.NewCatcher(func() time.Time { return arrival }, slog.New(slog.DiscardHandler))}
	ml := testport.Listener(t)
	ms := milter.NewServer(milter.WithMilter(func() milter.Milter { return &stub{heard: w.heard, answer: answer} }),
		milter.WithAction(milter.OptAddRcpt|milter.OptRemoveRcpt|milter.OptAddHeader),
		milter.WithProtocol(milter.OptNoReplies|milter.OptHeaderLeadingSpace))
	go func() { _ = ms.Serve(ml) }()
	t.Cleanup(func() { _ = ms.Close() })
	w.front = serveFront(t, ml.Addr().String(), w.catcher)
	return w
}

func serveFront(t *testing.T, milterAddress string, c *demo.Catcher) string {
	t.Helper()
	f := demo.NewFront(milterAddress, func(from string, to []string, raw []byte) (*demo.Mail, error) {
		return c.Deliver(demo.Clear, from, to, raw)
	}, slog.New(slog.DiscardHandler))
	l := testport.Listener(t)
	go func() { _ = f.Serve(l) }()
	t.Cleanup(func() { _ = f.Close() })
	return l.Addr().String()
}

func accept(milter.Modifier) (*milter.Response, error) { return milter.RespAccept, nil }

// submit sends one mail by SMTP and gives the error of the first refusal.
func submit(t *testing.T, address, from string, to []string, raw string) error {
	t.Helper()
	c, err := smtp.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.SendMail(from, to, strings.NewReader(raw))
}

func TestFrontTellsTheMilterAllAndDeliversUntouched(t *testing.T) {
	for _, c := range []struct {
		name, raw, want string // want: what arrives; empty for raw itself
		fields          []string
		body            string
	}{
		{name: "ordinary", raw: "From: a@x.example\r\nSubject:  two spaces\r\n\ttab fold\r\nX:none\r\n\r\nHello\r\n.dot\r\n",
			fields: []string{"From: a@x.example", "Subject:  two spaces\n\ttab fold", "X:none"}, body: "Hello\r\n.dot\r\n"},
		{name: "no body", raw: "From: a@x.example\r\n\r\n", fields: []string{"From: a@x.example"}},
		{name: "several chunks", raw: "From: a@x.example\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 10000),
			fields: []string{"From: a@x.example"}, body: strings.Repeat("0123456789abcdef\r\n", 10000)},
		{name: "Bcc is taken out", raw: "From: a@x.example\r\nBcc: b@y.example,\r\n c@y.example\r\nTo: d@y.example\r\n\r\nx\r\n",
			want: "From: a@x.example\r\nTo: d@y.example\r\n\r\nx\r\n", fields: []string{"From: a@x.example", "To: d@y.example"}, body: "x\r\n"},
		{name: "header ends without empty line", raw: "From: a@x.example\r\nno field here\r\n", want: "From: a@x.example\r\n\r\nno field here\r\n",
			fields: []string{"From: a@x.example"}, body: "no field here\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, accept)
			if err := submit(t, w.front, "a@x.example", []string{"b@y.example", "c@y.example"}, c.raw); err != nil {
				t.Fatal(err)
			}
			if got := w.heard.fields; !slices.Equal(got, c.fields) {
				t.Errorf("fields: got %q, want %q", got, c.fields)
			}
			if got := w.heard.body.String(); got != c.body {
				t.Errorf("body: got %d octets, want %d", len(got), len(c.body))
			}
			if w.heard.from != "a@x.example" || !slices.Equal(w.heard.to, []string{"b@y.example", "c@y.example"}) || w.heard.queueID == "" || w.heard.client != "127.0.0.1" {
				t.Errorf("envelope: got from %q to %q, queue id %q, client %q", w.heard.from, w.heard.to, w.heard.queueID, w.heard.client)
			}
			inbox := w.catcher.Inbox("C@Y.example")
			if len(inbox) != 1 {
				t.Fatalf("got %d mails, want 1", len(inbox))
			}
			want := c.want
			if want == "" {
				want = c.raw
			}
			if got := string(inbox[0].Raw); got != want {
				t.Errorf("arrived: got %q, want %q", got, want)
			}
			if inbox[0].Way != demo.Clear || !inbox[0].At.Equal(arrival) {
				t.Errorf("got way %q at %v", inbox[0].Way, inbox[0].At)
			}
		})
	}
}

func TestFrontDoesWhatTheMilterAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(milter.Modifier) (*milter.Response, error)
		to     []string // who gets the original
		code   int      // of the refusal; 0: accepted
		words  string
	}{
		{"delete one", func(m milter.Modifier) (*milter.Response, error) {
			return milter.RespAccept, m.DeleteRecipient("<b@y.example>")
		}, []string{"c@y.example"}, 0, ""},
		{"delete and add", func(m milter.Modifier) (*milter.Response, error) {
			return milter.RespAccept, errors.Join(m.DeleteRecipient("<b@y.example>"), m.AddRecipient("<d@y.example>", ""))
		}, []string{"c@y.example", "d@y.example"}, 0, ""},
		{"delete all", func(m milter.Modifier) (*milter.Response, error) {
			return milter.RespAccept, errors.Join(m.DeleteRecipient("<b@y.example>"), m.DeleteRecipient("<c@y.example>"))
		}, nil, 0, ""},
		{"discard", func(milter.Modifier) (*milter.Response, error) { return milter.RespDiscard, nil }, nil, 0, ""},
		{"refuse", func(milter.Modifier) (*milter.Response, error) { return milter.RespReject, nil }, nil, 550, "Command rejected"},
		{"later", func(milter.Modifier) (*milter.Response, error) { return milter.RespTempFail, nil }, nil, 451, "try again later"},
		{"refuse in words", func(milter.Modifier) (*milter.Response, error) {
			return milter.RejectWithCodeAndReason(550, "5.7.1 100 % sure:\nb@y.example is not enabled")
		}, nil, 550, "100 % sure:\nb@y.example is not enabled"},
		// A change that the front cannot make must never be left out in silence.
		{"unknown change", func(m milter.Modifier) (*milter.Response, error) {
			return milter.RespAccept, m.AddHeader("X-Sealed", "yes")
		}, nil, 451, "try again later"},
		{"milter fails", func(milter.Modifier) (*milter.Response, error) { return nil, errors.New("broken") }, nil, 451, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.answer)
			err := submit(t, w.front, "a@x.example", []string{"b@y.example", "c@y.example"}, "From: a@x.example\r\n\r\nsecret\r\n")
			var refusal *smtp.SMTPError
			switch {
			case c.code == 0 && err != nil:
				t.Errorf("got %v, want accepted", err)
			case c.code != 0 && (!errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(refusal.Message, c.words)):
				t.Errorf("got %v, want %d with %q", err, c.code, c.words)
			}
			var to []string
			if m, ok := w.catcher.Mail(1); ok {
				to = m.To
			}
			if !slices.Equal(to, c.to) {
				t.Errorf("delivered to %q, want %q", to, c.to)
			}
		})
	}
}

func TestFrontDeliversNothingWithoutMilter(t *testing.T) {
	l := testport.Listener(t)
	address := l.Addr().String()
	_ = l.Close()
	c := demo.NewCatcher(time.Now, slog.New(slog.DiscardHandler))
	err := submit(t, serveFront(t, address, c), "a@x.example", []string{"b@y.example"}, "From: a@x.example\r\n\r\nsecret\r\n")
	var refusal *smtp.SMTPError
	if !errors.As(err, &refusal) || refusal.Code != 451 {
		t.Errorf("got %v, want 451", err)
	}
	if c.Last() != 0 {
		t.Error("something was delivered")
	}
}

func TestFrontRefusesWhatIsTooLarge(t *testing.T) {
	w := newWorld(t, accept)
	c, err := smtp.Dial(w.front)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	err = c.Mail("a@x.example", &smtp.MailOptions{Size: demo.MaxMailBytes + 1})
	var refusal *smtp.SMTPError
	if !errors.As(err, &refusal) || refusal.Code != 552 {
		t.Errorf("got %v, want 552", err)
	}
}
