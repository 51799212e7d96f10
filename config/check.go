package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/policy"
)

// Defaults of what a file leaves out.
const (
	DefaultReplyTag    = "SECURE"
	DefaultAttachLimit = policy.Size(10 << 20) // BCC-14
	DefaultMaxBody     = policy.Size(100 << 20)
	DefaultReaders     = 2
	mostReaders        = 64 // each may take 256 MB
	DefaultSocketMode  = Mode(0o660)
	DefaultShelfBytes  = policy.Size(20 << 30)
	DefaultTimeZone    = "Europe/London"
	DefaultConfigDir   = "/etc/postfix"
	DefaultReentry     = "127.0.0.1:10026"
	DefaultInbound     = "127.0.0.1:10027"
	DefaultMetrics     = "127.0.0.1:9725"
	DefaultTLSState    = "/var/lib/postseal/tls-partners.json"
)

// complete fills in the defaults.
func (c *Config) complete() {
	fill(&c.Mode, policy.Enforce)
	fill(&c.Portal.ReplyTag, DefaultReplyTag)
	fill(&c.Portal.AttachLimit, DefaultAttachLimit)
	fill(&c.Milter.MaxBody, DefaultMaxBody)
	fill(&c.Milter.Readers, DefaultReaders)
	fill(&c.Milter.SocketMode, DefaultSocketMode)
	fill(&c.Shelf.MaxBytes, DefaultShelfBytes)
	fill(&c.Relay.Reentry, DefaultReentry)
	fill(&c.Relay.Inbound, DefaultInbound)
	fill(&c.Postfix.ConfigDir, DefaultConfigDir)
	fill(&c.Metrics.Listen, DefaultMetrics)
	fill(&c.TLSMap.State, DefaultTLSState)
	fill(&c.Log.Level, "info")
	fill(&c.Log.Format, "text")
	fill(&c.TimeZone, DefaultTimeZone)
	c.Portal.URL = strings.TrimRight(c.Portal.URL, "/")
	for i, s := range c.Portal.Servers {
		c.Portal.Servers[i] = strings.TrimRight(s, "/")
	}
	if c.Senders.Enable {
		fill(&c.Senders.Refusal, c.enableWords())
	}
}

func fill[T comparable](to *T, value T) {
	var zero T
	if *to == zero {
		*to = value
	}
}

type problems struct{ all []error }

func (p *problems) add(path, format string, args ...any) {
	p.all = append(p.all, &policy.Problem{Path: path, What: fmt.Sprintf(format, args...)})
}

// check looks at everything but the policy part.
func (c *Config) check(p *problems) {
	c.checkService(p)
	c.checkPortal(p)
	c.checkSignIn(p)
	c.checkMilter(p)
	c.checkStores(p)
	c.checkTLSMap(p)
	c.checkRobot(p)
	c.checkTerms(p)
	c.checkDesk(p)
	c.checkHelp(p)
	for path, value := range map[string]string{"relay.reentry": c.Relay.Reentry, "relay.inbound": c.Relay.Inbound} {
		if !isListen(value) && !isAbsUnix(value) {
			p.add(path, "wants an address and port, such as 127.0.0.1:10026")
		}
	}
	if c.Relay.Reentry == c.Relay.Inbound {
		p.add("relay.inbound", "must be another listener than reentry: what outsiders wrote does not go the way of sealed mail")
	}
	if !filepath.IsAbs(c.Postfix.ConfigDir) {
		p.add("postfix.config_dir", "wants an absolute directory")
	}
	if !isListen(c.Metrics.Listen) {
		p.add("metrics.listen", "wants an address and port, such as 127.0.0.1:9725")
	}
	if !oneOf(c.Log.Level, "debug", "info", "warn", "error") {
		p.add("log.level", "is debug, info, warn or error")
	}
	if !oneOf(c.Log.Format, "text", "json") {
		p.add("log.format", "is text or json")
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		p.add("timezone", "is not known, such as Europe/London")
	}
}

func (c *Config) checkService(p *problems) {
	if a, err := addr.Parse(c.Service.Address); err != nil {
		p.add("service.address", "wants the address that notices come from, such as secure@example.gov.uk")
	} else if !c.Inside(a) {
		p.add("service.address", "is not in one of organisation.domains, so that DKIM and DMARC would not hold")
	}
	if _, err := addr.DomainKey(c.Service.Domain); err != nil || !strings.Contains(c.Service.Domain, ".") {
		p.add("service.domain", "wants the domain of the service's own addresses, such as secure.example.gov.uk")
	}
	c.checkLook(p)
	for path, value := range map[string]string{"service.help_url": c.Service.HelpURL, "service.privacy_url": c.Service.PrivacyURL} {
		if value != "" && !isWebURL(value) {
			p.add(path, "wants an https address")
		}
	}
}

