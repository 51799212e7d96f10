package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// records answers for the store: what is not in the map is not known there.
type records map[envelope.ID]store.Record

func (r records) EnvelopeForOperator(_ context.Context, id envelope.ID) (store.Record, error) {
	if rec, ok := r[id]; ok {
		return rec, nil
	}
	return store.Record{}, store.ErrNotFound
}

// A container stays while its link is good, and an hour after it was put there.
func TestTidyKeepsWhatALinkLeadsTo(t *testing.T) {
	now := time.Now()
	known := records{
		{1}: {LinkUntil: now.Add(48 * time.Hour)},
		{2}: {LinkUntil: now.Add(time.Hour)},
		{3}: {LinkUntil: now.Add(48 * time.Hour), Destroyed: now},
	}
	dir, err := shelf.OpenDir(t.TempDir(), shelf.DirOptions{MinFree: -1})
	if err != nil {
		t.Fatal(err)
	}
	digest := envelope.Digest(sha256.Sum256([]byte("\xd2")))
	for i := byte(1); i <= 4; i++ {
		if err := dir.Put(t.Context(), envelope.ID{i}, digest, strings.NewReader("\xd2")); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		after time.Duration
		kept  []byte
	}{{30 * time.Minute, []byte{1, 2, 3, 4}}, {2 * time.Hour, []byte{1}}, {72 * time.Hour, nil}} {
		if err := tidy(t.Context(), dir, known, now.Add(c.after)); err != nil {
			t.Fatal(err)
		}
		var got []byte
		for i := byte(1); i <= 4; i++ {
			f, err := dir.Get(t.Context(), envelope.ID{i}, digest)
			if err == nil {
				f.Close()
				got = append(got, i)
			} else if !errors.Is(err, shelf.ErrNotFound) {
				t.Fatal(err)
			}
		}
		if string(got) != string(c.kept) {
			t.Errorf("after %v: kept %v, want %v", c.after, got, c.kept)
		}
	}
}
