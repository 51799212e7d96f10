package store

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
)

// Requests to join (CJSM-8, CJSM-9, CJSM-11, SCC-18): what an organisation typed
// on the public form, and what an operator answered. All of them rest in one hash,
// each sealed under its number; they are few, and are read by operators.

// Bounds of requests.
const (
	MaxRequests     = 1000                 // at once: years of them for a county; more come from a machine
	MaxRequest      = 16 << 10             // bytes of one, sealed: the form has a few short fields
	RequestLife     = 365 * 24 * time.Hour // after the last change, then it is dropped by the next one
	maxRequestReply = 1000                 // bytes of what an operator answers
	requestTries    = 20                   // numbers that are tried before there is one that is free
)

// Kinds of connection, and how soon each is answered (CJSM-9).
const (
	KindServer  = "server"  // a whole office, by its mail server
	KindMailbox = "mailbox" // some people, on the web page

	ServerTarget  = 10 * 24 * time.Hour
	MailboxTarget = 48 * time.Hour
)

// Request is somebody's wish to join.
type Request struct {
	Number       string       // eight digits, for people
	Secret       string       // with it its maker sees how it stands; 32 hexadecimal digits
	Kind         string       // KindServer or KindMailbox
	Organisation string       // as typed, as the next ones
	Name         string       // who runs its e-mail
	Address      addr.Address // where the answer goes; nobody has proved it
	Phone        string
	Domain       string // server: whose mail it is
	System       string // server: which mail system it is
	Servers      string // server: from where it sends
	TLS          string // server: whether it speaks verified TLS: yes, no or unknown
	Text         string // anything else
	Lang         string // of the pages on which it was written
	At           time.Time

	State  string    // empty: nobody has answered; RequestApproved or RequestDeclined
	Answer string    // an operator's words
	By     string    // which operator
	EndAt  time.Time // when
}

// States of a request, as the notices have them.
const (
	RequestApproved = "approved"
	RequestDeclined = "declined"
)

// Due is when an answer was promised.
func (r Request) Due() time.Time {
	if r.Kind == KindServer {
		return r.At.Add(ServerTarget)
	}
	return r.At.Add(MailboxTarget)
}

func (r Request) over(now time.Time) bool { return !now.Before(later(r.At, r.EndAt).Add(RequestLife)) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

const requestsKey = "jr:{requests}"

// requestScript puts one request in place of what was read.
//
//	KEYS requests  ARGV number, old ("" for none), new, most of them
var requestScript = redis.NewScript(`
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return {'changed'} end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) return {'ok'} end
if ARGV[2] == '' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return {'full'} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return {'ok'}
`)

func requestPlace(number string) string { return requestsKey + "/" + number }

// MakeRequest keeps a new request and gives it number and secret. ErrTooLong,
// ErrTooMany, ErrUnavailable.
func (s *Store) MakeRequest(ctx context.Context, r Request, now time.Time) (Request, error) {
	r.At, r.Secret, r.State, r.EndAt = whole(now), hex.EncodeToString(random(16)), "", time.Time{}
	for range requestTries {
		r.Number = fmt.Sprintf("%08d", binary.BigEndian.Uint32(random(4))%100_000_000)
		out, err := s.putRequest(ctx, r, "")
		switch {
		case err != nil:
			return r, err
		case out == "ok":
			return r, nil
		case out == "full":
			dropped, err := s.dropRequests(ctx, now)
			if err == nil && !dropped {
				err = ErrTooMany
			}
			if err != nil {
				return r, err
			}
		}
	}
	return r, fmt.Errorf("%w: no number is free", ErrUnavailable)
}

func (s *Store) putRequest(ctx context.Context, r Request, before string) (string, error) {
	sealed, err := s.keys.sealJSON("request", requestPlace(r.Number), r)
	if err != nil {
		return "", err
	}
	if len(sealed) > MaxRequest {
		return "", fmt.Errorf("%w: request", ErrTooLong)
	}
	out, err := s.runDurable(ctx, "request", requestScript, []string{requestsKey}, r.Number, before, string(sealed), MaxRequests)
	if err != nil {
		return "", err
	}
	return out[0], nil
}

// dropRequests takes off what is over; true if there was something.
func (s *Store) dropRequests(ctx context.Context, now time.Time) (bool, error) {
	all, sealed, err := s.requests(ctx)
	dropped := false
	for i, r := range all {
		if err == nil && r.over(now) {
			dropped = true
			_, err = s.run(ctx, "request", requestScript, []string{requestsKey}, r.Number, sealed[i], "", MaxRequests)
		}
	}
	return dropped, err
}

func (s *Store) requests(ctx context.Context) ([]Request, []string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	fields, err := s.redis.HGetAll(ctx, requestsKey).Result()
	if err != nil {
		return nil, nil, unavailable("requests", err)
	}
	var all []Request
	var sealed []string
	for number, text := range fields {
		var r Request
		if err := s.keys.unsealJSON("request", requestPlace(number), []byte(text), &r); err != nil {
			return nil, nil, err
		}
		all, sealed = append(all, r), append(sealed, text)
	}
	return all, sealed, nil
}

// Requests gives all that are kept, the oldest first. ErrSyntax, ErrUnavailable.
func (s *Store) Requests(ctx context.Context, now time.Time) ([]Request, error) {
	all, _, err := s.requests(ctx)
	all = slices.DeleteFunc(all, func(r Request) bool { return r.over(now) })
	slices.SortFunc(all, func(a, b Request) int { return a.At.Compare(b.At) })
	return all, err
}

// Request gives one by its number, for operators. ErrNotFound, ErrSyntax, ErrUnavailable.
func (s *Store) Request(ctx context.Context, number string, now time.Time) (Request, error) {
	r, _, err := s.request(ctx, number, now)
	return r, err
}

func (s *Store) request(ctx context.Context, number string, now time.Time) (Request, string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	text, err := s.redis.HGet(ctx, requestsKey, number).Result()
	if errors.Is(err, redis.Nil) {
		return Request{}, "", ErrNotFound
	}
	if err != nil {
		return Request{}, "", unavailable("request", err)
	}
	var r Request
	if err := s.keys.unsealJSON("request", requestPlace(number), []byte(text), &r); err != nil {
		return Request{}, "", err
	}
	if r.over(now) {
		return Request{}, "", ErrNotFound
	}
	return r, text, nil
}

// RequestFor is Request for who holds its link. A wrong secret is ErrNotFound too.
func (s *Store) RequestFor(ctx context.Context, number, secret string, now time.Time) (Request, error) {
	r, err := s.Request(ctx, number, now)
	if err == nil && subtle.ConstantTimeCompare([]byte(r.Secret), []byte(secret)) != 1 {
		err = ErrNotFound
	}
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// AnswerRequest notes what an operator decided. A request is answered once: ErrExists
// for one that was, ErrNotFound, ErrTooLong, ErrUnavailable.
func (s *Store) AnswerRequest(ctx context.Context, number, state, answer, by string, now time.Time) (Request, error) {
	if len(answer) > maxRequestReply || len(by) > maxReason || state != RequestApproved && state != RequestDeclined {
		return Request{}, fmt.Errorf("%w: answer to a request", ErrTooLong)
	}
	r, before, err := s.request(ctx, number, now)
	switch {
	case err != nil:
		return r, err
	case r.State != "":
		return r, ErrExists
	}
	r.State, r.Answer, r.By, r.EndAt = state, answer, by, whole(now)
	out, err := s.putRequest(ctx, r, before)
	if err == nil && out != "ok" {
		err = ErrExists // somebody else has answered it this moment
	}
	return r, err
}
