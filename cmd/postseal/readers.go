package main

import (
	"context"
	"fmt"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/extract/worker"
	"github.com/postseal/postseal/store/argon"
)

// testOnlyRead is what a worker reads with; a test's own build sets it to
// misbehave as a document's reader may.
var testOnlyRead func(context.Context, extract.Job) extract.Answer

// extractWorker is the program as a worker: it reads documents for a daemon. It
// is not among the commands, since nobody but the daemon calls it.
func extractWorker(s streams) int {
	read := extract.Do
	if testOnlyRead != nil {
		read = testOnlyRead
	}
	if err := worker.Serve(s.in, s.out, read); err != nil {
		fmt.Fprintln(s.err, err)
		return 1
	}
	return 0
}

// readDocuments starts the processes that read attached documents. The commands
// that judge mails in files do without: they are run by hand, are faster so, and
// a reader that crashes is seen there with its trace.
func (d *daemon) readDocuments() *worker.Pool {
	d.readers = worker.New(worker.Options{Workers: d.cfg.Milter.Readers, Log: d.log, Metrics: worker.NewMetrics(d.registry)})
	return d.readers
}

// argonWorker is the program as a process that computes what passwords rest as.
func argonWorker(s streams) int {
	if err := argon.Serve(s.in, s.out); err != nil {
		fmt.Fprintln(s.err, err)
		return 1
	}
	return 0
}
