package portal

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/words"
)

// apiReplyInfo says what an answer would be.
type apiReplyInfo struct {
	To      []string    `json:"to"`
	People  []apiPerson `json:"people"` // whom a copy may go to
	Subject string      `json:"subject"`
	Limit   int64       `json:"limit"`
	Copy    bool        `json:"copy"` // the writer can have one herself
}

// apiPerson is one of them.
type apiPerson struct {
	Address string `json:"address"`
	Text    string `json:"text"`
}

func (s *Server) replyInfo(rec store.Record, reader addr.Address, l *words.Language) *apiReplyInfo {
	info := &apiReplyInfo{To: []string{fromLine(rec, l)}, People: []apiPerson{}, Subject: replySubject(rec, s.Tag), Limit: s.AttachLimit, Copy: s.mayCopy(reader)}
	for _, n := range s.others(rec, reader) {
		info.People = append(info.People, apiPerson{n.Address.String(), named(n)})
	}
	return info
}

// apiReply takes an answer written in the page: fields session, id and once, then
// cc, copy and text, then files. The secret comes from the session's opening, or
// from field t.
func apiReply(v *visit) (any, error) {
	lead := v.leashed()
	parts, err := v.r.MultipartReader()
	if err != nil {
		return nil, errForm
	}
	fields := map[string]string{}
	d := &draft{}
	defer d.Close()
	err = v.s.readDraft(d, parts, func(name, value string) error {
		if len(value) <= maxBrowserName*4 {
			fields[name] = value
		}
		if name == "lang" {
			v.tongue = v.s.language(value)
		}
		if name == "session" {
			_, err := v.s.Store.Session(v.ctx(), value, v.now)
			return err
		}
		return nil
	}, lead.judged(func() error {
		req, err := v.apiReplyRequest(fields)
		if err == nil {
			_, err = v.mayAnswer(req.ID, req.Secret, req.Person)
		}
		if err == nil {
			err = v.hold(req.Person)
		}
		return err
	}), "session", "id")
	if err != nil {
		return nil, err
	}
	req, err := v.apiReplyRequest(fields)
	if err != nil {
		return nil, err
	}
	rec, err := v.mayAnswer(req.ID, req.Secret, req.Person)
	if err != nil {
		return nil, err
	}
	req.Person = req.Person.For(rec)
	if problems := v.judge(d, rec, req.Person.Address()); len(problems) > 0 {
		v.s.Metrics.replies.WithLabelValues("refused").Inc()
		return nil, saying{unfit(d, problems), problems[0].Text + "."}
	}
	if err := v.send(req, d); err != nil {
		return nil, v.toldNow(err, rec, req.Secret, req.Person.Address())
	}
	return map[string]any{"sent": true}, nil
}

// unfit names the cause of the first problem of a draft.
func unfit(d *draft, problems []problem) error {
	switch {
	case problems[0].Field == "cc":
		return errNotAmong
	case d.over || d.long:
		return errTooBig
	}
	return errForm
}

func (v *visit) apiReplyRequest(fields map[string]string) (store.ReleaseRequest, error) {
	req := store.ReleaseRequest{Purpose: forReply, Now: v.now}
	var err error
	if req.ID, err = envelope.ParseID(fields["id"]); err != nil {
		return req, store.ErrNotFound
	}
	if req.Person, err = v.s.Store.Session(v.ctx(), fields["session"], v.now); err != nil {
		return req, err
	}
	if req.Secret, err = envelope.ParseSecret(fields["t"]); err == nil {
		return req, nil
	}
	f, err := v.s.Store.Flow(v.ctx(), sessionBrowser(fields["session"]), v.now)
	if err != nil {
		return req, err
	}
	secret, ok := f.Secrets[req.ID]
	if !ok {
		return req, store.ErrNotFound
	}
	req.Secret = secret
	return req, nil
}
