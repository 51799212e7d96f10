package worker

import (
	"errors"
	"strings"
	"time"

	"github.com/postseal/postseal/extract"
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
	p := packer{b: make([]byte, 0, len(j.File.Data)+512)}
	p.number(j.id)
	p.number(int64(j.takes))
	l := j.Limits
	for _, n := range []int64{int64(l.Text), l.Expanded, l.Ratio, l.Work, l.Held, int64(l.Depth), int64(l.Files), int64(l.Entries), int64(l.Objects)} {
		p.number(n)
	}
	packUsed(&p, j.Used)
	p.text(shortened(j.File.Name))
	p.text(shortened(j.File.Type))
	p.number(int64(len(j.File.Data)))
	p.b = append(p.b, j.File.Data...)
	return p.b
}

func unpackJob(b []byte) (job, error) {
	u := &unpacker{b: b}
	j := job{id: u.number(), takes: time.Duration(u.number())}
	j.Limits = extract.Limits{Text: int(u.number()), Expanded: u.number(), Ratio: u.number(), Work: u.number(), Held: u.number(),
		Depth: int(u.number()), Files: int(u.number()), Entries: int(u.number()), Objects: int(u.number())}
	j.Used = unpackUsed(u)
	j.File.Name, j.File.Type = u.text(maxName), u.text(maxName)
	j.File.Data = u.octets(maxFile)
	if u.bad || len(u.b) > 0 {
		return job{}, errJob
	}
	return j, nil
}

func packUsed(p *packer, u extract.Used) {
	for _, n := range []int64{int64(u.Text), u.Expanded, u.Work, int64(u.Files)} {
		p.number(n)
	}
}

func unpackUsed(u *unpacker) extract.Used {
	return extract.Used{Text: int(u.number()), Expanded: u.number(), Work: u.number(), Files: int(u.number())}
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
