package store

import (
	"context"
	"crypto/tls"

	"github.com/redis/go-redis/v9"
)

// clientOptions sets every timeout and turns automatic retries off: a script
// whose answer was lost may have run, and a counter must not count twice. (A
// cluster client may still send a script again while it follows a moved slot:
// commits know their own head, and a counter then errs on the strict side.)
func (s *Store) clientOptions() *redis.UniversalOptions {
	u := &redis.UniversalOptions{
		Addrs:                 s.o.Addresses,
		MasterName:            s.o.MasterName,
		Username:              s.o.Username,
		Password:              s.o.Password,
		Dialer:                s.o.Dialer,
		DialTimeout:           dialTimeout,
		ReadTimeout:           callTimeout,
		WriteTimeout:          callTimeout,
		PoolTimeout:           callTimeout,
		ContextTimeoutEnabled: true,
		MaxRetries:            -1,
		OnConnect: func(context.Context, *redis.Conn) error {
			s.dials.Add(1)
			return nil
		},
	}
	if s.o.TLS {
		u.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return u
}
