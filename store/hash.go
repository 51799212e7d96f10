package store

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"
	"unicode"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// HashCost is the cost of Argon2id (RFC 9106). The zero value means 64 MiB, 3
// passes and 4 lanes, about 0.1 s of a core; tests run cheaper ones.
type HashCost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

func (c HashCost) orDefault() HashCost {
	if c == (HashCost{}) {
		return HashCost{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4}
	}
	return c
}

// hashed is a password or answer at rest. It rests sealed besides, so that a
// dump of Redis offers nothing to guess at.
type hashed struct {
	Cost HashCost
	Salt []byte
	Sum  []byte
}

const saltSize, sumSize = 16, 32

// hash computes Argon2id in one of as many places as there are cores: 64 MiB
// each, more at once only take memory (facts: 4 at once took 0.6 GB). Waiting
// ends with the context, or after hashWait with ErrUnavailable.
func (s *Store) hash(ctx context.Context, text string, cost HashCost, salt []byte) ([]byte, error) {
	wait := time.NewTimer(hashWait)
	defer wait.Stop()
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
	case <-ctx.Done():
		return nil, unavailable("waiting to hash", ctx.Err())
	case <-wait.C:
		return nil, unavailable("waiting to hash", context.DeadlineExceeded)
	}
	if s.o.Argon != nil {
		return s.o.Argon([]byte(text), salt, cost), nil
	}
	return argon2.IDKey([]byte(text), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, sumSize), nil
}

func (s *Store) newHash(ctx context.Context, text string) (*hashed, error) {
	h := &hashed{Cost: s.o.Hash, Salt: random(saltSize)}
	var err error
	h.Sum, err = s.hash(ctx, text, h.Cost, h.Salt)
	return h, err
}

// matches compares text with h. With no hash the same work is done for nothing.
func (s *Store) matches(ctx context.Context, text string, h *hashed) (bool, error) {
	dummy := h == nil || len(h.Sum) != sumSize
	if dummy {
		h = &hashed{Cost: s.o.Hash, Salt: random(saltSize), Sum: make([]byte, sumSize)}
	}
	s.compared.Add(1)
	sum, err := s.hash(ctx, text, h.Cost, h.Salt)
	return err == nil && !dummy && subtle.ConstantTimeCompare(sum, h.Sum) == 1, err
}

// plainPassword is a password in the form that is hashed: keyboards compose
// accents differently, so NFC (RFC 8265 section 4.2).
func plainPassword(text string) string { return norm.NFC.String(text) }

// plainAnswer is the answer to a question in the form that is hashed: nobody
// remembers the capitals and spaces of an answer given months ago.
func plainAnswer(text string) string {
	folded := cases.Fold().String(norm.NFKC.String(text))
	return strings.Join(strings.FieldsFunc(folded, unicode.IsSpace), " ")
}
