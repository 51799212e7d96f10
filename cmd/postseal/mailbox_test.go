package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mailbox makes a directory with n small mails, every tenth of them marked.
func mailbox(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		subject := "Minutes"
		if i%10 == 0 {
			subject = "[SECURE] Care plan"
		}
		mail := fmt.Sprintf("From: jane@example.gov.uk\r\nTo: bob@firm.example\r\nSubject: %s\r\n\r\n%s", subject, strings.Repeat("The committee met on Monday at 10:00, tel 01632 960123.\r\n", 40))
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d.eml", i)), []byte(mail), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEachMailKeepsOrderAndStops(t *testing.T) {
	dir := mailbox(t, 100)
	judge := func(name string) string { return filepath.Base(name) }
	var got []string
	if err := eachMail(t.Context(), []string{dir}, judge, func(s string) error { got = append(got, s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 100 || !slices.IsSorted(got) {
		t.Errorf("got %d answers, in order %v; want 100, true", len(got), slices.IsSorted(got))
	}
	full := errors.New("the disk is full")
	told := 0
	err := eachMail(t.Context(), []string{dir}, judge, func(string) error {
		if told++; told == 3 {
			return full
		}
		return nil
	})
	if !errors.Is(err, full) || told != 3 {
		t.Errorf("after an error: got %v and %d answers, want it, and no more than 3", err, told)
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	if err := eachMail(ended, []string{dir}, judge, func(string) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("told to stop: got %v", err)
	}
}

// manyReplayed gives the arguments that compare two rule files over n small mails.
func manyReplayed(t testing.TB, n int) []string {
	dir := mailbox(t, n)
	old, fresh := filepath.Join(dir, "old.yaml"), filepath.Join(dir, "new.yaml")
	const rules = "organisation: {name: X, domains: [example.gov.uk]}\nrules:\n  - {name: scan, if: {pid: {score: 10}}, do: seal}\n"
	for name, text := range map[string]string{old: rules, fresh: rules + "  - {name: tag, if: {subject_tag: SECURE}, do: seal}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []string{"replay", old, fresh, dir}
}

// TestReplayOfManyMails compares two rule files over a thousand mails, of which
// every tenth has another verdict. How fast that is BenchmarkReplay tells.
func TestReplayOfManyMails(t *testing.T) {
	var out, complaints bytes.Buffer
	status := run(t.Context(), manyReplayed(t, 1000), streams{strings.NewReader(""), &out, &complaints})
	if want := "messages: 1000, with another verdict: 100\nwould newly seal 100, would newly pass 0, would newly refuse 0\n"; status != 0 || !strings.HasSuffix(out.String(), want) {
		t.Errorf("got status %d, %s\n%s", status, complaints.String(), out.String()[max(0, out.Len()-200):])
	}
}

// BenchmarkReplay is a thousand small mails; docs/policy.md promises 10,000 in some
// seconds.
func BenchmarkReplay(b *testing.B) {
	arguments := manyReplayed(b, 1000)
	for b.Loop() {
		var out, complaints bytes.Buffer
		if status := run(b.Context(), arguments, streams{strings.NewReader(""), &out, &complaints}); status != 0 {
			b.Fatal(complaints.String())
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
