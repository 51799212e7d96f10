package e2etest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// scanPatience is how long SpamAssassin may take for all mails of a run.
const scanPatience = 20 * time.Minute

// saMark is the field that SpamAssassin is told to add.
var saMark = regexp.MustCompile(`(?m)^X-Spam-Measured: score=(\S+) tests=(\S+)\r?$`)

// SpamAssassin judges mails by the rules as they are shipped, without network and
// without learned statistics, all in one process.
func SpamAssassin(t testing.TB, mails [][]byte) []Verdict {
	t.Helper()
	program, dir := Need(t, "spamassassin"), ShortDir(t)
	args := []string{"-L", "-x", "--cf=use_bayes 0", "--cf=clear_headers", "--cf=fold_headers 0",
		"--cf=add_header all Measured score=_SCORE_ tests=_TESTSSCORES(,)_"}
	for i, raw := range mails {
		name := filepath.Join(dir, fmt.Sprintf("%05d", i))
		if err := os.WriteFile(name, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), scanPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil && out.Len() == 0 {
		t.Fatalf("spamassassin: %v\n%s", err, complaints.String())
	}
	said := saMark.FindAllStringSubmatch(out.String(), -1)
	if len(said) != len(mails) {
		t.Fatalf("spamassassin judged %d mails of %d\n%.2000s", len(said), len(mails), complaints.String())
	}
	all := make([]Verdict, len(mails))
	for i, m := range said {
		all[i] = Verdict{Symbols: map[string]float64{}}
		all[i].Score, _ = strconv.ParseFloat(m[1], 64)
		for _, one := range strings.Split(m[2], ",") {
			if name, score, ok := strings.Cut(one, "="); ok {
				all[i].Symbols[name], _ = strconv.ParseFloat(score, 64)
			}
		}
	}
	return all
}
