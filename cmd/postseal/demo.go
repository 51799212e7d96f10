package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/alicebob/miniredis/v2"
	"golang.org/x/sync/errgroup"

	"github.com/postseal/postseal/config"
	"github.com/postseal/postseal/internal/demo"
	"github.com/postseal/postseal/store"
)

//go:embed demo.yaml
var demoConfig string

// demoListen is where the demo's page is unless that port is taken or --listen
// says otherwise.
const demoListen = "127.0.0.1:8025"

// demoCommand runs the whole program on loopback with stand-ins for Postfix,
// Redis and everybody's mail provider.
func demoCommand(ctx context.Context, args []string, s streams) error {
	f := flags("demo", s)
	once := f.Bool("once", false, "walk the way of a message without a browser, say what held, and end")
	listen := f.String("listen", "", "`ADDRESS` of the page, on this machine only (default "+demoListen+", or any free port)")
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 0 {
		return usageError{"demo takes no arguments"}
	}
	page, err := listenLoopback(*listen)
	if err != nil {
		return err
	}
	if *once {
		return demoOnce(ctx, page, s)
	}
	d, err := newDemo(page, demoLog(s.err))
	if err != nil {
		return err
	}
	defer d.Close()
	d.greet(s.out)
	return d.Run(ctx)
}

func demoLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// demoOnce walks and ends. What is logged is shown only when the walk does not
// hold: the end cuts connections on which all has been said.
func demoOnce(ctx context.Context, page net.Listener, s streams) error {
	var logged lockedBuffer
	d, err := newDemo(page, demoLog(&logged))
	if err != nil {
		return err
	}
	defer d.Close()
	walking, stop := context.WithCancel(ctx)
	defer stop()
	group, running := errgroup.WithContext(walking)
	group.Go(func() error { return d.Run(running) })
	group.Go(func() error {
		defer stop()
		return d.walk(running, s.out)
	})
	err = group.Wait()
	if err != nil {
		fmt.Fprint(s.err, logged.String())
	}
	if errors.Is(err, demo.ErrWalk) {
		return errReported
	}
	return err
}

// lockedBuffer may be written while it is read: a cut connection logs late.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// listenLoopback binds the page's port. The demo shows every mail in clear to
// whoever can reach it, so it listens to this machine only.
func listenLoopback(address string) (net.Listener, error) {
	if address == "" {
		if l, err := net.Listen("tcp", demoListen); err == nil {
			return l, nil
		}
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usageError{"--listen wants HOST:PORT, such as " + demoListen}
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return nil, usageError{"--listen: the demo shows every mail to whoever can reach it, so it listens on this machine only: " + demoListen}
	}
	return net.Listen("tcp", address)
}

// demoWorld is the running demo: the daemon as it is served, and what stands
// around it.
type demoWorld struct {
	dir     string // private; taken away by Close
	log     *slog.Logger
	redis   *miniredis.Miniredis
	catcher *demo.Catcher
	front   *demo.Front
	daemon  *daemon
	portal  string // base URL

	pageServer, filesServer                   *http.Server
	page, files, submission, reentry, inbound net.Listener
}

// newDemo binds and makes everything. Whatever it has made is undone when a
// later part fails.
func newDemo(page net.Listener, log *slog.Logger) (_ *demoWorld, err error) {
	d := &demoWorld{log: log, page: page, redis: miniredis.NewMiniRedis()}
	defer func() {
		if err != nil {
			d.Close()
		}
	}()
	if d.dir, err = os.MkdirTemp("", "postseal-demo-"); err != nil {
		return nil, err
	}
	for _, l := range []*net.Listener{&d.files, &d.submission, &d.reentry, &d.inbound} {
		if *l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, err
		}
	}
	if err := d.startRedis(); err != nil {
		return nil, err
	}
	cfg, err := d.config()
	if err != nil {
		return nil, err
	}
	keys, err := store.LoadKeyring(bytes.NewReader(store.NewMasterKeyFile()))
	if err != nil {
		return nil, err
	}
	if d.daemon, err = newDaemon(cfg, daemonOptions{log: log, keys: keys}); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, err
	}
	return d, d.surround(cfg, func() time.Time { return time.Now().In(zone) })
}

