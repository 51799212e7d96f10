package worker

import (
	"errors"
	"strings"
	"time"

	"github.com/postseal/postseal/extract"
	"github.com/postseal/postseal/internal/cell"
)

const (
	// maxFile bounds the octets of a file that is sent: what policy holds of all
	// attachments at one time, and something above.
	maxFile = 48 << 20
	// maxJob bounds the frame of a job.
	maxJob = maxFile + 1<<20
	// maxName bounds the octets of a file's name: file systems take 255 characters.
	maxName = 1024
)

var errJob = errors.New("worker: damaged job")

// job is what goes to a worker.
type job struct {
	id    int64
	takes time.Duration // what the worker may take by its own clock
	extract.Job
}

func (j job) pack() []byte {
	p := cell.Packer{Frame: make([]byte, 0, len(j.File.Data)+512)}
	p.Number(j.id)
	p.Number(int64(j.takes))
	l := j.Limits
	for _, n := range []int64{int64(l.Text), l.Expanded, l.Ratio, l.Work, l.Held, int64(l.Depth), int64(l.Files), int64(l.Entries), int64(l.Objects)} {
		p.Number(n)
	}
	packUsed(&p, j.Used)
	p.Text(shortened(j.File.Name))
	p.Text(shortened(j.File.Type))
	p.Number(int64(len(j.File.Data)))
	p.Frame = append(p.Frame, j.File.Data...)
	return p.Frame
}

func unpackJob(b []byte) (job, error) {
	u := &cell.Unpacker{Frame: b}
	j := job{id: u.Number(), takes: time.Duration(u.Number())}
	j.Limits = extract.Limits{Text: int(u.Number()), Expanded: u.Number(), Ratio: u.Number(), Work: u.Number(), Held: u.Number(),
		Depth: int(u.Number()), Files: int(u.Number()), Entries: int(u.Number()), Objects: int(u.Number())}
	j.Used = unpackUsed(u)
	j.File.Name, j.File.Type = u.Text(maxName), u.Text(maxName)
	j.File.Data = u.Octets(maxFile)
	if !u.Whole() {
		return job{}, errJob
	}
	return j, nil
}

func packUsed(p *cell.Packer, u extract.Used) {
	for _, n := range []int64{int64(u.Text), u.Expanded, u.Work, int64(u.Files)} {
		p.Number(n)
	}
}

func unpackUsed(u *cell.Unpacker) extract.Used {
	return extract.Used{Text: int(u.Number()), Expanded: u.Number(), Work: u.Number(), Files: int(u.Number())}
}

// shortened keeps the beginning and the end of a name that no file system takes.
func shortened(name string) string {
	if len(name) > maxName {
		name = name[:maxName/2] + name[len(name)-maxName/2:]
	}
	return name
}

// fit is text that the other side takes: UTF-8 of at most so many octets.
func fit(s string, most int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
