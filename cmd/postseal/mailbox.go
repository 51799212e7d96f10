package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// eachMail judges the mails of files and directories, several at a time, and
// tells of them in the order in which they stand there. Only a few answers wait
// at one time, however many mails there are.
func eachMail[T any](ctx context.Context, names []string, judge func(name string) T, tell func(T) error) error {
	ctx, stop := context.WithCancel(ctx)
	type job struct {
		name   string
		answer chan T
	}
	jobs := make(chan job)
	waiting := make(chan job, 4*replayJobs())
	var walked error
	go func() {
		defer close(waiting)
		defer close(jobs)
		walked = walkMails(names, func(name string) error {
			j := job{name, make(chan T, 1)}
			for _, to := range []chan job{waiting, jobs} {
				select {
				case to <- j:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
	}()
	var workers sync.WaitGroup
	defer workers.Wait()
	defer stop() // before Wait, so that the walk ends early after an error of tell
	work := func() {
		for j := range jobs {
			j.answer <- judge(j.name)
		}
	}
	for range replayJobs() {
		workers.Go(work)
	}
	for j := range waiting {
		select {
		case answer := <-j.answer:
			if err := tell(answer); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return walked
}

// walkMails gives the mails of files and directories: a file that is named is
// one; in directories, those that end in .eml and those of maildirs.
func walkMails(names []string, do func(name string) error) error {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return plain(err)
		}
		if !info.IsDir() {
			if err := do(name); err != nil {
				return err
			}
			continue
		}
		found := false
		err = filepath.WalkDir(name, func(path string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return plain(err)
			case e.Type().IsRegular() && isMail(path):
				found = true
				return do(path)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%s: no mail is in there; mails end in .eml or stand in the directories cur and new of a maildir", name)
		}
	}
	return nil
}

// isMail knows mails by the end of their name, or by the directory of a maildir
// (cur, new), whose names end in anything.
func isMail(path string) bool {
	base, dir := filepath.Base(path), filepath.Base(filepath.Dir(path))
	return !strings.HasPrefix(base, ".") && (strings.EqualFold(filepath.Ext(base), ".eml") || dir == "cur" || dir == "new")
}
