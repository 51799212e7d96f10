package store

import (
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

// unpack reads what pack wrote into an empty slot. ErrSyntax.
func (v *slot) unpack(plain []byte) error {
	people := []addr.Address{}
	u := unpacker{people: &people, bad: len(plain) == 0 || plain[0] != packVersion}
	if !u.bad {
		u.b = plain[1:]
	}
	v.record.ID = v.id
	name, named := "", false
	u.each(func(u *unpacker, it item) bool {
		if named && it.field != pTo && it.field != pCc {
			return false
		}
		switch it.field {
		case pName:
			name, named = u.text(it), true
		case pTo, pCc:
			s := u.text(it)
			if named {
				s, named = name+" <"+s+">", false
			}
			list := &v.record.To
			if it.field == pCc {
				list = &v.record.Cc
			}
			*list = append(*list, s)
		default:
			return v.unpackField(u, it) || v.record.unpackField(v, u, it)
		}
		return true
	})
	u.bad = u.bad || named || v.count < uint64(len(v.early))
	return u.err("envelope " + v.id.String())
}

// unpackField reads the fields of the slot that are not the record's own.
func (v *slot) unpackField(u *unpacker, it item) bool {
	switch it.field {
	case pSealed:
		u.base = int64(u.number(it))
		v.record.SealedAt = time.UnixMilli(u.base).UTC()
	case pSender:
		v.record.Sender = u.address(it)
	case pRecipient:
		var r RecipientState
		u.group(it, r.unpackField)
		v.record.Recipients = append(v.record.Recipients, r)
	case pEnvelopeFrom:
		v.record.EnvelopeFrom = u.anybody(it)
	case pKey:
		var err error
		v.key, err = envelope.KeyFromBytes(it.octets)
		v.kept = err == nil
		return v.kept
	case pHead:
		u.exactly(v.head[:], it)
	case pCount:
		v.count = u.number(it)
	case pEarly:
		var e audit.Entry
		u.group(it, func(u *unpacker, it item) bool { return unpackEntry(&e, u, it) })
		v.early = append(v.early, e)
	case pLater:
		var o deferred
		u.group(it, o.unpackField)
		v.later = append(v.later, o)
	default:
		return false
	}
	return true
}

func (r *Record) unpackField(v *slot, u *unpacker, it item) bool {
	for _, t := range r.texts() {
		if t.field == it.field {
			*t.text = u.text(it)
			return true
		}
	}
	for _, t := range r.times() {
		if t.field == it.field {
			*t.time = u.time(it)
			return true
		}
	}
	switch it.field {
	case pSize:
		r.Size = int64(u.number(it))
	case pDigest:
		var d envelope.Digest
		u.exactly(d[:], it)
		r.Digests = append(r.Digests, d)
	case pSecretHash:
		u.exactly(r.SecretHash[:], it)
	case pFlags:
		flags := u.number(it)
		r.Unannounced = flags&flagUnannounced != 0
		if flags&flagSecret != 0 {
			r.SecretHash = v.keys.Secret(v.id).Hash()
		}
		return flags&^(flagUnannounced|flagSecret) == 0
	case pOuterMAC:
		r.OuterID = "<" + outerEncoding.EncodeToString(it.octets) + "@"
	case pOuterDomain:
		r.OuterID += u.text(it) + ">"
	case pOuterID:
		r.OuterID = u.text(it)
	case pSignIn:
		r.SignIn = append(r.SignIn, u.text(it))
	case pAsk:
		var a Ask
		u.group(it, a.unpackField)
		r.Asks = append(r.Asks, a)
	default:
		return false
	}
	return true
}

func (r *RecipientState) unpackField(u *unpacker, it item) bool {
	switch it.field {
	case rAddress:
		r.Address = u.address(it)
	case rStatus:
		r.Status = among(u, statuses, it)
	case rPrepared:
		r.PreparedAt = u.time(it)
	case rBy:
		r.By = u.text(it)
	case rQueued:
		r.QueuedAt = u.time(it)
	case rOpened:
		r.OpenedAt = u.time(it)
	case rOpens:
		r.Opens = int(u.number(it))
	case rRecalled:
		r.RecalledAt = u.time(it)
	case rReason:
		r.Reason = u.text(it)
	case rDelivery:
		r.Delivery.State = among(u, deliveries, it)
	case rHost:
		r.Delivery.Host = u.text(it)
	case rText:
		r.Delivery.Text = u.text(it)
	case rDelivered:
		r.Delivery.At = u.time(it)
	default:
		return false
	}
	return true
}

func among[T any](u *unpacker, states []T, it item) (state T) {
	n := u.number(it)
	if n >= uint64(len(states)) {
		u.bad = true
		return state
	}
	return states[n]
}

func unpackEntry(e *audit.Entry, u *unpacker, it item) bool {
	switch it.field {
	case gNonce:
		u.exactly(e.Nonce[:], it)
	case gTime:
		e.Time = u.time(it)
	case gActor:
		e.Actor = audit.Actor(u.text(it))
	case gAction:
		e.Action = audit.Action(u.text(it))
	case gObject:
		e.Objects = append(e.Objects, u.entry(it, addr.Address.Key))
	case gReason:
		e.Reason = u.text(it)
	default:
		return false
	}
	return true
}

func (o *deferred) unpackField(u *unpacker, it item) bool {
	switch it.field {
	case lID:
		o.id = u.text(it)
	case lKind:
		o.kind = u.text(it)
	case lTo:
		o.to = u.anybody(it)
	case lData:
		o.data = u.text(it)
	case lDue:
		o.due = u.time(it)
	case lExpires:
		o.expires = u.time(it)
	case lFreed:
		o.freed = u.number(it) == 1
	default:
		return false
	}
	return true
}

func (a *Ask) unpackField(u *unpacker, it item) bool {
	switch it.field {
	case askKindField:
		a.Kind = AskKind(u.text(it))
	case askFromField:
		a.From = u.anybody(it)
	case askAsField:
		a.As = u.anybody(it)
	case askAtField:
		a.At = u.time(it)
	default:
		return false
	}
	return true
}
