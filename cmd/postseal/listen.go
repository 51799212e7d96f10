package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/postseal/postseal/config"
)

// listen binds every listener, so that a port that is taken is told at start.
func (d *daemon) listen() (err error) {
	if d.milterListener, err = listenSocket("milter.listen", d.cfg.Milter.Listen, d.cfg.Milter); err != nil {
		return err
	}
	if d.webListener, err = net.Listen("tcp", d.cfg.Portal.Listen); err != nil {
		return fmt.Errorf("portal.listen: %w", err)
	}
	if d.operatorListener, err = net.Listen("tcp", d.cfg.Metrics.Listen); err != nil {
		return fmt.Errorf("metrics.listen: %w", err)
	}
	return nil
}

// listenSocket binds unix:PATH or inet:ADDRESS:PORT for Postfix, which a setting
// names; rights are those of the milter's socket. A socket file that a dead
// daemon left is taken away; one that answers is not.
func listenSocket(setting, listen string, m config.Milter) (net.Listener, error) {
	if address, ok := strings.CutPrefix(listen, "inet:"); ok {
		return net.Listen("tcp", address)
	}
	path := strings.TrimPrefix(listen, "unix:")
	if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
		c.Close()
		return nil, fmt.Errorf("%s: another daemon answers at %s", setting, path)
	} else if _, err := os.Lstat(path); err == nil {
		os.Remove(path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	if err := socketRights(path, m); err != nil {
		l.Close()
		return nil, fmt.Errorf("%s: %w", setting, err)
	}
	return l, nil
}

// socketRights lets Postfix's group, and nobody else, hand in mail.
func socketRights(path string, m config.Milter) error {
	if m.SocketGroup != "" {
		g, err := user.LookupGroup(m.SocketGroup)
		if err != nil {
			return err
		}
		gid, err := strconv.Atoi(g.Gid)
		if err != nil {
			return err
		}
		if err := os.Chown(path, -1, gid); err != nil {
			return err
		}
	}
	return os.Chmod(path, os.FileMode(m.SocketMode))
}

// newLogger writes what the configuration asks for.
func newLogger(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// readyTimeout bounds one look at Redis for /readyz.
const readyTimeout = 3 * time.Second

// operatorPages is for the operator's own network only: /metrics, /healthz (the
// process runs) and /readyz (it can seal).
func operatorPages(d *daemon) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(d.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := d.store.Ready(ctx); err != nil {
			http.Error(w, "not ready: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	return mux
}
