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
		{1}: {LinkUntil: now.Add(48 * time.Hour), ExpiresAt: now.Add(60 * time.Hour)},
		{2}: {ExpiresAt: now.Add(time.Hour)},
		{3}: {LinkUntil: now.Add(48 * time.Hour), ExpiresAt: now.Add(60 * time.Hour), Destroyed: now},
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

// A renewed or extended link leads somewhere: the shelf keeps what may still be
// asked for while there is room, and what came without a file as long as its key.
func TestTidyKeepsForRenewal(t *testing.T) {
	now := time.Now()
	box := "\xd2" + strings.Repeat("x", 99)
	digest := envelope.Digest(sha256.Sum256([]byte(box)))
	for _, c := range []struct {
		name     string
		record   store.Record
		maxBytes int64
		keeps    bool
	}{
		{"link over, open, room", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 1000, true},
		{"link over, open, little room", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 150, false},
		{"link renewed", store.Record{LinkUntil: now.Add(5 * time.Hour), ExpiresAt: now.Add(9 * time.Hour)}, 150, true},
		{"closed", store.Record{LinkUntil: now.Add(-2 * time.Hour), ExpiresAt: now.Add(-time.Hour)}, 1000, false},
		{"link only, closed, can be opened again", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Hour)}, 150, true},
		{"link only, key gone", store.Record{LinkUntil: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Hour), Destroyed: now}, 1000, false},
	} {
		dir, err := shelf.OpenDir(t.TempDir(), shelf.DirOptions{MinFree: -1, MaxBytes: c.maxBytes})
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Put(t.Context(), envelope.ID{1}, digest, strings.NewReader(box)); err != nil {
			t.Fatal(err)
		}
		at := now.Add(2 * time.Hour)
		shift := func(when time.Time) time.Time {
			if when.IsZero() {
				return when
			}
			return when.Add(2 * time.Hour)
		}
		r := c.record
		r.LinkUntil, r.ExpiresAt, r.Destroyed = shift(r.LinkUntil), shift(r.ExpiresAt), shift(r.Destroyed)
		if err := tidy(t.Context(), dir, records{{1}: r}, at); err != nil {
			t.Fatal(err)
		}
		if f, err := dir.Get(t.Context(), envelope.ID{1}, digest); (err == nil) != c.keeps {
			t.Errorf("%s: kept %v, want %v", c.name, err == nil, c.keeps)
		} else if err == nil {
			_ = f.Close()
		}
	}
}
