package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/extract/worker"
	"github.com/postseal/postseal/milter"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/outbox"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/portal"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/argon"
)

// shutdownGrace is how long a message that is being decided may still take
// after the daemon was told to stop; Postfix keeps the client waiting meanwhile
// and tries again when it is cut.
const shutdownGrace = 20 * time.Second

// daemon is the whole running program: one milter, one portal, one outbox
// worker and the operator's listener, around one store.
type daemon struct {
	cfg      *config.Config
	log      *slog.Logger
	now      func() time.Time
	store    *store.Store
	policy   atomic.Pointer[policy.File]
	filter   *milter.Filter
	room     *milter.Workroom
	worker   *outbox.Worker
	registry *prometheus.Registry
	web      *http.Server
	operator *http.Server
	shelves  []*sweptShelf
	tls      *tlsPolicy // nil: none configured
	readers  *worker.Pool
	sums     *argon.Pool
	robot    *mailRobot // nil: none configured
	relays   []*relay.SMTP

	milterListener, webListener, operatorListener net.Listener
}

// daemonOptions are what the demo and tests set differently. The zero value is
// the program as it is served.
type daemonOptions struct {
	log  *slog.Logger                                                         // nil: as the configuration says, to standard error
	dial func(ctx context.Context, network, address string) (net.Conn, error) // of Redis; nil: the network
	keys *store.Keyring                                                       // nil: from the configured file
	now  func() time.Time                                                     // the one clock of all parts; nil: time.Now
	hash store.HashCost                                                       // of passwords and answers; zero: the store's
	sum  func(text, salt []byte, cost store.HashCost) []byte                  // store.Options.Argon; the daemon sets its own
}

// newDaemon builds every part and binds every listener. It does not need Redis
// or Postfix to be there.
func newDaemon(cfg *config.Config, o daemonOptions) (_ *daemon, err error) {
	d := &daemon{cfg: cfg, log: o.log, now: o.now, registry: prometheus.NewRegistry()}
	if d.now == nil {
		d.now = time.Now
	}
	if d.log == nil {
		d.log = newLogger(cfg.Log, os.Stderr)
	}
	redis.SetLogger(redisLog{d.log})
	d.policy.Store(&cfg.File)
	d.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	keys := o.keys
	if keys == nil {
		if keys, err = loadKeyring(cfg.Keys.Master); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	anchors, err := anchorsOf(cfg, keys, d.log, true)
	if err != nil {
		return nil, err
	}
	d.sums = argon.New(argon.Options{Log: d.log})
	o.sum = d.sums.Sum
	if d.store, err = storeFor(cfg, keys, anchors, o); err != nil {
		return nil, err
	}
	if err = checkRing(d.store); err != nil {
		return nil, err
	}
	parts, err := newParts(cfg, d)
	if err != nil {
		return nil, err
	}
	if err := d.buildFilter(keys, parts); err != nil {
		return nil, err
	}
	if err := d.buildPortal(parts); err != nil {
		return nil, err
	}
	d.operator = &http.Server{Handler: operatorPages(d), ReadHeaderTimeout: 5 * time.Second}
	if err := d.listen(); err != nil {
		return nil, err
	}
	if d.room, err = milter.OpenWorkroom(cfg.Milter.Spool); err != nil {
		return nil, fmt.Errorf("milter.spool: %w", err)
	}
	d.filter.Workroom = d.room.Name
	if err := d.buildTLS(); err != nil {
		return nil, err
	}
	return d, d.buildRobot(keys, parts)
}

// parts are what both milter and portal work with.
type parts struct {
	brand   notice.Brand
	notices *notice.Notices
	shelf   shelf.Shelf
	zone    *time.Location
	inside  func(addr.Address) bool
}

func newParts(cfg *config.Config, d *daemon) (parts, error) {
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return parts{}, fmt.Errorf("timezone: %w", err)
	}
	for _, dir := range []string{cfg.Milter.Spool, cfg.Shelf.Dir} {
		if dir != "" {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return parts{}, err
			}
		}
	}
	brand, err := brandOf(cfg)
	if err != nil {
		return parts{}, err
	}
	p := parts{zone: zone, brand: brand, inside: func(a addr.Address) bool { return d.policy.Load().Inside(a) }}
	p.notices = notice.New(helped(p.brand), zone)
	if cfg.Shelf.Dir != "" {
		p.shelf, err = d.openShelf(cfg.Shelf.Dir)
	}
	return p, err
}

