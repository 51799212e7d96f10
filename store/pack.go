package store

import (
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// An envelope rests in one sealed text, e:{id}: an octet packVersion, then the
// fields below as wire.go writes them. Nothing of it is compressed, so no length
// tells of a secret that lies beside somebody else's text. What is taken out of it
// is gone from Redis with the next write, the key above all.
//
// The form before it, a hash with a seal for each field, is read by older.go and
// becomes this one with the first change.
const packVersion = 2

// Fields of a record. Numbers are for ever.
const (
	pSealed       = 1 // ms since 1970; other times count from here
	pSender       = 2
	pRecipient    = 3 // group, for each recipient
	pEnvelopeFrom = 4
	pKey          = 5 // absent once destroyed
	pHead         = 6 // newest MAC of the audit chain
	pCount        = 7 // entries in the chain
	pEarly        = 8 // group, for each of the chain's first entries; the others are in a:{id}
	pLater        = 9 // group, for each notice that waits
	pDestroyed    = 10
	pExpires      = 11
	pLink         = 12
	pReady        = 13
	pSize         = 14
	pDigest       = 15
	pSecretHash   = 16 // only if it is not that of the keyring's secret
	pFlags        = 17
	pProfile      = 18
	pSenderName   = 19
	pOnBehalf     = 20
	pTo           = 21
	pCc           = 22
	pName         = 23 // of the pTo or pCc that follows
	pSubject      = 24
	pOriginalID   = 25
	pOuterMAC     = 26 // what MessageID writes, with pOuterDomain
	pOuterDomain  = 27
	pOuterID      = 28 // any other
	pReferences   = 29
	pTopic        = 30
	pIndex        = 31
	pMarking      = 32
	pReply        = 33
	pSignIn       = 34
	pAsk          = 35 // group
)

// Bits of pFlags.
const (
	flagUnannounced = 1
	flagSecret      = 2 // the secret is the keyring's
)

// Fields of a recipient.
const (
	rAddress   = 1
	rStatus    = 2 // place in statuses
	rPrepared  = 3
	rBy        = 4
	rQueued    = 5
	rOpened    = 6
	rOpens     = 7
	rRecalled  = 8
	rReason    = 9
	rDelivery  = 10 // place in deliveries
	rHost      = 11
	rText      = 12
	rDelivered = 13
)

// statuses and deliveries are states by number; the first are "none".
var (
	statuses   = []RecipientStatus{"", Prepared, Queued, Recalled}
	deliveries = []DeliveryState{"", Delayed, Handed, Failed}
)

// Fields of an audit entry, of a notice that waits, and of a request.
const (
	gNonce, gTime, gActor, gAction, gObject, gReason        = 1, 2, 3, 4, 5, 6
	lID, lKind, lTo, lData, lDue, lExpires, lFreed          = 1, 2, 3, 4, 5, 6, 7
	askKindField, askFromField, askAsField, askAtField byte = 1, 2, 3, 4
)

type textField struct {
	field byte
	text  *string
}

// texts are the fields of a record that are nothing but text.
func (r *Record) texts() []textField {
	return []textField{
		{pProfile, &r.Profile}, {pSenderName, &r.SenderName}, {pOnBehalf, &r.OnBehalf}, {pSubject, &r.Subject}, {pOriginalID, &r.OriginalID},
		{pReferences, &r.References}, {pTopic, &r.ThreadTopic}, {pIndex, &r.ThreadIndex}, {pMarking, &r.Marking}, {pReply, &r.Reply},
	}
}

type timeField struct {
	field byte
	time  *time.Time
}

func (r *Record) times() []timeField {
	return []timeField{{pExpires, &r.ExpiresAt}, {pLink, &r.LinkUntil}, {pReady, &r.ReadyAt}, {pDestroyed, &r.Destroyed}}
}

// pack gives the slot as it is sealed.
func (v *slot) pack() []byte {
	r := &v.record
	p := packer{b: make([]byte, 1, 640)}
	p.b[0] = packVersion
	if !r.SealedAt.IsZero() {
		p.number(pSealed, uint64(r.SealedAt.UnixMilli()))
		p.base = r.SealedAt.UnixMilli()
	}
	p.address(pSender, r.Sender)
	for i := range r.Recipients {
		p.group(pRecipient, r.Recipients[i].pack)
	}
	if !r.EnvelopeFrom.IsZero() {
		p.text(pEnvelopeFrom, r.EnvelopeFrom.String())
	}
	if v.kept {
		p.octets(pKey, string(v.key.Bytes()))
	}
	if v.count > 0 {
		p.octets(pHead, string(v.head[:]))
		p.number(pCount, v.count)
	}
	for i := range v.early {
		p.group(pEarly, func(p *packer) { packEntry(p, &v.early[i]) })
	}
	for i := range v.later {
		p.group(pLater, v.later[i].pack)
	}
	v.packRecord(&p)
	return p.b
}

// packRecord writes what is no address, key, chain or notice.
func (v *slot) packRecord(p *packer) {
	r := &v.record
	for _, t := range r.times() {
		p.time(t.field, *t.time)
	}
	p.number(pSize, uint64(r.Size))
	for _, d := range r.Digests {
		p.octets(pDigest, string(d[:]))
	}
	flags := uint64(0)
	if r.Unannounced {
		flags |= flagUnannounced
	}
	if r.SecretHash == v.keys.Secret(v.id).Hash() {
		flags |= flagSecret
	} else {
		p.octets(pSecretHash, string(r.SecretHash[:]))
	}
	p.number(pFlags, flags)
	for _, t := range r.texts() {
		p.text(t.field, *t.text)
	}
	for _, s := range r.To {
		p.named(pTo, pName, s)
	}
	for _, s := range r.Cc {
		p.named(pCc, pName, s)
	}
	packOuterID(p, r.OuterID)
	for _, s := range r.SignIn {
		p.entry(pSignIn, s, addr.Address.String)
	}
	for _, a := range r.Asks {
		p.group(pAsk, a.pack)
	}
}

var outerEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// packOuterID writes a Message-ID of MessageID's form as the octets of its MAC.
func packOuterID(p *packer, s string) {
	local, rest, ok := strings.Cut(s, "@")
	if ok && strings.HasPrefix(local, "<") && strings.HasSuffix(rest, ">") && rest != ">" {
		raw, err := outerEncoding.DecodeString(local[1:])
		if err == nil && outerEncoding.EncodeToString(raw) == local[1:] {
			p.octets(pOuterMAC, string(raw))
			p.text(pOuterDomain, rest[:len(rest)-1])
			return
		}
	}
	p.text(pOuterID, s)
}

func (r *RecipientState) pack(p *packer) {
	p.address(rAddress, r.Address)
	p.number(rStatus, uint64(max(slices.Index(statuses, r.Status), 0)))
	p.time(rPrepared, r.PreparedAt)
	p.text(rBy, r.By)
	p.time(rQueued, r.QueuedAt)
	p.time(rOpened, r.OpenedAt)
	p.number(rOpens, uint64(r.Opens))
	p.time(rRecalled, r.RecalledAt)
	p.text(rReason, r.Reason)
	p.number(rDelivery, uint64(max(slices.Index(deliveries, r.Delivery.State), 0)))
	p.text(rHost, r.Delivery.Host)
	p.text(rText, r.Delivery.Text)
	p.time(rDelivered, r.Delivery.At)
}

// packEntry leaves out what follows from the entries before.
func packEntry(p *packer, e *audit.Entry) {
	p.octets(gNonce, string(e.Nonce[:]))
	p.time(gTime, e.Time)
	p.text(gActor, string(e.Actor))
	p.text(gAction, string(e.Action))
	for _, o := range e.Objects {
		p.entry(gObject, o, addr.Address.Key)
	}
	p.text(gReason, e.Reason)
}

func (o *deferred) pack(p *packer) {
	p.text(lID, o.id)
	p.text(lKind, o.kind)
	if !o.to.IsZero() {
		p.text(lTo, o.to.String())
	}
	p.text(lData, o.data)
	p.time(lDue, o.due)
	p.time(lExpires, o.expires)
	if o.freed {
		p.number(lFreed, 1)
	}
}

func (a Ask) pack(p *packer) {
	p.text(askKindField, string(a.Kind))
	if !a.From.IsZero() {
		p.text(askFromField, a.From.String())
	}
	if !a.As.IsZero() {
		p.text(askAsField, a.As.String())
	}
	p.time(askAtField, a.At)
}
