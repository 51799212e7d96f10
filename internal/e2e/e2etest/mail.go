package e2etest

import (
	"bytes"
	"io"
	"mime"
	"testing"

	"github.com/emersion/go-message"

	"github.com/postseal/postseal/envelope"
)

// File is one decoded leaf of a mail.
type File struct {
	Name string
	Type string
	Body []byte
}

// Leaves gives the decoded leaves of a mail in order.
func Leaves(t testing.TB, raw []byte) []File {
	t.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		t.Fatalf("the mail cannot be read: %v", err)
	}
	var out []File
	err = e.Walk(func(_ []int, part *message.Entity, err error) error {
		if err != nil {
			return err
		}
		if part.MultipartReader() != nil {
			return nil
		}
		kind, params, _ := part.Header.ContentType()
		_, disposition, _ := part.Header.ContentDisposition()
		f := File{Type: kind, Name: disposition["filename"]}
		if f.Name == "" {
			f.Name = params["name"]
		}
		if f.Body, err = io.ReadAll(part.Body); err != nil {
			return err
		}
		out = append(out, f)
		return nil
	})
	if err != nil {
		t.Fatalf("the mail cannot be read: %v", err)
	}
	return out
}

// Header gives a header value of a mail, decoded, "" when there is none.
func Header(t testing.TB, raw []byte, name string) string {
	t.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		t.Fatalf("the mail cannot be read: %v", err)
	}
	text, err := new(mime.WordDecoder).DecodeHeader(e.Header.Get(name))
	if err != nil {
		return e.Header.Get(name)
	}
	return text
}

// SealedName is the attachment of every envelope.
const SealedName = "securedoc.html"

// IsSealed tells whether a mail carries securedoc.html.
func IsSealed(t testing.TB, raw []byte) bool {
	t.Helper()
	if !bytes.Contains(raw, []byte(SealedName)) {
		return false
	}
	for _, f := range Leaves(t, raw) {
		if f.Name == SealedName {
			return true
		}
	}
	return false
}

// Sealed is the page of an envelope and its container.
type Sealed struct {
	Page      envelope.Page
	HTML      []byte
	Container []byte
}

// ReadSealed reads securedoc.html out of a mail and fails the test when there is
// none.
func ReadSealed(t testing.TB, raw []byte) Sealed {
	t.Helper()
	for _, f := range Leaves(t, raw) {
		if f.Name != SealedName {
			continue
		}
		var c bytes.Buffer
		page, err := envelope.ReadPage(bytes.NewReader(f.Body), &c, maxSinkBytes)
		if err != nil {
			t.Fatalf("securedoc.html: %v", err)
		}
		return Sealed{Page: page, HTML: f.Body, Container: c.Bytes()}
	}
	t.Fatalf("the mail has no %s:\n%.2000s", SealedName, raw)
	return Sealed{}
}