// openShelf opens a directory of containers that sweep keeps tidy.
func (d *daemon) openShelf(path string) (shelf.Shelf, error) {
	dir, err := shelf.OpenDir(path, shelf.DirOptions{MaxBytes: int64(d.cfg.Shelf.MaxBytes)})
	if err != nil {
		return nil, err
	}
	d.shelves = append(d.shelves, &sweptShelf{Dir: dir})
	return dir, nil
}

// storeFor opens the store that the configuration names.
func storeFor(cfg *config.Config, keys *store.Keyring, anchors store.Anchors, o daemonOptions) (*store.Store, error) {
	password := ""
	if cfg.Redis.PasswordFile != "" {
		b, err := readSecret(cfg.Redis.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("redis.password_file: %w", err)
		}
		password = strings.TrimRight(string(b), "\r\n")
	}
	return store.Open(store.Options{
		Addresses: cfg.Redis.Addresses, MasterName: cfg.Redis.MasterName, Username: cfg.Redis.Username, Password: password,
		TLS: cfg.Redis.TLS, WaitReplicas: cfg.Redis.WaitReplicas, VolatileOK: cfg.Redis.VolatileOK, Keys: keys, Dialer: o.dial, Anchors: anchors, Now: o.now, Hash: o.hash, Argon: o.sum,
	})
}

// openStore is for the commands that look at the store beside a running daemon.
func openStore(configPath string) (*config.Config, *store.Store, error) {
	cfg, err := loadConfig(configPath)
	if err != nil {
		return nil, nil, err
	}
	keys, err := loadKeyring(cfg.Keys.Master)
	if err != nil {
		return nil, nil, err
	}
	anchors, err := anchorsOf(cfg, keys, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return nil, nil, err
	}
	st, err := storeFor(cfg, keys, anchors, daemonOptions{})
	return cfg, st, err
}

func (d *daemon) buildPortal(p parts) error {
	kept := p.shelf
	if kept == nil { // no links, but a posted file still has to lie somewhere while it is read
		var err error
		if kept, err = d.openShelf(d.cfg.Milter.Spool + "/staged"); err != nil {
			return err
		}
	}
	providers, err := providersOf(d.cfg)
	if err != nil {
		return err
	}
	rooms, err := d.roomsOf()
	if err != nil {
		return err
	}
	handler, err := portal.New(portal.Config{
		Rooms: rooms, Writing: d.writingOf(),
		Providers: providers, Passkeys: d.cfg.SignIn.UsesPasskeys(),
		BaseURL: d.cfg.Portal.URL, Brand: p.brand, Store: d.store, Shelf: kept, Notices: p.notices, Outbox: d.worker,
		Inbound: &relay.SMTP{Addr: d.cfg.Relay.Inbound, Hello: d.cfg.Service.Domain, Inside: d.staysInside},
		Seal:    d.filter.SealAnswer,
		Partner: func(a addr.Address) bool { rules := d.policy.Load(); return rules.Inside(a) || rules.Partner(a) },
		Inside:  d.staysInside, Tag: "[" + d.cfg.Portal.ReplyTag + "]", Spool: d.cfg.Milter.Spool, Now: d.now, Log: d.log, Metrics: portal.NewMetrics(d.registry),
		AttachLimit: int64(d.cfg.Portal.AttachLimit), Location: p.zone,
		Insecure: strings.HasPrefix(d.cfg.Portal.URL, "http://"), // which config allows on loopback only
		Servers:  d.servers(), Formerly: d.cfg.Portal.Formerly,
		Reports: d.cfg.Robot.Listen != "", ServiceDesk: d.cfg.Desk.Has, ServiceSubjects: d.cfg.Desk.ShowSubject,
		Profile: func(name string) policy.Profile { return d.policy.Load().Profile(name) },
	})
	if err != nil {
		return err
	}
	d.filter.Ways = handler.WebsiteWays // nothing is sealed before everything is built
	d.web = portal.HTTPServer(d.cfg.Portal.Listen, handler)
	d.web.ErrorLog = slog.NewLogLogger(d.log.Handler(), slog.LevelDebug) // a line for each stranger who breaks off a handshake fills a disk
	d.web.TLSConfig, err = portalTLS(d.cfg.Portal)
	return err
}

