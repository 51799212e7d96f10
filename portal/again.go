package portal

import (
	"net/url"
	"strconv"

	"github.com/postseal/postseal/envelope"
)

// A message can be told of some seconds before it is here (BCC-24). The page that
// says so looks again by itself: after lookAfter seconds, at most maxLooks times,
// so that a forgotten tab does not ask for ever.
const (
	lookAfter = 20
	maxLooks  = 15
)

// lookAgain lets the browser ask again, for links alone: id and secret of the right
// form. The header says nothing that the asker did not bring.
func (v *visit) lookAgain() {
	q := v.r.URL.Query()
	secret, err := envelope.ParseSecret(q.Get("t"))
	if err != nil {
		return
	}
	n, err := strconv.Atoi(q.Get("again"))
	if err != nil || n < 0 {
		n = 0
	}
	if n++; n <= maxLooks {
		v.w.Header().Set("Refresh", strconv.Itoa(lookAfter)+"; url=?t="+url.QueryEscape(secret.Encode())+"&again="+strconv.Itoa(n))
	}
}
