package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// makeOwn makes what needs no office program.
func makeOwn(w wanted) error {
	switch w.ext {
	case "html", "htm":
		return put(w.path, []byte(w.text))
	case "zip":
		return makeZip(w)
	case "eml":
		return put(w.path, []byte(strings.ReplaceAll(letter(w.text), "\n", "\r\n")))
	case "msg":
		subject, body := headed(w.text)
		return put(w.path, outlookFile(subject, body))
	case "csv":
		if b, err := charmap.Windows1252.NewEncoder().Bytes([]byte(w.text)); err == nil {
			return put(w.path, b) // as Excel writes it
		}
	case "txt":
	default:
		return fmt.Errorf("no way to make a %s file", w.ext)
	}
	return put(w.path, []byte(w.text))
}

var (
	headerLine = regexp.MustCompile(`^(?i:from|to|cc|subject|date|sent|reply-to): `)
	innerFile  = regexp.MustCompile(`(?m)^[-=\[>* ]*(?:file: *|\[)?([\w][\w .()&'-]*\.(?:docx?|xlsx?|pdf|txt|csv|rtf|odt|ods|html|eml|msg|pptx))\]?[-=\]: ]*$\n?`)
)

// letter gives the text header fields, if it has none.
func letter(text string) string {
	text = strings.TrimLeft(text, "\n")
	if headerLine.MatchString(text) {
		head, body, _ := strings.Cut(text, "\n\n")
		return "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n" + strings.ReplaceAll(head, "Sent: ", "Date: ") + "\n\n" + body
	}
	return "From: someone@example.org\nSubject: message\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text
}

// headed parts a subject from the text below the header lines.
func headed(text string) (subject, body string) {
	text = strings.TrimLeft(text, "\n")
	if !headerLine.MatchString(text) {
		return "", text
	}
	head, body, _ := strings.Cut(text, "\n\n")
	for _, line := range strings.Split(head, "\n") {
		if s, ok := strings.CutPrefix(line, "Subject: "); ok {
			subject = s
		}
	}
	return subject, body
}

// makeZip packs the files that lines of the text name, or one docx with all of
// it.
func makeZip(w wanted) error {
	tmp, err := os.MkdirTemp("", "pidzip")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	var todo []wanted
	add := func(name, text string) {
		ext := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
		todo = append(todo, wanted{path: filepath.Join(tmp, name), ext: ext, text: text})
	}
	names := innerFile.FindAllStringSubmatch(w.text, -1)
	parts := innerFile.Split(w.text, -1)
	if len(names) == 0 {
		add(strings.TrimSuffix(filepath.Base(w.path), filepath.Ext(w.path))+".docx", w.text)
	}
	for i, name := range names {
		add(strings.TrimSpace(name[1]), parts[i+1])
	}
	for _, one := range todo {
		if one.byOffice() {
			err = convert([]wanted{one})
		} else {
			err = makeOwn(one)
		}
		if err != nil {
			return err
		}
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, one := range todo {
		data, err := os.ReadFile(one.path)
		if err != nil {
			return err
		}
		f, err := z.Create(filepath.Base(one.path))
		if err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return put(w.path, b.Bytes())
}
