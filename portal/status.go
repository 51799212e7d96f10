package portal

import (
	"unicode/utf8"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/store"
)

// status answers GET /sent/{id}: what became of a message, for who sent it
// (CYC-14, CYC-15). An unknown id and somebody else's message are the same 404.
func status(v *visit) error {
	all, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	return v.showStatusOf(all, "")
}

// statusAsk is what somebody asks the sender for. Page is where it is answered: of
// several transactions of one mail, the one that was asked about.
type statusAsk struct {
	LetIn              bool
	From, As, At, Page string
}

// askSender asks who it is. Nothing is kept by looking: the form carries the page.
func (v *visit) askSender(id envelope.ID) error {
	return v.askAddress("", "/sent/"+id.String())
}

func (v *visit) sender() (envelope.ID, store.Proof, error) {
	id, err := v.message()
	if err != nil {
		return id, store.Proof{}, err
	}
	p, err := v.person()
	if err == nil && p.Address().IsZero() {
		err = errSignIn
	}
	return id, p, err
}

func (v *visit) showStatusOf(all []store.Record, reason string, problems ...problem) error {
	data := v.statusData(all, "/sent/"+all[0].ID.String(), reason)
	var asks []statusAsk
	for _, r := range all {
		for _, a := range r.Asks {
			asks = append(asks, statusAsk{LetIn: a.Kind == store.AskLetIn, From: a.From.String(), As: a.As.String(), At: v.when(a.At), Page: "/sent/" + r.ID.String()})
		}
	}
	data["Asks"], data["Subject"], data["List"] = asks, v.subjectOf(all[0]), true
	return v.show("status", v.t("status.title"), data, problems...)
}

// statusData is what the pages of the sender and of the service desk show of a mail.
func (v *visit) statusData(all []store.Record, path, reason string) map[string]any {
	first := all[0]
	people, open := v.people(all)
	kept := false
	for _, r := range all {
		kept = kept || r.Destroyed.IsZero()
	}
	data := map[string]any{"Closed": !v.now.Before(first.ExpiresAt), "Extend": kept && len(open) > 0, "Days": extensions, "Path": path,
		"When": capital(v.when(first.SealedAt)), "Until": capital(v.when(first.ExpiresAt)), "People": people, "Open": open, "Only": len(open) == 1, "Reason": reason}
	if v.now.Before(first.ReadyAt) && len(open) > 0 {
		data["Ready"] = v.until(first.ReadyAt)
	}
	if v.r.URL.Query().Has("taken") {
		data["Taken"] = v.justTaken(all)
	}
	return data
}

// takeBack answers POST /sent/{id}: one person or all, with a reason.
func takeBack(v *visit) error {
	all, p, err := v.mine()
	if err != nil || p.Address().IsZero() {
		return err
	}
	reason := clean(v.field("reason"))
	who, wrong := v.fromWhom(all, reason)
	if wrong != nil {
		return v.showStatusOf(all, reason, *wrong)
	}
	if err := v.recallAll(all, audit.Sender(p.Address()), who, reason); err != nil {
		return err
	}
	v.see("/sent/" + all[0].ID.String() + "?taken=1")
	return nil
}

// fromWhom reads whom a message is to be taken back from; nil is everybody.
func (v *visit) fromWhom(all []store.Record, reason string) (*addr.Address, *problem) {
	if utf8.RuneCountInString(reason) > maxReason {
		return nil, &problem{"reason", v.t("status.reason-long")}
	}
	if v.field("who") == "all" {
		return nil, nil
	}
	a, err := addr.Parse(v.field("who"))
	if err == nil {
		for _, r := range all {
			if _, ok := r.Recipient(a); ok {
				return &a, nil
			}
		}
	}
	return nil, &problem{"who", v.t("status.who-wrong")}
}
