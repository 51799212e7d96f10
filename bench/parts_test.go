package bench

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// benchmark runs one Go benchmark of another package so many times and gives what
// it reported, by unit.
func benchmark(t *testing.T, dir, name, time string, count int) map[string][]float64 {
	t.Helper()
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", "^"+name+"$", "-benchtime", time, "-count", strconv.Itoa(count), ".")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	reported := map[string][]float64{}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, name) {
			continue
		}
		for _, m := range metric.FindAllStringSubmatch(line, -1) {
			f, err := strconv.ParseFloat(m[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			reported[m[2]] = append(reported[m[2]], f)
		}
	}
	if len(reported) == 0 {
		t.Fatalf("%s reported nothing:\n%s", name, out)
	}
	return reported
}

var metric = regexp.MustCompile(`([0-9.e+-]+) ([A-Za-z][A-Za-z/-]*)`)

// parts measures single packages beside what they are made of.
func parts(t *testing.T) []goal {
	seal := benchmark(t, "../envelope", "BenchmarkSealBesideBare", "2s", 5)
	find := benchmark(t, "../pid", "BenchmarkFind", "2s", 5)
	expressions := benchmark(t, "../pid", "BenchmarkFindBesideRegexp", "3x", 3)
	classify := benchmark(t, "../policy", "BenchmarkClassifyBesideGoMessage", "2s", 5)
	return []goal{
		{6, "sealing alone, 10 MB, CPU of the bare steps in sequence", []limit{{"ratio", 1 / median(seal["ratio"]), 1.4, false, ""}}, seal},
		{8, "the scan, on ordinary mail text", []limit{
			{"a core", median(find["quiet-MB/s"]), 150, true, "MB/s"}, {"of one alternation in Go's regexp", median(expressions["ratio"]), 100, true, ""},
		}, find},
		{9, "parse, decode and scan of 10 MB of text, speed of go-message's Read and Walk", []limit{{"ratio", median(classify["ratio"]), 0.4, true, ""}}, classify},
	}
}
