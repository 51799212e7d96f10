package store

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

const redacted = "redacted"

// Options say how to reach Redis and how careful to be. Addresses and Keys must
// be set; the zero value of all else is the right one for production.
type Options struct {
	Addresses    []string // one: a single Redis; several: Cluster; with MasterName: the Sentinels
	MasterName   string   // Sentinel
	Username     string
	Password     string
	TLS          bool
	WaitReplicas int  // everysec + WAIT of at least 1
	VolatileOK   bool // demo and tests: Ready asks only whether Redis answers
	Keys         *Keyring
	Now          func() time.Time // for methods that are not given a time; nil: time.Now
	KeepClosed   time.Duration    // 0: the constant KeepClosed
	Hash         HashCost         // zero: 64 MiB, 3 passes, 4 lanes
	// Argon gives the 32 octets of Argon2id (store/argon); nil: they are computed here.
	Argon   func(text, salt []byte, cost HashCost) []byte
	Anchors Anchors // the log outside Redis; nil: none is kept
	// Dialer replaces the network connection, for fault tests; nil: TCP or TLS.
	Dialer func(ctx context.Context, network, address string) (net.Conn, error)
}

// Store is safe for concurrent use. Make one with Open, end it with Close.
type Store struct {
	o        Options
	keys     *Keyring
	redis    redis.UniversalClient
	hashing  chan struct{} // a place for each core
	stripes  [64]chan struct{}
	dials    atomic.Int64 // connections made so far; a new one makes the settings doubtful
	ready    readiness
	compared atomic.Int64 // passwords and answers, for tests of the counters
	claims   atomic.Int64 // lets every Claim begin at another work list
}

// Timeouts. A milter transaction or a web request makes a handful of calls, so
// they stay well inside Postfix's and a browser's patience.
const (
	dialTimeout = 3 * time.Second
	callTimeout = 5 * time.Second // one command or script
	waitTimeout = 2 * time.Second // for replicas to confirm
	hashWait    = 10 * time.Second
)

// Open reads the settings and makes the client. It does not need Redis: the
// first call does. Errors are about the options only.
func Open(o Options) (*Store, error) {
	switch {
	case len(o.Addresses) == 0:
		return nil, errors.New("store: no redis address")
	case o.Keys == nil:
		return nil, errors.New("store: no master keys")
	case o.WaitReplicas < 0:
		return nil, errors.New("store: wait_replicas is negative")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.KeepClosed == 0 {
		o.KeepClosed = KeepClosed
	}
	o.Hash = o.Hash.orDefault()
	s := &Store{o: o, keys: o.Keys, hashing: make(chan struct{}, runtime.GOMAXPROCS(0))}
	for i := range s.stripes {
		s.stripes[i] = make(chan struct{}, 1)
	}
	s.redis = redis.NewUniversalClient(s.clientOptions())
	return s, nil
}

// Close ends all connections, and closes the log outside Redis.
func (s *Store) Close() error {
	err := s.redis.Close()
	if c, ok := s.o.Anchors.(io.Closer); ok {
		err = errors.Join(err, c.Close())
	}
	return err
}
