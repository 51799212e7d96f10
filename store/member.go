package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
)

// The directory of members (CJSM-5 to 7): each entry stands sealed in the slot of
// its owner's address, and one set of HMAC names leads to those that are shown. The
// set is written first and may lead to nothing: only the entry counts.

// fCard is the field of u:{h} that holds a Card.
const fCard = "dc"

// Bounds of the directory.
const (
	MaxMembers  = 10_000 // shown at once: all staff of a large council; a search reads each, in some tenths of a second
	MaxCardText = 100    // characters of one value of an entry
	MinMember   = 2      // characters that a search must have at least
	memberPage  = 500    // entries read in one go
)

// Classes of member (CJSM-3); an empty one follows from the address.
const (
	ClassOrganisation = "organisation"
	ClassPractitioner = "practitioner"
)

// ErrFull says that the directory takes no more members.
var ErrFull = errors.New("store: the directory is full")

// Card is an entry of the directory.
type Card struct {
	Address      addr.Address
	Name         string
	Organisation string
	Unit         string
	Phone        string
	Class        string    // an exception that an operator made; empty: none
	Listed       bool      // shown to other members
	Chosen       bool      // its owner has said whether to be shown
	ChangedAt    time.Time // zero: there is no entry
}

func (c Card) check() error {
	for _, text := range []string{c.Name, c.Organisation, c.Unit, c.Phone} {
		if utf8.RuneCountInString(text) > MaxCardText || !utf8.ValidString(text) {
			return fmt.Errorf("%w: entry of the directory", ErrTooLong)
		}
	}
	return nil
}

// Card gives somebody's own entry, an empty one when there is none. The caller has
// made sure that the asker may see it. ErrSyntax, ErrUnavailable.
func (s *Store) Card(ctx context.Context, a addr.Address) (Card, error) {
	p, err := s.loadPerson(ctx, a)
	if err != nil {
		return Card{}, err
	}
	return s.cardOf(p, a)
}

func (s *Store) cardOf(p *person, a addr.Address) (Card, error) {
	c := Card{Address: a}
	if _, err := s.more(p, fCard, &c); err != nil {
		return Card{}, err
	}
	if !c.Address.Equal(a) {
		return Card{}, fmt.Errorf("%w: entry of the directory", ErrSyntax)
	}
	return c, nil
}

// SetCard is the owner's change of her own entry; its address and class are not
// hers to change. ErrNoSession (a zero or old proof), ErrTooLong, ErrFull,
// ErrUnavailable.
func (s *Store) SetCard(ctx context.Context, by Proof, c Card, now time.Time) error {
	if err := s.maySeat(by, now); err != nil {
		return err
	}
	if by.desk {
		return ErrNoSession
	}
	c.Chosen = true
	return s.putCard(ctx, by.address, c, now, func(Card) bool { return true })
}

// ListMember shows somebody of the organisation who has switched secure mail on,
// under a name, unless she has said before whether she wants it. ErrTooLong,
// ErrFull, ErrUnavailable.
func (s *Store) ListMember(ctx context.Context, by Proof, name, organisation string, now time.Time) error {
	if err := s.maySeat(by, now); err != nil {
		return err
	}
	c := Card{Name: name, Organisation: organisation, Listed: true}
	return s.putCard(ctx, by.address, c, now, func(old Card) bool { return !old.Chosen && !old.Listed })
}

func (s *Store) putCard(ctx context.Context, a addr.Address, c Card, now time.Time, may func(old Card) bool) error {
	if err := c.check(); err != nil {
		return err
	}
	old, err := s.Card(ctx, a)
	if err != nil || !may(old) {
		return err
	}
	what := "left the directory"
	if c.Listed {
		what = "shown in the directory"
		if err := s.showMember(ctx, a); err != nil {
			return err
		}
	}
	e := audit.Entry{Time: now, Actor: audit.Recipient(a), Action: audit.Changed, Reason: what}
	_, err = s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		old, err := s.cardOf(p, a)
		if err != nil {
			return nil, err
		}
		if !may(old) {
			return nil, errSame
		}
		c.Address, c.Class, c.ChangedAt = a, old.Class, whole(now)
		return &personChange{more: map[string]any{fCard: c}}, nil
	})
	if err == errSame {
		err = nil
	}
	if err == nil && !c.Listed {
		err = s.hideMember(ctx, a)
	}
	return err
}

