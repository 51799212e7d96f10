package worker

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postseal/postseal/extract"
)

// asked is the job that the answers of these tests belong to.
func asked() job {
	j := job{id: 3, takes: time.Second, Job: extract.Job{File: honest, Limits: extract.DefaultLimits, Used: extract.Used{Text: 10, Work: 20, Files: 1}}}
	j.Limits.Text = 2 << 20
	return j
}

func answered() extract.Answer {
	return extract.Answer{
		Used: extract.Used{Text: 30, Expanded: 5, Work: 40, Files: 3},
		Docs: []extract.Document{
			{Name: honest.Name, Kind: "zip", Text: "Dear Bob, page", Places: []extract.Place{{Where: "page 1"}, {Where: "page 2", At: 14}}, Properties: []extract.Property{{Name: "title", Value: "x"}}},
			{Name: "b.pdf", In: []string{honest.Name}, Kind: "pdf", Err: told{extract.ErrTooBig, "too big to read: page 1"}},
			{Name: "c.png", In: []string{honest.Name}, Kind: "media", NoText: true},
		},
		Mails: []extract.Mail{{Doc: 1, Octets: []byte("Subject: x\r\n\r\n")}},
	}
}

func TestAnswerComesBackAsItWas(t *testing.T) {
	got, err := unpackAnswer(packAnswer(asked(), answered()), asked())
	if err != nil || !reflect.DeepEqual(got, answered()) {
		t.Errorf("got %+v, %v; want %+v", got, err, answered())
	}
	j, err := unpackJob(asked().pack())
	if err != nil || !reflect.DeepEqual(j, asked()) {
		t.Errorf("got %+v, %v; want %+v", j, err, asked())
	}
}

// What cannot be true is not believed, whatever else stands in it.
func TestAnswersThatCannotBeTrue(t *testing.T) {
	for name, change := range map[string]func(*extract.Answer){
		"place beyond the text":  func(a *extract.Answer) { a.Docs[0].Places[1].At = 15 },
		"places out of order":    func(a *extract.Answer) { a.Docs[0].Places[0].At = 14; a.Docs[0].Places[1].At = 1 },
		"place before the text":  func(a *extract.Answer) { a.Docs[0].Places[0].At = -1 },
		"text that is no UTF-8":  func(a *extract.Answer) { a.Docs[0].Text = "caf\xe9 and more" },
		"more text than allowed": func(a *extract.Answer) { a.Docs[0].Text = strings.Repeat("x", 3<<20+1) },
		"deeper than allowed":    func(a *extract.Answer) { a.Docs[1].In = make([]string, extract.DefaultLimits.Depth+3) },
		"mail in no document":    func(a *extract.Answer) { a.Mails[0].Doc = 3 },
		"mail in document -1":    func(a *extract.Answer) { a.Mails[0].Doc = -1 },
		"no file used":           func(a *extract.Answer) { a.Used.Files = 1 },
		"less work than before":  func(a *extract.Answer) { a.Used.Work = 19 },
		"more than can be used":  func(a *extract.Answer) { a.Used.Expanded = 1 << 60 },
		"a document of pictures": func(a *extract.Answer) { a.Docs[0] = extract.Document{NoText: true} },
		"text and no text":       func(a *extract.Answer) { a.Docs[2].Text = "x" },
		"nothing":                func(a *extract.Answer) { a.Docs = nil },
	} {
		a := answered()
		change(&a)
		if got, err := unpackAnswer(packAnswer(asked(), a), asked()); !errors.Is(err, errLie) {
			t.Errorf("%s: got %+v, %v; want %v", name, got, err, errLie)
		}
	}
	whole := packAnswer(asked(), answered())
	for n := range whole {
		if _, err := unpackAnswer(whole[:n], asked()); !errors.Is(err, errLie) {
			t.Errorf("cut after %d octets: got %v, want %v", n, err, errLie)
		}
	}
	if _, err := unpackAnswer(append(whole, 0), asked()); !errors.Is(err, errLie) {
		t.Errorf("an octet behind it: got %v, want %v", err, errLie)
	}
}

// The words of an error are one plain line, however a worker words it.
func TestWordsArePlain(t *testing.T) {
	a := answered()
	a.Docs[1].Err = told{extract.ErrUnreadable, "bad\r\nX: \x1b[31m" + strings.Repeat("y", 1000)}
	got, err := unpackAnswer(packAnswer(asked(), a), asked())
	if err != nil {
		t.Fatal(err)
	}
	words := got.Docs[1].Err.Error()
	if !errors.Is(got.Docs[1].Err, extract.ErrUnreadable) || strings.ContainsAny(words, "\r\n\x1b[") || len(words) > maxWords {
		t.Errorf("got %q", words)
	}
}

