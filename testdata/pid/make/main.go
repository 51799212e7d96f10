// Command make turns the attachments of testdata/pid/messages, which are kept as
// text, into the real files that people attach: testdata/pid/files/ID/NAME. It
// needs LibreOffice (soffice) and is run by hand when messages are added:
//
//	go run ./testdata/pid/make
//
// Files that are there already are left alone; -all makes them anew. It prints
// totals only, so that it may be run on messages that nobody is to look at.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

const (
	messages = "testdata/pid/messages"
	files    = "testdata/pid/files"
)

// wanted is one file that is to be made.
type wanted struct {
	path string // where it goes
	ext  string // lower case, without the dot
	text string
}

func main() {
	log.SetFlags(0)
	all := flag.Bool("all", false, "make files anew that are there already")
	flag.Parse()
	ahead, err := gather(*all)
	if err == nil {
		err = makeAll(ahead)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// gather lists the attachments of all messages whose file is missing.
func gather(all bool) ([]wanted, error) {
	paths, err := filepath.Glob(messages + "/*.txt")
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no messages in %s; run this at the top of the project", messages)
	}
	var ahead []wanted
	seen := map[string]bool{}
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, one := range strings.Split("\n"+string(b), "\n=== ")[1:] {
			head, text, _ := strings.Cut(one, "\n")
			id, _, _ := strings.Cut(head, "|")
			id = strings.TrimSpace(id)
			if id == "" || seen[id] || strings.ContainsAny(id, "/ ") {
				return nil, fmt.Errorf("%s: the id %q is missing, not new, or no name of a directory", path, id)
			}
			seen[id] = true
			for _, attached := range strings.Split("\n"+text, "\n--- attachment ")[1:] {
				name, content, _ := strings.Cut(attached, "\n")
				w := wanted{path: filepath.Join(files, id, strings.TrimSpace(name)), text: content}
				w.ext = strings.TrimPrefix(strings.ToLower(filepath.Ext(w.path)), ".")
				if _, err := os.Stat(w.path); err != nil || all {
					ahead = append(ahead, w)
				}
			}
		}
	}
	return ahead, nil
}

// makeAll makes what soffice makes in one run for each form, and the rest here.
func makeAll(ahead []wanted) error {
	var office, own []wanted
	for _, w := range ahead {
		if w.byOffice() {
			office = append(office, w)
		} else {
			own = append(own, w)
		}
	}
	if err := convert(office); err != nil {
		return err
	}
	for _, w := range own {
		if err := makeOwn(w); err != nil {
			return fmt.Errorf("%s: %w", w.path, err)
		}
	}
	sum, count := 0, map[string]int{}
	for _, w := range ahead {
		info, err := os.Stat(w.path)
		if err != nil {
			return err
		}
		sum += int(info.Size())
		count[w.ext]++
	}
	fmt.Println(len(ahead), "files,", sum/1024, "KB", count)
	return nil
}

// byOffice tells whether soffice makes a file. A web page may be written as one.
func (w wanted) byOffice() bool {
	_, known := flatForms[w.ext]
	return known && !(w.ext == "html" && strings.HasPrefix(strings.TrimSpace(w.text), "<"))
}

// put writes a file and the directories above it.
func put(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
