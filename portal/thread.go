package portal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"regexp"
	"strings"
	"time"

	"github.com/postseal/postseal/store"
)

// answerPrefix is what mail programs put before the subject of an answer:
// English, German, Dutch, Swedish and Danish, Welsh, Polish; some count them.
var answerPrefix = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|sv|atb|odp)\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*[:\x{FF1A}]\s*`)

// replySubject puts "Re: " in front once, whatever stood there: prefixes of any
// language, and the tag, which notice puts before it again where it belongs
// (BCC-22). After a marking that begins the subject they are taken out too.
func replySubject(rec store.Record, tag string) string {
	s := withoutPrefixes(rec.Subject, tag)
	mark, _, _ := strings.Cut(rec.Marking, ":")
	if mark = strings.TrimSpace(mark); mark != "" && len(s) > len(mark) && strings.EqualFold(s[:len(mark)], mark) && (s[len(mark)] == ' ' || s[len(mark)] == ':') {
		s = s[:len(mark)+1] + " " + withoutPrefixes(s[len(mark)+1:], tag)
		s = strings.Join(strings.Fields(s), " ")
	}
	return strings.TrimSpace("Re: " + s)
}

// withoutPrefixes takes prefixes of answers and the tag off the front.
func withoutPrefixes(s, tag string) string {
	for {
		rest := strings.TrimSpace(answerPrefix.ReplaceAllString(s, ""))
		if tag != "" && len(rest) >= len(tag) && strings.EqualFold(rest[:len(tag)], tag) {
			rest = strings.TrimSpace(rest[len(tag):])
		}
		if rest == s {
			return s
		}
		s = rest
	}
}

// threadTopic is what Outlook groups a conversation by: the original's own, else
// its subject as Outlook would take it, without the prefixes of answers.
func threadTopic(rec store.Record) string {
	if rec.ThreadTopic != "" {
		return rec.ThreadTopic
	}
	return withoutPrefixes(rec.Subject, "")
}

// Sizes of Outlook's conversation index, in octets (MS-OXOMSG 2.2.1.3).
const (
	indexHead  = 22
	indexChild = 5
	// maxIndex is where a thread stops being followed, as Outlook itself does.
	maxIndex = indexHead + 50*indexChild
)

// threadIndex gives the place of an answer in Outlook's conversation: that of the
// original with five octets more, which say when it was answered and tell several
// answers apart (MS-OXOMSG 2.2.1.3). Empty when the original has none, or one that
// cannot be continued. id names the answer: the same one has the same place.
func threadIndex(original, id string, now time.Time) string {
	b, err := base64.StdEncoding.DecodeString(original)
	if err != nil || len(b) < indexHead || len(b) > maxIndex || (len(b)-indexHead)%indexChild != 0 || b[0] != 1 {
		return ""
	}
	// The head begins with the upper six octets of a FILETIME; what follows counts from it.
	begun := binary.BigEndian.Uint64(append(b[:6:6], 0, 0))
	at := uint64(now.Unix()+11644473600)*10_000_000 + uint64(now.Nanosecond()/100)
	since := at - min(begun, at)
	child := uint32(since>>18) & 0x7fffffff
	if since>>49 != 0 { // more than some 21 months
		child = uint32(since>>23)&0x7fffffff | 0x80000000
	}
	sum := sha256.Sum256([]byte(id))
	b = append(binary.BigEndian.AppendUint32(b, child), sum[0])
	return base64.StdEncoding.EncodeToString(b)
}

// threadBefore gives the thread before an answer, oldest first. Both of the
// message's names stand in it: the one that people inside have, and the one on the
// sealed mail. parent comes last, where mail programs look for what is answered
// (RFC 5322 section 3.6.4).
func threadBefore(rec store.Record, parent string) string {
	ids := strings.Fields(rec.References)
	for _, id := range []string{rec.OriginalID, rec.OuterID} {
		if id != parent {
			ids = append(ids, id)
		}
	}
	return strings.TrimSpace(strings.Join(append(ids, parent), " "))
}
