package policy

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Duration is a time span of the configuration file: "90d", "12h", "30m", "45s",
// "2w"; one number and one unit.
type Duration time.Duration

// Std gives the span as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String gives the span in its largest whole unit.
func (d Duration) String() string {
	for _, u := range durationUnits {
		if d != 0 && time.Duration(d)%u.span == 0 {
			return strconv.FormatInt(int64(time.Duration(d)/u.span), 10) + u.name
		}
	}
	return time.Duration(d).String()
}

var durationUnits = []struct {
	name string
	span time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}

// ParseDuration reads a Duration. It must be positive and at most 10 years.
func ParseDuration(s string) (Duration, error) {
	const longest = 10 * 366 * 24 * time.Hour // longer is a slip of the pen
	unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	bad := errors.New(`wants a number and a unit, such as 90d, 12h, 30m or 45s`)
	if len(s) < 2 {
		return 0, bad
	}
	span, ok := unit[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 64)
	if !ok || err != nil || s[0] == '+' {
		return 0, bad
	}
	if n <= 0 || n > int64(longest/span) {
		return 0, errors.New("must be more than nothing and at most ten years")
	}
	return Duration(time.Duration(n) * span), nil
}

// UnmarshalYAML reads ParseDuration's form.
func (d *Duration) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return yamlError(n, "wants a time span, such as 90d")
	}
	if *d, err = ParseDuration(n.Value); err != nil {
		return yamlError(n, err.Error())
	}
	return nil
}

// Size is a number of octets of the configuration file: "10MB" (1 MB = 1024
// KB = 1,048,576), "500KB", "2GB", "1000B".
type Size int64

// String gives the size in its largest whole unit.
func (s Size) String() string {
	for _, u := range sizeUnits {
		if s != 0 && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return "0B"
}

var sizeUnits = []struct {
	name string
	size Size
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}, {"B", 1}}

// ParseSize reads a Size. It must be positive.
func ParseSize(s string) (Size, error) {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(strings.ToUpper(s), u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64/int64(u.size) || strings.HasPrefix(number, "+") {
			break
		}
		return Size(n) * u.size, nil
	}
	return 0, errors.New("wants a number and a unit, such as 10MB, 500KB or 2GB")
}

// UnmarshalYAML reads ParseSize's form.
func (s *Size) UnmarshalYAML(n *yaml.Node) (err error) {
	if n.Kind != yaml.ScalarNode {
		return yamlError(n, "wants a size, such as 10MB")
	}
	if *s, err = ParseSize(n.Value); err != nil {
		return yamlError(n, err.Error())
	}
	return nil
}

// Network is an address range, "192.0.2.0/24", or one address.
type Network struct{ netip.Prefix }

// UnmarshalYAML reads a range or one address.
func (w *Network) UnmarshalYAML(n *yaml.Node) error {
	p, err := netip.ParsePrefix(n.Value)
	if err != nil {
		a, err := netip.ParseAddr(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode {
			return yamlError(n, "wants an address or a range, such as 192.0.2.0/24 or 2001:db8::/32")
		}
		p = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	}
	if p.Addr().Is4In6() || p != p.Masked() {
		return yamlError(n, fmt.Sprintf("the range should be written %s", p.Masked()))
	}
	w.Prefix = p
	return nil
}

// yamlError is what UnmarshalYAML returns, so that the decoder goes on and
// collects the other errors of the file too.
func yamlError(n *yaml.Node, words string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, words)}}
}

// Most is a Size that may be "0B": nothing at all.
type Most Size

// UnmarshalYAML reads ParseSize's form, or 0B.
func (m *Most) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode && strings.EqualFold(n.Value, Size(0).String()) {
		*m = 0
		return nil
	}
	return (*Size)(m).UnmarshalYAML(n)
}
