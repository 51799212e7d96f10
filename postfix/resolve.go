package postfix

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/postseal/postseal/addr"
)

// maxCanonical bounds how often canonical maps are asked about their own result:
// Postfix's MAX_RECURSION in cleanup_map11.c.
const maxCanonical = 10

// maxInclude bounds an :include: file: a thousand addresses of usual length.
const maxInclude = 256 << 10

// resolution follows one address to its ends.
type resolution struct {
	ctx   context.Context
	set   *settings
	ask   tools
	asked int             // look-ups so far
	seen  map[string]bool // keys that stand in final
	final []addr.Address

	path     []string        // virtual addresses being expanded now, outermost first
	selfMade map[string]bool // virtual addresses that expanded into themselves
	aliases  []string        // alias names being expanded now
}

func (r *resolution) add(a addr.Address) error {
	if r.seen[a.Key()] {
		return nil
	}
	if len(r.final) >= maxResults {
		return fmt.Errorf("%w: more than %d members", ErrUnknowable, maxResults)
	}
	r.seen[a.Key()] = true
	r.final = append(r.final, a)
	return nil
}

// enter does what cleanup(8) does with a recipient: canonical maps, then virtual
// aliases, then what the place of delivery does with it.
func (r *resolution) enter(a addr.Address, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: forwarded more than %d times", ErrUnknowable, maxDepth)
	}
	a, err := r.canonical(r.set.recipientCanonical, a)
	if err != nil {
		return err
	}
	if err := r.virtual(a, depth); err != nil {
		return err
	}
	if depth == 0 && len(r.final) == 0 {
		return fmt.Errorf("%w: an alias leads nowhere", ErrUnknowable)
	}
	return nil
}

// canonical asks each stage of canonical(5) maps until it has nothing new to say.
func (r *resolution) canonical(stages [][]string, a addr.Address) (addr.Address, error) {
	for _, maps := range stages {
		for range maxCanonical {
			answer, ext, err := r.lookup(maps, a)
			if err != nil {
				return a, err
			}
			members := splitMembers(answer)
			if len(members) == 0 {
				break
			}
			next, err := r.member(members[0], a, ext, r.set.extCanonical)
			if err != nil {
				return a, err
			}
			same := next.Equal(a)
			a = next
			if same {
				break
			}
		}
	}
	return a, nil
}

// virtual expands an address by virtual_alias_maps until nothing expands. An
// address may expand into itself once (virtual(5)); a circle is what Postfix
// defers, so it cannot be known.
func (r *resolution) virtual(a addr.Address, depth int) error {
	key := strings.ToLower(a.String())
	if r.selfMade[key] {
		return r.deliver(a, depth)
	}
	for _, p := range r.path {
		if p == key {
			return fmt.Errorf("%w: virtual aliases run in a circle", ErrUnknowable)
		}
	}
	answer, ext, err := r.lookup(r.set.virtualAlias, a)
	if err != nil {
		return err
	}
	if answer == "" {
		return r.deliver(a, depth)
	}
	members := splitMembers(answer)
	if len(members) == 0 {
		return fmt.Errorf("%w: a virtual alias gives no address", ErrUnknowable)
	}
	list := make([]addr.Address, 0, len(members))
	for _, m := range members {
		next, err := r.member(m, a, ext, r.set.extVirtual)
		if err != nil {
			return err
		}
		if strings.ToLower(next.String()) == key {
			if r.selfMade == nil {
				r.selfMade = map[string]bool{}
			}
			r.selfMade[key] = true
		}
		list = append(list, next)
	}
	r.path = append(r.path, key)
	defer func() { r.path = r.path[:len(r.path)-1] }()
	for _, next := range list {
		if err := r.virtual(next, depth); err != nil {
			return err
		}
	}
	return nil
}

// deliver does what the place of delivery does: local(8) asks alias_maps.
func (r *resolution) deliver(a addr.Address, depth int) error {
	if len(r.set.aliases) == 0 {
		return r.add(a)
	}
	local, err := r.isLocal(a)
	if err != nil {
		return err
	}
	if !local {
		return r.add(a)
	}
	return r.alias(a, depth)
}

// alias expands a local name by alias_maps (aliases(5)).
func (r *resolution) alias(a addr.Address, depth int) error {
	full := strings.ToLower(unquoted(a))
	for _, name := range r.aliases {
		if name == full { // local(8): an alias that names itself is the user of that name
			return r.add(a)
		}
	}
	keys := []string{full}
	base, ext := r.set.splitExtension(full)
	if ext != "" {
		keys = append(keys, base)
	}
	found, err := r.query(r.set.aliases, keys)
	if err != nil {
		return err
	}
	answer, ok := found[full]
	if ok {
		ext = ""
	} else if answer, ok = found[base]; !ok {
		return r.add(a)
	}
	if !r.set.extAlias {
		ext = ""
	}
	r.aliases = append(r.aliases, full)
	defer func() { r.aliases = r.aliases[:len(r.aliases)-1] }()
	return r.aliasMembers(splitMembers(answer), a, ext, depth)
}

func (r *resolution) aliasMembers(members []string, a addr.Address, ext string, depth int) error {
	for _, m := range members {
		var err error
		switch file, include := strings.CutPrefix(m, ":include:"); {
		case include:
			err = r.include(file, a, ext, depth)
		case strings.HasPrefix(m, "|"), strings.HasPrefix(m, "/"):
			err = r.add(a) // a program or a file on this machine
		case strings.HasPrefix(m, `\`):
			err = r.literal(m[1:])
		default:
			err = r.aliasMember(m, a, ext, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// literal is \name: the user of that name, without a further look at aliases.
func (r *resolution) literal(name string) error {
	user, err := r.set.complete(name)
	if err != nil {
		return err
	}
	return r.add(user)
}

// aliasMember goes on with one address of an alias: local(8) keeps a local one
// to itself and hands any other to cleanup(8) as a new message.
func (r *resolution) aliasMember(m string, a addr.Address, ext string, depth int) error {
	next, err := r.member(m, a, ext, ext != "")
	if err != nil {
		return err
	}
	local, err := r.isLocal(next)
	if err != nil {
		return err
	}
	if local {
		return r.alias(next, depth)
	}
	// A new message meets virtual aliases afresh.
	path, self := r.path, r.selfMade
	r.path, r.selfMade = nil, nil
	defer func() { r.path, r.selfMade = path, self }()
	return r.enter(next, depth+1)
}

// include reads the list of an :include: member, a line each, # for comments.
func (r *resolution) include(file string, a addr.Address, ext string, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("%w: :include: files within each other", ErrUnknowable)
	}
	fi, err := os.Stat(file)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxInclude {
		return fmt.Errorf("%w: an :include: file cannot be read", ErrUnknowable)
	}
	b, err := os.ReadFile(file)
	if err != nil || len(b) > maxInclude {
		return fmt.Errorf("%w: an :include: file cannot be read", ErrUnknowable)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := r.aliasMembers(splitMembers(line), a, ext, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// member makes an address of one result: "@other" keeps the local part, an
// extension that was not matched is put back where the table kind wants it.
func (r *resolution) member(text string, of addr.Address, ext string, propagate bool) (addr.Address, error) {
	if strings.HasPrefix(text, "@") {
		return r.set.complete(of.Local() + text)
	}
	a, err := r.set.complete(text)
	if err != nil || ext == "" || !propagate {
		return a, err
	}
	return r.set.complete(a.Local() + ext + "@" + a.Domain())
}
