package portal

import (
	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/store"
)

// One message as the service desk sees it.

// serviceMail answers GET /servicedesk/{id}. The look is written down, as
// store.Release writes an opening.
func serviceMail(v *visit, who addr.Address) error {
	all, err := v.serviceAll()
	if err != nil {
		return err
	}
	if all, err = v.serviceLook(all, who, "page of the message"); err != nil {
		return err
	}
	return v.showServiceMail(all, "")
}

// serviceAll gives the mail of the address, all its transactions.
func (v *visit) serviceAll() ([]store.Record, error) {
	id, err := v.message()
	if err != nil {
		return nil, err
	}
	rec, err := v.s.Store.EnvelopeForOperator(v.ctx(), id)
	if err != nil {
		return nil, err
	}
	return v.s.Store.SameMail(v.ctx(), rec)
}

// serviceAct is one entry of what happened, in words.
type serviceAct struct{ When, Who, What string }

func (v *visit) showServiceMail(all []store.Record, reason string, problems ...problem) error {
	data := v.statusData(all, "/servicedesk/"+all[0].ID.String(), reason)
	var acts []serviceAct
	for _, r := range all {
		trail, err := v.s.Store.Trail(v.ctx(), r.ID)
		if err != nil {
			return err
		}
		entries := trail.Entries[max(0, len(trail.Entries)-maxActs):]
		for _, e := range entries {
			acts = append(acts, serviceAct{v.when(e.Time), v.actor(e.Actor), v.act(e)})
		}
	}
	data["Acts"], data["Sender"], data["Subject"] = acts, fromLine(all[0], v.lang()), v.serviceSubject(all[0])
	return v.show("servicemail", v.t("servicedesk.mail-title"), data, problems...)
}

// maxActs is how many entries of a message's trail the page shows: the newest.
const maxActs = 100

// serviceTakeBack answers POST /servicedesk/{id} (CYC-13).
func serviceTakeBack(v *visit, who addr.Address) error {
	all, err := v.serviceAll()
	if err != nil {
		return err
	}
	reason := clean(v.field("reason"))
	from, wrong := v.fromWhom(all, reason)
	if wrong != nil {
		return v.serviceWrong(all, who, reason, *wrong)
	}
	if err := v.recallAll(all, audit.Operator(who.Key()), from, reason); err != nil {
		return err
	}
	v.see("/servicedesk/" + all[0].ID.String() + "?taken=1")
	return nil
}

// serviceExtend answers POST /servicedesk/{id}/extend.
func serviceExtend(v *visit, who addr.Address) error {
	all, err := v.serviceAll()
	if err != nil {
		return err
	}
	wrong, err := v.keepOpen(all, audit.Operator(who.Key()))
	switch {
	case err != nil:
		return err
	case wrong != nil:
		return v.serviceWrong(all, who, "", *wrong)
	}
	v.see("/servicedesk/" + all[0].ID.String())
	return nil
}

// serviceWrong shows the page again with what is to be put right: another look.
func (v *visit) serviceWrong(all []store.Record, who addr.Address, reason string, wrong problem) error {
	all, err := v.serviceLook(all, who, "page of the message")
	if err != nil {
		return err
	}
	return v.showServiceMail(all, reason, wrong)
}
