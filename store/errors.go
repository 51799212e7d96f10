package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Sentinels. ErrUnavailable is temporary, and nothing is known of the outcome;
// every other error says that nothing was changed beyond a counter.
var (
	ErrUnavailable  = errors.New("store: redis does not answer")
	ErrVolatile     = errors.New("store: redis settings may lose keys")
	ErrConflict     = errors.New("store: another transaction holds this message")
	ErrNotFound     = errors.New("store: no such message") // unknown id, or wrong secret: the same
	ErrNotRecipient = errors.New("store: not a recipient")
	ErrExpired      = errors.New("store: expired")
	ErrRecalled     = errors.New("store: recalled")
	ErrNotYet       = errors.New("store: not open yet") // errors.As *NotYetError tells from when
	ErrMethod       = errors.New("store: signed in by a way that this message does not take")
	ErrLocked       = errors.New("store: locked") // errors.As *LockedError tells until when
	ErrWrong        = errors.New("store: wrong password, answer or code")
	ErrCodeExpired  = errors.New("store: code or link expired or used")
	ErrTooMany      = errors.New("store: asked too often")
	ErrWithheld     = errors.New("store: asked too often; nothing is sent, and the answer says that it was")
	ErrNoAccount    = errors.New("store: no account")
	ErrExists       = errors.New("store: account exists already")
	ErrDesk         = errors.New("store: a shared mailbox, which its people read signed in as themselves")
	ErrLastOwner    = errors.New("store: the last owner of a shared mailbox")
	ErrBlocked      = errors.New("store: the operator keeps this person from writing")
	ErrOtherPerson  = errors.New("store: the provider knows this address by another account")
	ErrCopied       = errors.New("store: the passkey's counter went back: it may have been copied")
	ErrNoSession    = errors.New("store: no session")
	ErrAgain        = errors.New("store: who it is must be shown again")
	ErrOperator     = errors.New("store: only an operator may do this")
	ErrSyntax       = errors.New("store: damaged record")
	ErrTooLong      = errors.New("store: a text is too long")
	ErrMasterKey    = errors.New("store: master key file")
	ErrWaits        = errors.New("store: a master key waits already")
	ErrNoneWaits    = errors.New("store: no master key waits")
	ErrOtherKeys    = errors.New("store: Redis was filled under other master keys")
)

// LockedError is ErrLocked with the time at which the lock ends.
type LockedError struct{ Until time.Time }

func (e *LockedError) Error() string { return ErrLocked.Error() }

// Is makes errors.Is(err, ErrLocked) hold.
func (e *LockedError) Is(target error) bool { return target == ErrLocked }

// unavailable wraps what Redis or the network said. The causes are addresses,
// timeouts and Redis's own words; commands' arguments never stand in them.
func unavailable(op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrVolatile) || errors.Is(err, ErrSyntax) {
		return err
	}
	if errors.Is(err, redis.Nil) {
		return fmt.Errorf("%w: %s: unexpected empty answer", ErrSyntax, op)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %s: %w", ErrUnavailable, op, err)
	}
	return fmt.Errorf("%w: %s: %v", ErrUnavailable, op, err)
}

// TooManyError is ErrTooMany with the time at which it can be asked again.
type TooManyError struct{ Until time.Time }

func (e *TooManyError) Error() string { return ErrTooMany.Error() }

// Is makes errors.Is(err, ErrTooMany) hold.
func (e *TooManyError) Is(target error) bool { return target == ErrTooMany }
