package portal

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/postseal/postseal/store"
)

// How often one source may begin or end a sign-in that costs us or a provider
// something. A whole hospital may sit behind one address, so it is generous; it
// counts for nobody's account.
var (
	quotaBegin = store.Quota{Name: "signin-begin", Max: 300, Per: 10 * time.Minute}
	quotaMails = store.Quota{Name: "mails", Max: 300, Per: 10 * time.Minute}   // codes and links
	quotaGuess = store.Quota{Name: "guesses", Max: 300, Per: 10 * time.Minute} // wrong passwords and codes, of all addresses together
	quotaEnd   = store.Quota{Name: "signin-end", Max: 300, Per: 10 * time.Minute}
)

// source names where a request comes from: its address, and for IPv6 the network,
// since one house has all of it. A proxy on this machine is believed about whom
// it speaks for; other proxies count as the source.
func source(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if ip.IsLoopback() {
		all := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if told, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1])); err == nil { // the last is the proxy's own word
			ip = told
		}
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		network, _ := ip.Prefix(64) // never fails for IPv6
		return network.String()
	}
	return ip.String()
}

// spend counts one time of q for where this request comes from. errSource: too often.
func (v *visit) spend(q store.Quota) error {
	ok, err := v.s.Store.Take(v.ctx(), q, v.now, source(v.r))
	if err == nil && !ok {
		err = errSource
	}
	return err
}