// startRedis starts the stand-in, with a password: other users of this machine
// can reach its port.
func (d *demoWorld) startRedis() error {
	password := rand.Text()
	d.redis.RequireAuth(password)
	if err := os.WriteFile(filepath.Join(d.dir, "redis-password"), []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	return d.redis.Start()
}

// config fills in demo.yaml and reads it as strictly as an operator's file.
func (d *demoWorld) config() (*config.Config, error) {
	portal, err := freePort()
	if err != nil {
		return nil, err
	}
	d.portal = "http://" + portal
	t, err := template.New("demo.yaml").Option("missingkey=error").Parse(demoConfig)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]string{"Organisation": demo.Organisation, "Domain": demo.Domain, "Dir": d.dir, "Redis": d.redis.Addr(),
		"Portal": d.portal, "PortalListen": portal, "Reentry": d.reentry.Addr().String(), "Inbound": d.inbound.Addr().String()}); err != nil {
		return nil, err
	}
	return config.Parse("demo.yaml", b.Bytes())
}

// freePort gives an address on which nobody listens. The portal's address
// stands in the configuration before the daemon binds it.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// surround makes catcher, front and page.
func (d *demoWorld) surround(cfg *config.Config, now func() time.Time) error {
	d.catcher = demo.NewCatcher(now, d.log)
	d.front = demo.NewFront(cfg.Milter.Listen, func(from string, to []string, raw []byte) (*demo.Mail, error) {
		return d.catcher.Deliver(demo.Clear, from, to, raw)
	}, d.log)
	site, err := demo.NewSite(demo.SiteConfig{Front: d.submission.Addr().String(), Catcher: d.catcher, Files: "http://" + d.files.Addr().String(), Now: now, Log: d.log})
	if err != nil {
		return err
	}
	d.pageServer = &http.Server{Handler: site.Handler(), ReadHeaderTimeout: 10 * time.Second}
	d.filesServer = &http.Server{Handler: site.Files(), ReadHeaderTimeout: 10 * time.Second}
	return nil
}

// Run serves until ctx is done.
func (d *demoWorld) Run(ctx context.Context) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return d.daemon.Run(running) })
	group.Go(func() error { return ended(d.catcher.Serve(d.reentry, demo.Reentry)) })
	group.Go(func() error { return ended(d.catcher.Serve(d.inbound, demo.Inbound)) })
	group.Go(func() error { return ended(d.front.Serve(d.submission)) })
	group.Go(func() error { return ended(d.pageServer.Serve(d.page)) })
	group.Go(func() error { return ended(d.filesServer.Serve(d.files)) })
	group.Go(func() error {
		<-running.Done()
		d.closeListeners() // also those whose server has not begun yet
		return errors.Join(ended(d.pageServer.Close()), ended(d.filesServer.Close()), ended(d.front.Close()), ended(d.catcher.Close()))
	})
	return group.Wait()
}

// Close frees what newDemo has made; nothing stays behind.
func (d *demoWorld) Close() {
	d.closeListeners()
	if d.daemon != nil {
		d.daemon.Close()
	}
	d.redis.Close()
	if d.dir != "" {
		if err := os.RemoveAll(d.dir); err != nil {
			d.log.Warn("the demo's directory stays behind", "error", err)
		}
	}
}

func (d *demoWorld) closeListeners() {
	for _, l := range []net.Listener{d.page, d.files, d.submission, d.reentry, d.inbound} {
		if l != nil {
			l.Close()
		}
	}
}

// walk is demo --once.
func (d *demoWorld) walk(ctx context.Context, out io.Writer) error {
	return demo.Walk{Front: d.submission.Addr().String(), Portal: d.portal, Catcher: d.catcher, Out: out, Now: time.Now}.Run(ctx)
}

// greet says where to look and what to try.
func (d *demoWorld) greet(out io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "postseal demo: everything on this machine, nothing is sent to anybody.\n\n  Open  http://%s/\n\n", d.page.Addr())
	b.WriteString("What to try:\n")
	for i, line := range demo.Tries() {
		fmt.Fprintf(&b, "  %d. %s\n", i+1, line)
	}
	fmt.Fprintf(&b, "Then open the newest mail in %s's inbox and read, answer, take back.\n\n", demo.Outside()[0].Name)
	fmt.Fprintf(&b, "The recipients' own pages: %s/\nA mail program of yours can write as staff: SMTP at %s, no sign-in.\nCtrl-C ends it; nothing stays behind.\n", d.portal, d.submission.Addr())
	fmt.Fprint(out, b.String())
}
