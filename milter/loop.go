package milter

import (
	"strings"

	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/relay"
)

// forwardedByRule are the fields that Exchange writes into what a mailbox's rule or
// its forwarding setting sends on.
var forwardedByRule = []string{"X-MS-Exchange-Inbox-Rules-Loop", "X-MS-Exchange-ForwardingLoop"}

// noticeSentOn tells whether a message is a notice of ours that some mailbox sends
// on by itself: as it was, with our own field in it, or written anew by a program
// that names it as what it forwards or answers. Nobody is told of such a message:
// a confirmation of it, or the news that it was not delivered, would be sent on in
// turn, and so on for ever (RFC 3834 section 2). Who forges this hides from herself
// that her own message was sealed, and nothing else.
func (f *Filter) noticeSentOn(j *job) bool {
	if !j.author.Address.IsZero() {
		return false // written on our pages, by somebody
	}
	for _, value := range j.all(relay.ProfileField) {
		if word, _, _ := strings.Cut(value, ";"); strings.EqualFold(strings.TrimSpace(word), "notice") {
			return true
		}
	}
	return j.automatic() && namesOurs(messageIDs(append(j.all("In-Reply-To"), j.all("References")...), maxReferences), f.Notices.Brand())
}

// automatic tells whether a program wrote a message without anybody's doing.
func (j *job) automatic() bool {
	for _, value := range j.all("Auto-Submitted") {
		if word, _, _ := strings.Cut(value, ";"); !strings.EqualFold(strings.TrimSpace(word), "no") {
			return true
		}
	}
	for _, name := range forwardedByRule {
		if len(j.all(name)) > 0 {
			return true
		}
	}
	return false
}

// namesOurs tells whether one of some Message-IDs is of our service's making.
func namesOurs(ids string, brand notice.Brand) bool {
	if brand.ServiceDomain == "" {
		return false
	}
	return strings.Contains(strings.ToLower(ids), "@"+strings.ToLower(brand.ServiceDomain)+">")
}