// SetClass makes an exception of somebody's class (CJSM-3), or ends it with an
// empty one: an operator's act. She need have no entry yet. ErrSyntax (no such
// class), ErrUnavailable.
func (s *Store) SetClass(ctx context.Context, a addr.Address, class string, by audit.Actor, now time.Time) (Card, error) {
	if !slices.Contains([]string{"", ClassOrganisation, ClassPractitioner}, class) {
		return Card{}, fmt.Errorf("%w: class of member", ErrSyntax)
	}
	var out Card
	e := audit.Entry{Time: now, Actor: by, Action: audit.Changed, Objects: objects(a), Reason: "class of member: " + class}
	_, err := s.changeAccount(ctx, a, e, func(p *person) (*personChange, error) {
		c, err := s.cardOf(p, a)
		if err != nil {
			return nil, err
		}
		c.Class = class
		out = c
		return &personChange{more: map[string]any{fCard: out}}, nil
	})
	return out, err
}

func (s *Store) membersIndex() string { return "dl:{" + s.keys.name("members") + "}" }

// memberScript adds a name to a bounded set.
//
//	KEYS set
//	ARGV name, bound
var memberScript = redis.NewScript(`
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return {'ok'} end
if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return {'full'} end
redis.call('SADD', KEYS[1], ARGV[1])
return {'ok'}
`)

func (s *Store) showMember(ctx context.Context, a addr.Address) error {
	out, err := s.runDurable(ctx, "directory", memberScript, []string{s.membersIndex()}, s.keys.person(a), MaxMembers)
	if err == nil && out[0] == "full" {
		err = ErrFull
	}
	return err
}

func (s *Store) hideMember(ctx context.Context, a addr.Address) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := s.redis.SRem(ctx, s.membersIndex(), s.keys.person(a)).Err(); err != nil {
		return unavailable("directory", err)
	}
	return nil
}

// Members gives all entries that are shown, by name and address, and how many could
// not be read. Who asks must be a member herself: the caller has made sure.
// ErrUnavailable.
func (s *Store) Members(ctx context.Context) (cards []Card, damaged int, err error) {
	call, cancel := context.WithTimeout(ctx, callTimeout)
	names, err := s.redis.SMembers(call, s.membersIndex()).Result()
	cancel()
	if err != nil {
		return nil, 0, unavailable("directory", err)
	}
	slices.Sort(names)
	names = names[:min(len(names), MaxMembers)]
	for part := range slices.Chunk(names, memberPage) {
		some, bad, err := s.cards(ctx, part)
		if err != nil {
			return nil, 0, err
		}
		cards, damaged = append(cards, some...), damaged+bad
	}
	slices.SortFunc(cards, func(a, b Card) int {
		if n := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)); n != 0 {
			return n
		}
		return strings.Compare(a.Address.Key(), b.Address.Key())
	})
	return cards, damaged, nil
}

func (s *Store) cards(ctx context.Context, names []string) (out []Card, damaged int, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	reads := make([]*redis.StringCmd, len(names))
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, h := range names {
			reads[i] = p.HGet(ctx, personKey("u", h), fCard)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, 0, unavailable("directory", err)
	}
	for i, read := range reads {
		text, err := read.Result()
		if errors.Is(err, redis.Nil) || err == nil && text == "" {
			continue
		}
		if err != nil {
			return nil, 0, unavailable("directory", err)
		}
		var c Card
		p := &person{h: names[i], fields: map[string]string{fCard: text}}
		if _, err := s.more(p, fCard, &c); err != nil || s.keys.person(c.Address) != names[i] {
			damaged++
			continue
		}
		if c.Listed {
			out = append(out, c)
		}
	}
	return out, damaged, nil
}

// FindMembers gives the entries in which each word stands, in any case, at most
// limit of them; more tells whether there are others. It opens at most MaxMembers
// entries. ErrTooLong (fewer than MinMember characters, or too many), ErrUnavailable.
func (s *Store) FindMembers(ctx context.Context, words string, limit int) (cards []Card, more bool, err error) {
	wanted := strings.Fields(strings.ToLower(words))
	if n := utf8.RuneCountInString(strings.Join(wanted, "")); n < MinMember || len(words) > maxFindWords {
		return nil, false, fmt.Errorf("%w: search", ErrTooLong)
	}
	all, _, err := s.Members(ctx)
	if err != nil {
		return nil, false, err
	}
	for _, c := range all {
		text := strings.ToLower(strings.Join([]string{c.Address.String(), c.Name, c.Organisation, c.Unit, c.Phone}, "\n"))
		if slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		if len(cards) == limit {
			return cards, true, nil
		}
		cards = append(cards, c)
	}
	return cards, false, nil
}