// FuzzAnswer gives the parent what a worker may say: it keeps to its bounds.
func FuzzAnswer(f *testing.F) {
	f.Add(packAnswer(asked(), answered()))
	f.Add(packAnswer(asked(), extract.Do(context.Background(), asked().Job)))
	f.Add([]byte{6, 60, 10, 80, 6, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		j := asked()
		a, err := unpackAnswer(b, j)
		if err != nil {
			return
		}
		text := 0
		for i, d := range a.Docs {
			text += len(d.Text)
			at := 0
			for _, p := range d.Places {
				if p.At < at || p.At > len(d.Text) {
					t.Errorf("place %v is out of order or of the text", p)
				}
				at = p.At
			}
			if i == 0 && (d.Name != j.File.Name || len(d.In) > 0) || !utf8.ValidString(d.Text) || len(d.In) > j.Limits.Depth+2 {
				t.Errorf("got %+v", d)
			}
			if d.Err != nil && !errors.Is(d.Err, extract.ErrUnreadable) && !errors.Is(d.Err, extract.ErrTooBig) {
				t.Errorf("got error %v", d.Err)
			}
		}
		if text > j.Limits.Text+1<<20 || len(a.Docs) == 0 || a.Docs[0].NoText || !follows(j.Used, a.Used) {
			t.Errorf("got %d octets of text in %d documents, used %+v", text, len(a.Docs), a.Used)
		}
		for _, m := range a.Mails {
			if m.Doc < 0 || m.Doc >= len(a.Docs) {
				t.Errorf("mail in document %d", m.Doc)
			}
		}
	})
}

// A worker answers what this process would have read, for every document of the
// corpus: text, places, properties, files and mails inside.
func TestSameAsHere(t *testing.T) {
	files, err := filepath.Glob("../../testdata/docs/*/*/*")
	if more, _ := filepath.Glob("../../testdata/docs/*/*"); err == nil {
		files = append(files, more...)
	}
	p, read := pool(t, time.Minute), 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // a directory
		}
		file := extract.File{Name: filepath.Base(name), Data: data}
		if !extract.IsComplex(file) {
			continue
		}
		read++
		var here, there []string
		x := extract.New(extract.Limits{})
		x.Message = func(where string, mail []byte) error { here = append(here, where+string(mail)); return nil }
		want := x.Read(context.Background(), file)
		y := extract.New(extract.Limits{})
		y.Outside = p
		y.Message = func(where string, mail []byte) error { there = append(there, where+string(mail)); return nil }
		got := y.Read(context.Background(), file)
		if !reflect.DeepEqual(shape(got), shape(want)) || !reflect.DeepEqual(here, there) {
			t.Errorf("%s: a worker reads it otherwise", name)
		}
	}
	if read < 20 {
		t.Errorf("only %d documents", read)
	}
}

// shape is documents with their errors as words.
func shape(docs []extract.Document) []any {
	var all []any
	for _, d := range docs {
		words := ""
		if d.Err != nil {
			words = plain(d.Err.Error())
		}
		d.Err = nil
		if len(d.In) == 0 {
			d.In = nil
		}
		all = append(all, d, words)
	}
	return all
}

// BenchmarkDocument compares a letter read here with one read by a worker.
func BenchmarkDocument(b *testing.B) {
	data, err := os.ReadFile(letter(b))
	if err != nil {
		b.Fatal(err)
	}
	p := pool(b, time.Minute)
	for _, where := range []string{"here", "worker"} {
		b.Run(where, func(b *testing.B) {
			for b.Loop() {
				x := extract.New(extract.Limits{})
				if where == "worker" {
					x.Outside = p
				}
				if docs := x.Read(context.Background(), extract.File{Name: "letter.docx", Data: data}); docs[0].Err != nil {
					b.Fatal(docs[0].Err)
				}
			}
		})
	}
}

func letter(t testing.TB) string {
	for _, pattern := range []string{"../../testdata/docs/*.docx", "../../testdata/docs/*/*.docx", "../../testdata/docs/*/*/*.docx"} {
		if files, _ := filepath.Glob(pattern); len(files) > 0 {
			return files[0]
		}
	}
	t.Fatal("no document")
	return ""
}

// nobody is an Outside that must not be asked.
type nobody struct{ t *testing.T }

func (n nobody) ReadOutside(_ context.Context, j extract.Job) (extract.Answer, error) {
	n.t.Errorf("%s was sent to a worker", j.File.Name)
	return extract.Answer{}, errCrash
}

// Text, pages, pictures and what is refused at sight never touch a worker.
func TestPlainFilesStayHere(t *testing.T) {
	x := extract.New(extract.Limits{})
	x.Outside = nobody{t}
	for name, data := range map[string]string{
		"a.txt": "Dear Bob", "a.csv": "a,b\n", "a.html": "<html>Dear Bob</html>", "a.png": "\x89PNG\r\n\x1a\n1234", "a.ics": "BEGIN:VCALENDAR\r\n",
		"a.eml": "Subject: x\r\n\r\nDear Bob", "a.7z": "7z\xbc\xaf\x27\x1c", "empty.pdf": "",
	} {
		x.Read(context.Background(), extract.File{Name: name, Data: []byte(data)})
	}
}
