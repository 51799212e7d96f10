package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// serve runs the daemon until it is told to stop. SIGHUP reads the rules again.
func serve(ctx context.Context, args []string, s streams) error {
	f := flags("serve", s)
	path := configFlag(f)
	if err := parse(f, args); err != nil {
		return err
	}
	if f.NArg() != 0 {
		return usageError{"serve takes no arguments"}
	}
	cfg, err := loadConfig(*path)
	if err != nil {
		return err
	}
	paceCollections()
	d, err := newDaemon(cfg, daemonOptions{log: newLogger(cfg.Log, s.err)})
	if err != nil {
		return err
	}
	if err := refuseWiring(ctx, cfg, d); err != nil {
		d.Close()
		return err
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	go func() {
		for {
			select {
			case <-hup:
				d.reload(*path)
			case <-ctx.Done():
				return
			}
		}
	}()
	return d.Run(ctx)
}
