package main

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// What Redis repeats of a command, a password among it, is in the arguments.
func TestRedisLogKeepsTheFixedWordsOnly(t *testing.T) {
	for _, c := range []struct {
		level slog.Level
		want  string
	}{
		{slog.LevelDebug, "event=\"read failed: %v\""},
		{slog.LevelInfo, ""},
	} {
		var b bytes.Buffer
		l := redisLog{slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: c.level}))}
		l.Printf(context.Background(), "read failed: %v", "ERR unknown command AUTH plantedpassword")
		if got := b.String(); !strings.Contains(got, c.want) || strings.Contains(got, "planted") || (c.want == "") != (got == "") {
			t.Errorf("at %v: got %q, want %q and no argument", c.level, got, c.want)
		}
	}
}
