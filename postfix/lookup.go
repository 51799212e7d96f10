package postfix

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/postseal/postseal/addr"
)

// lookup asks maps about an address in the order of virtual(5) and canonical(5):
// user+ext@domain, user@domain, and where the domain is local user+ext and user,
// then @domain. It gives the answer and the extension that was not matched.
// Tables of patterns, tcp: and socketmap: see the whole address only.
func (r *resolution) lookup(maps []string, a addr.Address) (answer, extension string, err error) {
	if len(maps) == 0 {
		return "", "", nil
	}
	parts, err := r.parts(a)
	if err != nil {
		return "", "", err
	}
	fixed := slices.DeleteFunc(slices.Clone(maps), isPattern)
	found := map[string]string{}
	if len(fixed) < len(maps) {
		if found, err = r.query(maps, parts[0].keys); err != nil {
			return "", "", err
		}
	}
	for _, k := range parts[0].keys {
		if v := found[k]; v != "" {
			return v, "", nil
		}
	}
	var all []string
	for _, p := range parts {
		all = append(all, p.keys...)
	}
	if found, err = r.query(fixed, all); err != nil {
		return "", "", err
	}
	for _, p := range parts {
		for _, k := range p.keys {
			if v := found[k]; v != "" {
				return v, p.extension, nil
			}
		}
	}
	return "", "", nil
}

// part is one step of the look-up order: its spellings, and the extension left
// out of them.
type part struct {
	keys      []string
	extension string
}

func (r *resolution) parts(a addr.Address) ([]part, error) {
	local, domain := unquoted(a), a.Domain()
	base, ext := r.set.splitExtension(local)
	out := []part{{keys: spellings(local, "@"+domain)}}
	if ext != "" {
		out = append(out, part{keys: spellings(base, "@"+domain), extension: ext})
	}
	own, err := r.isOwn(a)
	if err != nil {
		return nil, err
	}
	if own {
		out = append(out, part{keys: spellings(local, "")})
		if ext != "" {
			out = append(out, part{keys: spellings(base, ""), extension: ext})
		}
	}
	return append(out, part{keys: []string{"@" + domain}}), nil
}

// spellings gives a key with its local part quoted, which Postfix asks first,
// and unquoted.
func spellings(local, rest string) []string {
	if quoted := quote(local); quoted != local {
		return []string{quoted + rest, local + rest}
	}
	return []string{local + rest}
}

func quote(local string) string {
	if strings.ContainsAny(local, " \t\"(),:;<>[\\]@") || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	return local
}

// unquoted gives the local part as a mailbox name, without SMTP's quotes.
func unquoted(a addr.Address) string {
	local := a.Local()
	if !strings.HasPrefix(local, `"`) {
		return local
	}
	var b strings.Builder
	inner := local[1 : len(local)-1]
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

func (r *resolution) query(maps, keys []string) (map[string]string, error) {
	if r.asked++; r.asked > 2*maxResults {
		return nil, fmt.Errorf("%w: more than %d questions", ErrUnknowable, 2*maxResults)
	}
	return r.ask.query(r.ctx, maps, keys)
}

// isPattern tells whether a table sees only whole addresses (virtual(5),
// "REGULAR EXPRESSION TABLES", "TCP-BASED TABLES"). A combined table counts as
// one when it holds one.
func isPattern(table string) bool {
	for _, kind := range []string{"regexp:", "pcre:", "cidr:", "tcp:", "socketmap:"} {
		if strings.Contains(table, kind) {
			return true
		}
	}
	return false
}

// splitExtension splits user+ext as Postfix's split_addr does; extension holds
// its delimiter. Names that mail systems need whole are not split.
func (s *settings) splitExtension(local string) (base, extension string) {
	if s.delimiters == "" {
		return local, ""
	}
	lower := strings.ToLower(local)
	if lower == "postmaster" || lower == "mailer-daemon" || lower == strings.ToLower(s.doubleBounce) {
		return local, ""
	}
	if s.ownReq && strings.Contains(s.delimiters, "-") && (strings.HasPrefix(lower, "owner-") || strings.HasSuffix(lower, "-request")) {
		return local, ""
	}
	i := strings.IndexAny(local, s.delimiters)
	if i <= 0 || i == len(local)-1 {
		return local, ""
	}
	return local[:i], local[i:]
}

// isOwn tells whether bare names are asked for an address: its domain is
// $myorigin or local.
func (r *resolution) isOwn(a addr.Address) (bool, error) {
	if strings.EqualFold(a.Domain(), r.set.myorigin) {
		return true, nil
	}
	return r.isLocal(a)
}

// isLocal tells whether mydestination holds the domain.
func (r *resolution) isLocal(a addr.Address) (bool, error) {
	return r.inList(r.set.destination, a.Domain(), 0)
}

// inList follows match_list(3): names, !names, /files and tables; the first hit
// decides.
func (r *resolution) inList(list []string, domain string, depth int) (bool, error) {
	for _, element := range list {
		not := strings.HasPrefix(element, "!")
		element = strings.TrimPrefix(element, "!")
		hit := false
		switch {
		case strings.HasPrefix(element, "/"):
			b, err := os.ReadFile(element)
			if err != nil || depth > 0 {
				return false, fmt.Errorf("%w: a file of mydestination", ErrUnavailable)
			}
			if hit, err = r.inList(splitList(string(b)), domain, depth+1); err != nil {
				return false, err
			}
		case strings.Contains(element, ":") && !strings.HasPrefix(element, "["):
			found, err := r.query([]string{element}, []string{domain})
			if err != nil {
				return false, err
			}
			_, hit = found[domain]
		default:
			hit = strings.EqualFold(element, domain)
		}
		if hit {
			return !not, nil
		}
	}
	return false, nil
}

// splitMembers splits a result such as "a@x, Jane <b@x>, |/bin/prog" at commas
// outside quotes, keeps what stands in angle brackets and drops comments.
// Addresses without brackets may also be parted by white space.
func splitMembers(answer string) []string {
	var out []string
	for _, m := range cutUnquoted(answer, ",") {
		i, j := strings.LastIndexByte(m, '<'), strings.LastIndexByte(m, '>')
		switch bare := strings.Trim(m, `"`); {
		case strings.HasPrefix(bare, "|"), strings.HasPrefix(bare, "/"), strings.HasPrefix(bare, ":include:"):
			out = append(out, bare)
		case i >= 0 && j > i:
			out = append(out, strings.TrimSpace(m[i+1:j]))
		default:
			out = append(out, cutUnquoted(withoutComments(m), " \t")...)
		}
	}
	return out
}

// cutUnquoted cuts at any of the separators that stands outside quotes and drops
// empty pieces.
func cutUnquoted(text, separators string) []string {
	var out []string
	start, quoted := 0, false
	piece := func(end int) {
		if p := strings.TrimSpace(text[start:end]); p != "" {
			out = append(out, p)
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(separators, c) >= 0:
			piece(i)
			start = i + 1
		}
	}
	piece(len(text))
	return out
}

// withoutComments drops (comments), which may stand within each other.
func withoutComments(text string) string {
	var b strings.Builder
	depth, quoted := 0, false
	for _, c := range text {
		switch {
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
			continue
		case c == ')' && !quoted && depth > 0:
			depth--
			continue
		}
		if depth == 0 {
			b.WriteRune(c)
		}
	}
	return b.String()
}
