package store

import (
	"context"
	"errors"
	"hash"
	"io"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
)

var errLater = errors.New("store: not built yet")

type readiness struct{}

type Keyring struct{}

func LoadKeyring(r io.Reader) (*Keyring, error)                                { return nil, errLater }
func NewMasterKeyFile() []byte                                                 { return nil }
func (k *Keyring) Fingerprinter() hash.Hash                                    { return nil }
func (k *Keyring) EnvelopeID(fingerprint []byte, profile string) envelope.ID   { return envelope.ID{} }
func (k *Keyring) MessageID(fingerprint []byte, profile, domain string) string { return "" }
func (k *Keyring) Secret(id envelope.ID) envelope.Secret                       { return envelope.Secret{} }

func (s *Store) Ready(ctx context.Context) error { return errLater }

func (s *Store) Lookup(ctx context.Context, id envelope.ID) (Known, error) { return Known{}, errLater }
func (s *Store) Prepare(ctx context.Context, p Preparation) error          { return errLater }
func (s *Store) Queued(ctx context.Context, id envelope.ID, recipients []addr.Address, heldIDs []string, queueID string, now time.Time) error {
	return errLater
}
func (s *Store) Envelope(ctx context.Context, id envelope.ID, secret envelope.Secret) (Record, error) {
	return Record{}, errLater
}
func (s *Store) EnvelopeForSender(ctx context.Context, id envelope.ID, sender addr.Address) (Record, error) {
	return Record{}, errLater
}
func (s *Store) EnvelopeForOperator(ctx context.Context, id envelope.ID) (Record, error) {
	return Record{}, errLater
}
func (s *Store) SentBy(ctx context.Context, sender addr.Address, limit int) ([]Record, error) {
	return nil, errLater
}
func (s *Store) ReceivedBy(ctx context.Context, a addr.Address, limit int) ([]Record, error) {
	return nil, errLater
}
func (s *Store) Recall(ctx context.Context, id envelope.ID, by audit.Actor, recipients []addr.Address, reason string, now time.Time) (Record, error) {
	return Record{}, errLater
}
func (s *Store) Extend(ctx context.Context, id envelope.ID, by audit.Actor, until, now time.Time) error {
	return errLater
}
func (s *Store) Release(ctx context.Context, r ReleaseRequest) (envelope.Key, Record, error) {
	return envelope.Key{}, Record{}, errLater
}
func (s *Store) Trail(ctx context.Context, id envelope.ID) (TrailReport, error) {
	return TrailReport{}, errLater
}
func (s *Store) VerifyAudit(ctx context.Context, id envelope.ID) error { return errLater }

func (s *Store) Register(ctx context.Context, a addr.Address, r Registration, b Browser, now time.Time) (token string, exists bool, err error) {
	return "", false, errLater
}
func (s *Store) Activation(ctx context.Context, token string, b Browser, now time.Time) (a addr.Address, next string, same bool, err error) {
	return addr.Address{}, "", false, errLater
}
func (s *Store) Activate(ctx context.Context, token string, b Browser, r *Registration, now time.Time) (p Proof, next string, err error) {
	return Proof{}, "", errLater
}
func (s *Store) Account(ctx context.Context, a addr.Address) (Account, error) {
	return Account{}, errLater
}
func (s *Store) CheckPassword(ctx context.Context, a addr.Address, password string, now time.Time) (Proof, error) {
	return Proof{}, errLater
}
func (s *Store) NewCode(ctx context.Context, a addr.Address, b Browser, now time.Time) (code, ref string, err error) {
	return "", "", errLater
}
func (s *Store) CheckCode(ctx context.Context, a addr.Address, b Browser, code string, now time.Time) (Proof, error) {
	return Proof{}, errLater
}
func (s *Store) NewSession(ctx context.Context, p Proof, now time.Time) (token string, err error) {
	return "", errLater
}
func (s *Store) Session(ctx context.Context, token string, now time.Time) (Proof, error) {
	return Proof{}, errLater
}
func (s *Store) EndSession(ctx context.Context, token string) error { return errLater }
func (s *Store) Unlock(ctx context.Context, a addr.Address, by audit.Actor, now time.Time) error {
	return errLater
}
func (s *Store) ResetAllowed(ctx context.Context, a addr.Address, now time.Time) error {
	return errLater
}
func (s *Store) StartReset(ctx context.Context, a addr.Address, b Browser, now time.Time) (token string, exists bool, err error) {
	return "", false, errLater
}

// ResetQuestion looks at a reset link and changes nothing; question is empty when there is none on file.
func (s *Store) ResetQuestion(ctx context.Context, token string, now time.Time) (a addr.Address, question string, err error) {
	return addr.Address{}, "", errLater
}
func (s *Store) CheckAnswer(ctx context.Context, token string, b Browser, answer string, now time.Time) error {
	return errLater
}
func (s *Store) SetPassword(ctx context.Context, token string, b Browser, password string, now time.Time) error {
	return errLater
}

// SetFlow merges: fields that are set replace, secrets are added.
func (s *Store) SetFlow(ctx context.Context, b Browser, f Flow, now time.Time) error { return errLater }

// Flow gives what the browser brought; an unknown browser has an empty Flow and no error.
func (s *Store) Flow(ctx context.Context, b Browser, now time.Time) (Flow, error) {
	return Flow{}, errLater
}

// EndFlow forgets it.
func (s *Store) EndFlow(ctx context.Context, b Browser) error { return errLater }

func (s *Store) Enqueue(ctx context.Context, o Outgoing) error { return errLater }
func (s *Store) Claim(ctx context.Context, limit int, lease time.Duration, now time.Time) ([]Outgoing, error) {
	return nil, errLater
}
func (s *Store) Sent(ctx context.Context, o Outgoing, now time.Time) error { return errLater }
func (s *Store) Retry(ctx context.Context, o Outgoing, at time.Time) error { return errLater }

// Swept counts what Sweep did.
type Swept struct {
	Destroyed, Indexed, Dropped int
}

func (s *Store) Sweep(ctx context.Context, now time.Time) (Swept, error) { return Swept{}, errLater }
