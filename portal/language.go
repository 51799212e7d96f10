package portal

import "github.com/postseal/postseal/words"

// lang gives the language of this visit.
func (v *visit) lang() *words.Language { return words.In(words.Default) }

// t says a sentence in the language of this visit, without markup.
func (v *visit) t(key string, values ...any) string { return v.lang().Text(key, values...) }