func (c *Config) checkPortal(p *problems) {
	if !isWebURL(c.Portal.URL) {
		p.add("portal.url", "wants the address that recipients open, such as https://secure.example.gov.uk (http only on loopback)")
	}
	for i, s := range c.Portal.Servers {
		if !isWebURL(s) {
			p.add(fmt.Sprintf("portal.servers.%d", i), "wants an https address")
		}
	}
	for i, s := range c.Portal.Formerly {
		if !isWebURL(s) {
			p.add(fmt.Sprintf("portal.formerly.%d", i), "wants an https address")
		}
	}
	if !isListen(c.Portal.Listen) {
		p.add("portal.listen", "wants an address and port, such as 127.0.0.1:8080")
	}
	if network, address, _ := strings.Cut(c.Portal.ScanUploads, ":"); c.Portal.ScanUploads != "" &&
		!(network == "inet" && isListen(address)) && !(network == "unix" && filepath.IsAbs(address)) {
		p.add("portal.scan_uploads", "wants the socket of clamd: unix:/absolute/path or inet:127.0.0.1:port")
	}
	if (c.Portal.TLSCert == "") != (c.Portal.TLSKey == "") {
		p.add("portal", "wants tls_cert and tls_key, or neither")
	}
	tagged := &policy.Message{Fields: []policy.Field{{Name: "Subject", Value: "[" + c.Portal.ReplyTag + "]"}}}
	if !c.Marks(tagged) {
		p.add("portal.reply_tag", "is not among the subject tags of the rules, so that staff's answers would leave in clear") // BCC-15, BCC-16
	}
}

func (c *Config) checkMilter(p *problems) {
	network, address, _ := strings.Cut(c.Milter.Listen, ":")
	if !(network == "unix" && filepath.IsAbs(address)) && !(network == "inet" && isListen(address)) {
		p.add("milter.listen", "wants unix:/absolute/path or inet:address:port")
	}
	if !filepath.IsAbs(c.Milter.Spool) {
		p.add("milter.spool", "wants an absolute directory that only this program may read")
	}
	if c.Milter.Readers < 1 || c.Milter.Readers > mostReaders {
		p.add("milter.readers", "wants a number from 1 to %d", mostReaders)
	}
}

func (c *Config) checkTLSMap(p *problems) {
	network, address, _ := strings.Cut(c.TLSMap.Listen, ":")
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	loopback := network == "inet" && isListen(address) && ip != nil && ip.IsLoopback()
	if c.TLSMap.Listen != "" && !loopback && !(network == "unix" && filepath.IsAbs(address)) {
		p.add("tls_policy.listen", "wants unix:/absolute/path or inet:127.0.0.1:port")
	}
	if c.TLSMap.Listen != "" && c.TLSMap.Listen == c.Milter.Listen {
		p.add("tls_policy.listen", "must be another place than milter.listen")
	}
	if !filepath.IsAbs(c.TLSMap.State) {
		p.add("tls_policy.state", "wants an absolute path of a file")
	}
}

func (c *Config) checkRobot(p *problems) {
	network, address, _ := strings.Cut(c.Robot.Listen, ":")
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	loopback := network == "inet" && isListen(address) && ip != nil && ip.IsLoopback()
	if c.Robot.Listen != "" && !loopback && !(network == "unix" && filepath.IsAbs(address)) {
		p.add("robot.listen", "wants unix:/absolute/path or inet:127.0.0.1:port")
	}
	if c.Robot.Listen != "" && (c.Robot.Listen == c.Milter.Listen || c.Robot.Listen == c.TLSMap.Listen) {
		p.add("robot.listen", "must be another place than milter.listen and tls_policy.listen")
	}
	for i, d := range c.Robot.Domains {
		if _, err := addr.DomainKey(d); err != nil || !strings.Contains(d, ".") {
			p.add(fmt.Sprintf("robot.domains.%d", i), "wants a domain, such as secure.oldborough.example")
		}
	}
	for i, id := range c.Robot.Authserv {
		if strings.TrimSpace(id) == "" || strings.ContainsAny(id, " ;\t") {
			p.add(fmt.Sprintf("robot.authserv.%d", i), "wants a name without spaces, such as mail.example.gov.uk")
		}
	}
}

func (c *Config) checkStores(p *problems) {
	if len(c.Redis.Addresses) == 0 {
		p.add("redis.addresses", "is missing, such as [127.0.0.1:6379]")
	}
	for i, a := range c.Redis.Addresses {
		if strings.ContainsAny(a, "@/") && !isAbsUnix(a) || !isAbsUnix(a) && !isListen(a) {
			p.add(fmt.Sprintf("redis.addresses.%d", i), "an address of Redis is host:port or unix:/path; a password goes into password_file")
		}
	}
	if c.Redis.WaitReplicas < 0 || c.Redis.WaitReplicas > 10 {
		p.add("redis.wait_replicas", "is a small number, 0 to 10")
	}
	files := map[string]string{"keys.master": c.Keys.Master, "redis.password_file": c.Redis.PasswordFile, "shelf.dir": c.Shelf.Dir, "audit.log": c.Audit.Log,
		"service.logo": c.Service.Logo, "portal.tls_cert": c.Portal.TLSCert, "portal.tls_key": c.Portal.TLSKey}
	for i, e := range c.Keys.Escrow {
		files[fmt.Sprintf("keys.escrow.%d", i)] = e
	}
	for path, name := range files {
		if name != "" && !filepath.IsAbs(name) && !isCredential(name) {
			p.add(path, "wants an absolute path, or credential:NAME (never the secret itself)")
		}
	}
	if c.Keys.Master == "" {
		p.add("keys.master", "is missing: the file with the master key")
	}
}

// isWebURL wants https, or http on loopback for trials.
func isWebURL(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func isListen(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, "/@ ") {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

func isAbsUnix(s string) bool {
	path, ok := strings.CutPrefix(s, "unix:")
	return ok && filepath.IsAbs(path)
}

func isCredential(s string) bool {
	name, ok := strings.CutPrefix(s, "credential:")
	return ok && name != "" && !strings.ContainsAny(name, "/ ")
}

func oneOf(s string, all ...string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}
