package milter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
)

// errAnswer says that a mail made by the web pages has no header that can be read.
var errAnswer = errors.New("milter: an answer's header cannot be read")

// SealAnswer sends what somebody wrote on the web pages, in answer to a sealed
// message, to people that mail in clear may not reach: outsiders, TLS partners
// among them, and whoever of ours has her mail led outside. No rule is asked:
// each gets an envelope of the named profile, made as those of staff are. Where
// an alias of ours leads inside and outside, its inside people get the mail as it
// is. The recipients need not stand in the mail's header (a writer's own copy).
//
// A second call with the same mail serves nobody twice (design: "Ledger"). The
// errors are those of the store, the relay (relay.ErrUnknown among them) and of
// Postfix's maps; after one of them some people may have been served.
func (f *Filter) SealAnswer(ctx context.Context, m relay.Mail, author addr.Named, profile string) (err error) {
	f.setUp()
	defer func() {
		if p := recover(); p != nil { // as in Decide: it may not end the process
			f.logPanic("answer", p)
			err = errPanic
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, f.Limits.Deadline)
	defer cancel()
	box := f.newSpool()
	defer box.Close()
	if err := m.Write(box); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	j, err := f.answerJob(m, author, box)
	if err != nil {
		return err
	}
	if err := f.planAnswer(ctx, j, profile); err != nil {
		return err
	}
	if len(j.plan.batches) > 0 {
		if err := f.serve(ctx, j); err != nil {
			return err
		}
	}
	if len(j.plan.rest) > 0 {
		return f.handOver(ctx, j)
	}
	return nil
}

// answerJob makes the job that Decide would have made of it, by sendmail(1): so
// that those of ours behind an alias are served by the inbound port.
func (f *Filter) answerJob(m relay.Mail, author addr.Named, box *spool) (*job, error) {
	fields, length, err := readFields(box, f.Limits.HeaderBytes)
	if err != nil {
		return nil, err
	}
	j := &job{author: author, rules: f.Policy(), now: f.Now(), Mail: &Mail{
		Sender: m.From, Client: policy.Client{Local: true}, Fields: fields,
		Body: io.NewSectionReader(box, length, box.Size()-length), BodySize: box.Size() - length,
	}}
	for _, r := range m.Recipients {
		j.Recipients = append(j.Recipients, Rcpt{Given: r.Address.String(), Address: r.Address})
	}
	j.subject = (&policy.Message{Fields: fields}).Subject()
	return j, nil
}

// planAnswer says who gets it how, without asking the rules: outside is sealed.
func (f *Filter) planAnswer(ctx context.Context, j *job, profile string) error {
	r, err := f.reach(ctx, j.Mail)
	if err != nil {
		return err
	}
	j.verdict = policy.Verdict{Outbound: true, Shown: policy.Sender{Name: j.author.Name, Address: j.author.Address}}
	for _, a := range r.judged {
		d := policy.Decision{Recipient: a, Deliver: a, Inside: j.rules.Inside(a), Action: policy.Seal, Profile: profile}
		if d.Inside {
			if a.Mapped() {
				return errAddress
			}
			d.Action = policy.Pass
		}
		j.verdict.Recipients = append(j.verdict.Recipients, d)
	}
	if err := r.copiesPass(j.verdict); err != nil {
		return err
	}
	if j.plan, err = f.plan(ctx, j, r); err != nil {
		return err
	}
	if len(j.plan.batches) == 0 { // all stay inside after all: none was dropped, and the port expands them
		for _, rcpt := range j.Recipients {
			j.plan.rest = append(j.plan.rest, rcpt.Address)
		}
	}
	return nil
}

// readFields reads the header of a mail with CRLF line ends, and tells where its
// body begins.
func readFields(box *spool, limit int64) ([]policy.Field, int64, error) {
	head := make([]byte, min(limit, box.Size()))
	if _, err := box.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, fmt.Errorf("%w: %w", errSpool, err)
	}
	end := bytes.Index(head, []byte("\r\n\r\n"))
	if end < 0 {
		return nil, 0, errAnswer
	}
	var fields []policy.Field
	for line := range strings.SplitSeq(string(head[:end]), "\r\n") {
		if n := len(fields); n > 0 && line != "" && (line[0] == ' ' || line[0] == '\t') {
			fields[n-1].Value += "\r\n" + line
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			return nil, 0, errAnswer
		}
		fields = append(fields, policy.Field{Name: name, Value: value})
	}
	return fields, int64(end + 4), nil
}
