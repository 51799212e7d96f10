package demo

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/d--j/go-milter"
)

// milterTimeout bounds one answer of the milter. Postfix waits five minutes; a
// demonstration that takes longer than this is broken.
const milterTimeout = 30 * time.Second

// submission is one message as the front took it from a client.
type submission struct {
	queueID  string
	client   net.Addr
	helo     string
	from     string
	fromArgs string
	to       []recipient
	raw      []byte
}

// recipient is one RCPT command.
type recipient struct{ address, args string }

// verdict is what the milter wants done with a submission.
type verdict struct {
	discard bool
	reply   *milter.Action // a 4xx or 5xx; nil: accepted
	to      []string       // who is left after recipients were deleted and added
}

// judge plays Postfix towards a milter for one message. Any error, and any
// change of the message that the front cannot make, means that nothing may be
// delivered: milter_default_action is tempfail.
func judge(c *milter.Client, m submission) (verdict, error) {
	macros := milter.NewMacroBag()
	session, err := c.Session(macros)
	if err != nil {
		return verdict{}, err
	}
	defer session.Close()
	v := verdict{}
	for _, address := range m.to {
		v.to = append(v.to, address.address)
	}
	fields, _, body := split(m.raw)
	act, err := converse(session, macros, m, fields)
	if err != nil {
		return verdict{}, err
	}
	if v.take(act) || act.Type == milter.ActionAccept {
		return v, nil
	}
	if len(body) == 0 { // the library ends a message only behind a body chunk
		if _, err := session.BodyChunk(nil); err != nil {
			return verdict{}, err
		}
	}
	changes, act, err := session.BodyReadFrom(bytes.NewReader(body))
	if err != nil {
		return verdict{}, err
	}
	if v.take(act) {
		return v, nil
	}
	for _, change := range changes {
		if err := v.apply(change); err != nil {
			return verdict{}, err
		}
	}
	return v, nil
}

// take notes an answer and tells whether it ends the message here: refused or
// discarded.
func (v *verdict) take(act *milter.Action) (ends bool) {
	if act.StopProcessing() {
		v.reply = act
	}
	v.discard = act.Type == milter.ActionDiscard
	return v.reply != nil || v.discard
}

// apply does one change. Deleting a recipient compares as Postfix does: the
// address as it was given, in any case.
func (v *verdict) apply(change milter.ModifyAction) error {
	address := strings.TrimSuffix(strings.TrimPrefix(change.Rcpt, "<"), ">")
	switch change.Type {
	case milter.ActionDelRcpt:
		v.to = slices.DeleteFunc(v.to, func(to string) bool { return strings.EqualFold(to, address) })
	case milter.ActionAddRcpt:
		v.to = append(v.to, address)
	default:
		return fmt.Errorf("the milter asks for a change (%d) that the demo's front cannot make", change.Type)
	}
	return nil
}

// converse says all up to the end of the header. An answer other than
// "continue" ends it; a refused recipient refuses the message, since the front
// hands everything over at once.
func converse(s *milter.ClientSession, macros *milter.MacroBag, m submission, fields []field) (*milter.Action, error) {
	host, portText, err := net.SplitHostPort(m.client.String())
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	for name, value := range map[milter.MacroName]string{
		milter.MacroMTAFQDN: "demo.postseal.example", milter.MacroMTAVersion: "postseal demo", milter.MacroDaemonName: "submission",
		milter.MacroQueueId: m.queueID, milter.MacroMailAddr: m.from, milter.MacroClientAddr: host, milter.MacroClientPort: portText, milter.MacroClientName: "localhost",
	} {
		macros.Set(name, value)
	}
	family := milter.FamilyInet
	if strings.Contains(host, ":") {
		family = milter.FamilyInet6
	}
	steps := []func() (*milter.Action, error){
		func() (*milter.Action, error) {
			return s.Conn("localhost", milter.ProtoFamily(family), uint16(port), host)
		},
		func() (*milter.Action, error) { return s.Helo(m.helo) },
		func() (*milter.Action, error) { return s.Mail(m.from, m.fromArgs) },
	}
	for _, to := range m.to {
		steps = append(steps, func() (*milter.Action, error) {
			macros.Set(milter.MacroRcptAddr, to.address)
			return s.Rcpt(to.address, to.args)
		})
	}
	steps = append(steps, s.DataStart)
	for _, f := range fields {
		steps = append(steps, func() (*milter.Action, error) { return s.HeaderField(f.name, fieldValue(s, f.value), nil) })
	}
	steps = append(steps, s.HeaderEnd)
	for _, step := range steps {
		act, err := step()
		if err != nil || act.Type != milter.ActionContinue {
			return act, err
		}
	}
	return &milter.Action{Type: milter.ActionContinue}, nil
}

// fieldValue gives a value as Postfix sends it: folds as LF, and the one space
// behind the colon only to a filter that asked for it (SMFIP_HDR_LEADSPC).
func fieldValue(s *milter.ClientSession, value string) string {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	if !s.ProtocolOption(milter.OptHeaderLeadingSpace) {
		value = strings.TrimPrefix(value, " ")
	}
	return value
}
