package policy

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/postseal/postseal/addr"
)

var encryptedKind = conditionKind{name: "encrypted", example: "[smime, pgp]", parse: parseEncrypted}

// encryptedCondition holds when the whole message was encrypted by the sender's
// program. Without a rule about a kind, such a message to the outside is refused
// with words (BOP-22): its readers would get a certificate puzzle.
type encryptedCondition struct{ kinds []string }

func parseEncrypted(n *yaml.Node) (condition, error) {
	kinds, err := textList(n, "smime, pgp or both")
	for _, k := range kinds {
		if k != "smime" && k != "pgp" {
			return nil, yamlError(n, "wants smime, pgp or both")
		}
	}
	return encryptedCondition{kinds}, err
}

func (c encryptedCondition) match(v *view, _ addr.Address) []Finding {
	for _, p := range v.m.Parts {
		if kind := encryption(p); kind != "" && contains(c.kinds, kind) {
			return []Finding{{Where: "message", What: "encrypted with " + encryptionNames[kind]}}
		}
	}
	return nil
}

var encryptionNames = map[string]string{"smime": "S/MIME", "pgp": "PGP"}

// encryption tells whether a part is the whole message encrypted: smime, pgp, or
// empty. An encrypted file that is merely attached is none of it.
func encryption(p Part) string {
	switch {
	case p.nested:
		return ""
	case p.encloser == "multipart/encrypted" && (p.Type == "application/pgp-encrypted" || bytes.HasPrefix(p.head, []byte("-----BEGIN PGP"))):
		return "pgp"
	case p.Type == "application/pgp-encrypted": // what Exchange makes of PGP/MIME
		return "pgp"
	case p.first && isPKCS7(p) && !isSignedOnly(p):
		return "smime"
	case (p.Type == "text/plain" || p.Type == "text/html") && p.Name == "" && strings.HasPrefix(strings.TrimLeft(p.Text, " \t\r\n\ufeff"), "-----BEGIN PGP MESSAGE-----"):
		return "pgp"
	}
	return ""
}

// isPKCS7 knows the types of RFC 8551 section 3.2 and what gateways make of them.
func isPKCS7(p Part) bool {
	switch p.Type {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	case "application/octet-stream":
		return strings.EqualFold(p.Name, "smime.p7m")
	}
	return false
}

// isSignedOnly tells signed from encrypted content, by the type if it says so,
// else by the content's object identifier (RFC 5652 sections 4, 5 and 6). What
// tells neither counts as encrypted.
func isSignedOnly(p Part) bool {
	for _, s := range values(p.params, "smime-type") {
		switch strings.ToLower(s) {
		case "signed-data", "certs-only", "compressed-data":
			return true
		case "enveloped-data", "authenveloped-data":
			return false
		}
	}
	signedData := []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	return bytes.Contains(p.head, signedData)
}

// encryptedDefaults are the rules that hold for the kinds of encryption about
// which the file says nothing.
func (f *File) encryptedDefaults() []Rule {
	said := map[string]bool{}
	for _, r := range f.Rules {
		for _, s := range r.If.all {
			if c, ok := s.is.(encryptedCondition); ok {
				for _, k := range c.kinds {
					said[k] = true
				}
			}
		}
	}
	var all []Rule
	for _, kind := range []string{"smime", "pgp"} {
		if !said[kind] {
			all = append(all, Rule{Name: "encrypted message", Do: Do{Action: Refuse, Text: f.encryptedWords(kind)},
				If: Conditions{[]stated{{&encryptedKind, encryptedCondition{[]string{kind}}}}}})
		}
	}
	return all
}

func (f *File) encryptedWords(kind string) string {
	how := "turn the encryption off"
	if kind == "smime" {
		how = `turn off "Encrypt" in the message's security settings`
	}
	return "This message was encrypted with " + encryptionNames[kind] + ", which people outside cannot open. Please " + how +
		" and " + f.howToMark() + " instead."
}

// howToMark tells a sender how to ask for sealing.
func (f *File) howToMark() string {
	for _, m := range f.marks() {
		if t, ok := m.is.(subjectTag); ok {
			return "write [" + t.tags[0] + "] in the subject"
		}
	}
	return "mark it as confidential"
}
