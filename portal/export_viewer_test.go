package portal

import (
	"time"

	"github.com/postseal/postseal/words"
)

// EventWords says when an invitation is and how it repeats, as the page does.
func EventWords(text, language string, zone *time.Location) (when, repeats string, ok bool) {
	e, ok := readEvent("", []byte(text))
	w := teller{words.In(language), zone}
	return w.when(e), w.repeats(e), ok
}

// Warnings gives the keys of what is said of a file.
var Warnings = warnings
