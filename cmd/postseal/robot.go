package main

import (
	"context"
	"net"

	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/robot"
	"github.com/postseal/postseal/store"
)

// mailRobot is the LMTP server for the service's own addresses. A nil one does
// nothing: none is configured.
type mailRobot struct {
	server   *robot.Server
	listener net.Listener
}

// buildRobot binds the socket where Postfix hands over mobile@, b+ID@ and reply+ID@.
func (d *daemon) buildRobot(keys *store.Keyring, p parts) error {
	c := d.cfg.Robot
	if c.Listen == "" {
		return nil
	}
	listener, err := listenSocket("robot.listen", c.Listen, d.cfg.Milter)
	if err != nil {
		return err
	}
	d.robot = &mailRobot{listener: listener, server: robot.NewServer(&robot.Robot{
		Store: d.store, Keys: keys, Notices: p.notices, Inside: d.staysInside, Shelf: p.shelf, Outbox: d.worker, Spool: d.cfg.Milter.Spool,
		Inbound: &relay.SMTP{Addr: d.cfg.Relay.Inbound, Hello: d.cfg.Service.Domain, Inside: d.staysInside},
		Domains: c.Domains, Proof: robot.Proof{AuthservIDs: c.Authserv}, AttachLimit: int64(d.cfg.Portal.AttachLimit),
		Now: d.now, Log: d.log, Metrics: robot.NewMetrics(d.registry),
	})}
	return nil
}

func (r *mailRobot) serve() error {
	if r == nil {
		return nil
	}
	return r.server.Serve(r.listener)
}

func (r *mailRobot) shutdown(ctx context.Context) error {
	if r == nil {
		return nil
	}
	return r.server.Shutdown(ctx)
}

func (r *mailRobot) close() {
	if r != nil {
		r.listener.Close()
	}
}