// portalTLS reads the portal's certificate at start, so that a wrong one is told
// before anything listens. nil: a proxy in front does TLS.
func portalTLS(p config.Portal) (*tls.Config, error) {
	if p.TLSCert == "" {
		return nil, nil
	}
	cert, err := readSecret(p.TLSCert)
	if err != nil {
		return nil, fmt.Errorf("portal.tls_cert: %w", err)
	}
	key, err := readSecret(p.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("portal.tls_key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("portal.tls_cert: %s and %s are no pair of certificate and key in PEM: %w", p.TLSCert, p.TLSKey, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// Run serves until ctx is done, then lets what is under way end: first the
// milter stops taking new work, then the portal, then the outbox.
func (d *daemon) Run(ctx context.Context) error {
	defer d.Close()
	if n, err := d.filter.Resume(ctx); err != nil {
		return fmt.Errorf("milter.spool: %w", err)
	} else if n > 0 {
		d.log.Warn("messages that left while Redis was away are recorded now", "count", n)
	}
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return ended(d.filter.Serve(d.milterListener)) })
	group.Go(func() error { return ended(d.serveWeb()) })
	group.Go(func() error { return ended(d.operator.Serve(d.operatorListener)) })
	group.Go(func() error { return ended(d.tls.serve()) })
	group.Go(func() error { return ended(d.robot.serve()) })
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	group.Go(func() error { return ended(d.worker.Run(work)) })
	group.Go(func() error { return ended(d.sweep(work)) })
	group.Go(func() error { return ended(d.tls.prove(work)) })
	group.Go(func() error {
		<-running.Done()
		tellSystemd("STOPPING=1")
		defer stopWork()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
		defer cancel()
		return errors.Join(ended(d.filter.Shutdown(grace)), ended(d.web.Shutdown(grace)), ended(d.operator.Shutdown(grace)), ended(d.tls.shutdown(grace)), ended(d.robot.shutdown(grace)))
	})
	d.log.Info("postseal is serving", "version", version, "milter", d.milterListener.Addr().String(), "portal", d.webListener.Addr().String())
	tellSystemd("READY=1")
	return group.Wait()
}

func (d *daemon) serveWeb() error {
	if d.web.TLSConfig != nil {
		return d.web.ServeTLS(d.webListener, "", "") // the certificate is in TLSConfig
	}
	return d.web.Serve(d.webListener)
}

// reload takes over the rules of a changed configuration file; the old ones
// stay when the new ones are wrong.
func (d *daemon) reload(path string) {
	cfg, err := loadConfig(path)
	if err != nil {
		d.log.Error("the new configuration is wrong, the old rules stay", "error", err)
		return
	}
	d.policy.Store(&cfg.File)
	d.tls.reloaded()
	d.log.Info("rules reloaded; other settings need a restart", "file", path)
}

// ended turns the ways in which a server says that it was told to stop into nil.
func ended(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.Canceled) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Close frees what newDaemon bound.
func (d *daemon) Close() {
	for _, l := range []net.Listener{d.milterListener, d.webListener, d.operatorListener} {
		if l != nil {
			l.Close()
		}
	}
	d.tls.close()
	if d.readers != nil {
		d.readers.Close()
	}
	if d.sums != nil {
		d.sums.Close()
	}
	d.robot.close()
	for _, r := range d.relays {
		r.Close()
	}
	if d.room != nil {
		d.room.Close()
	}
	if d.store != nil {
		d.store.Close()
	}
}
