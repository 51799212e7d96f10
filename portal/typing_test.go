package portal_test

import "testing"

// Who is about to write much is told beforehand that a change of language does not
// keep it; where there is one language only, there is nothing to say.
func TestLanguageBeforeWriting(t *testing.T) {
	const note = "choose it before you write"
	for name, h := range map[string]*house{"two languages": newHouse(t, bilingual), "one": newHouse(t)} {
		b := h.browser().open(h.send(plainMail, carer).link).byCode(carer)
		for _, path := range []string{b.at.Path + "/reply", "/register"} {
			b.open(path)
			if name == "one" {
				b.reads(200, path).silent(note)
			} else {
				b.reads(200, path, note)
			}
		}
	}
}
