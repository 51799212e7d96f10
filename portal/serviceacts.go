package portal

import (
	"strings"

	"github.com/postseal/postseal/audit"
)

// actWords are the entries of an audit chain that the service desk reads, in words.
// What is not here is shown by its own name: better than nothing said.
var actWords = map[audit.Action]string{
	audit.Prepared: "servicedesk.prepared", audit.Queued: "servicedesk.queued", audit.Released: "servicedesk.released", audit.Recalled: "servicedesk.recalled",
	audit.Extended: "servicedesk.extended", audit.Destroyed: "servicedesk.destroyed", audit.Reported: "servicedesk.reported", audit.Asked: "servicedesk.asked",
	audit.LetIn: "servicedesk.let-in", audit.Declined: "servicedesk.declined", audit.Looked: "servicedesk.looked",
}

// actor names who did something: an address, or a part of the program.
func (v *visit) actor(a audit.Actor) string {
	role, name, ok := strings.Cut(string(a), ":")
	switch {
	case !ok:
		return v.t("servicedesk.program")
	case role == "operator":
		return v.t("servicedesk.operator", "name", name)
	case role == "manager":
		return v.t("servicedesk.manager", "name", name)
	}
	return name
}

// act says what was done, with whom it was done to, and the reason of a recall;
// other reasons are for the operator's command.
func (v *visit) act(e audit.Entry) string {
	text := string(e.Action)
	if key, ok := actWords[e.Action]; ok {
		text = v.t(key)
	}
	if len(e.Objects) > 0 {
		text += ": " + strings.Join(e.Objects, ", ")
	}
	if e.Action == audit.Recalled && e.Reason != "" {
		text += ". " + v.t("layout.reason", "reason", e.Reason)
	}
	return text
}
