// Package config reads the one configuration file of postseal.
//
// It promises that a file which does not mean what it says is refused: unknown
// and doubled keys, keys without value, unknown profiles, lists and conditions
// are errors of the form "FILE:LINE: words", all of them at once, and nothing
// is half taken over. Load is pure but for reading the file, so that a reload
// can be tried without harm. The file holds no secret, only names of files that
// do; an error never repeats a value that may have been pasted in its place.
//
// An attacker would want an operator to believe in a rule that does nothing.
//
// Start reading at Config, then Parse.
package config

import "github.com/postseal/postseal/policy"

// Config is the whole configuration file.
type Config struct {
	policy.File `yaml:",inline"`

	Service  Service `yaml:"service"`    // what the service is called in the mail it sends
	Portal   Portal  `yaml:"portal"`     // web pages and key server
	SignIn   SignIn  `yaml:"signin"`     // ways to sign in beside code and password
	Milter   Milter  `yaml:"milter"`     // where Postfix asks us
	Redis    Redis   `yaml:"redis"`      // where keys and records rest
	Keys     Keys    `yaml:"keys"`       // master and escrow keys
	Audit    Audit   `yaml:"audit"`      // the log outside Redis
	Shelf    Shelf   `yaml:"shelf"`      // sealed messages kept for the link
	Relay    Relay   `yaml:"relay"`      // how our mail goes back to Postfix
	Postfix  Postfix `yaml:"postfix"`    // whose maps are asked
	TLSMap   TLSMap  `yaml:"tls_policy"` // where Postfix asks for TLS partners
	Robot    Robot   `yaml:"robot"`      // mail to the service's own addresses
	Terms    Terms   `yaml:"terms"`      // what staff agree to before they switch the service on
	Metrics  Metrics `yaml:"metrics"`    // counters and health for operators
	Log      Log     `yaml:"log"`        // what is logged
	TimeZone string  `yaml:"timezone"`   // of times shown to people; Europe/London
	source   *source // where each value stands

	Desk     ServiceDesk `yaml:"service_desk"` // who helps our own staff on the pages
	HelpDesk HelpDesk    `yaml:"help_desk"`    // where people are helped, as the page of help shows it
	Joining  Joining     `yaml:"joining"`      // who reads requests to join
}

// Audit says where the log outside Redis lies, against which an old state of Redis
// and a cut audit chain are known.
type Audit struct {
	Log string `yaml:"log"` // file, on another disk than Redis's where there is one; empty: none is kept
}

// Service says what the service is called in the mail that it sends.
type Service struct {
	Address      string   `yaml:"address"`       // From of notices: secure@example.gov.uk
	Domain       string   `yaml:"domain"`        // of b+ID@ and reply+ID@: secure.example.gov.uk
	Colour       string   `yaml:"colour"`        // of buttons, "#rrggbb"; empty: the default
	HelpURL      string   `yaml:"help_url"`      // page with help for recipients; empty: ours
	PrivacyURL   string   `yaml:"privacy_url"`   // privacy notice; empty: ours
	AddressLines []string `yaml:"address_lines"` // postal address under each mail
	Disclaimer   string   `yaml:"disclaimer"`    // last lines of each mail
	Explanation  string   `yaml:"explanation"`   // why the message is secured, in the notification
	Logo         string   `yaml:"logo"`          // PNG or SVG file for pages and securedoc.html; empty: the name alone

	Translations map[string]Translation `yaml:"translations"` // by language: what is said otherwise in it
}

// Translation is what the organisation says otherwise in one language; what is
// left out stays as it is.
type Translation struct {
	Name         string   `yaml:"name"`          // of the organisation
	HelpURL      string   `yaml:"help_url"`      // page with help for recipients
	PrivacyURL   string   `yaml:"privacy_url"`   // privacy notice
	AddressLines []string `yaml:"address_lines"` // postal address
	Disclaimer   string   `yaml:"disclaimer"`    // last lines of each mail
	Explanation  string   `yaml:"explanation"`   // why the message is secured
}

// Portal says where the web pages are.
type Portal struct {
	URL         string      `yaml:"url"`          // as recipients reach it: https://secure.example.gov.uk
	Listen      string      `yaml:"listen"`       // address and port: 127.0.0.1:8080
	TLSCert     string      `yaml:"tls_cert"`     // certificate file; empty: a proxy in front does TLS
	TLSKey      string      `yaml:"tls_key"`      // key file of tls_cert
	Servers     []string    `yaml:"servers"`      // further key servers' URLs that pages name, tried in turn
	Formerly    []string    `yaml:"formerly"`     // URLs that this service had before: files that name them are ours
	ReplyTag    string      `yaml:"reply_tag"`    // put before the subject of what recipients answer, so that the next answer is sealed: SECURE
	AttachLimit policy.Size `yaml:"attach_limit"` // of all attachments of one answer or message together, decoded: 10MB
	ScanUploads string      `yaml:"scan_uploads"` // clamd that looks at attachments: unix:/path or inet:127.0.0.1:port; empty: nobody does
}

// Milter says where Postfix asks us.
type Milter struct {
	Listen      string      `yaml:"listen"`       // unix:/path or inet:address:port
	SocketMode  Mode        `yaml:"socket_mode"`  // of the unix socket: "0660"
	SocketGroup string      `yaml:"socket_group"` // group of the unix socket: postfix; empty: ours
	Spool       string      `yaml:"spool"`        // private directory for messages at work; not on a shared disk
	MaxBody     policy.Size `yaml:"max_body"`     // bodies above it are refused: 100MB
	Readers     int         `yaml:"readers"`      // processes that read attached documents, 256 MB each at worst: 2
}

// Redis says where keys and records rest.
type Redis struct {
	Addresses    []string `yaml:"addresses"`     // host:port or unix:/path; several: Cluster, or Sentinels with master_name
	MasterName   string   `yaml:"master_name"`   // of the Sentinels' master; empty: no Sentinel
	Username     string   `yaml:"username"`      // of Redis ACL; empty: default user
	PasswordFile string   `yaml:"password_file"` // file or credential:NAME; empty: no password
	TLS          bool     `yaml:"tls"`           // speak TLS to Redis
	WaitReplicas int      `yaml:"wait_replicas"` // replicas that must have a key before a message leaves: 0
	VolatileOK   bool     `yaml:"volatile_ok"`   // seal although Redis may lose keys; only for trials
}

// Keys says where the master and escrow keys are.
type Keys struct {
	Master string   `yaml:"master"` // file, or credential:NAME of systemd
	Escrow []string `yaml:"escrow"` // OpenPGP certificate files that can open every message
}

// Shelf says where sealed messages rest for the link.
type Shelf struct {
	Dir      string      `yaml:"dir"`       // directory; empty: no links, attachment only
	MaxBytes policy.Size `yaml:"max_bytes"` // of all together: 20GB
}

// Relay says how our mail goes back to Postfix.
type Relay struct {
	Reentry string `yaml:"reentry"` // re-entry port, for what leaves: 127.0.0.1:10026
	Inbound string `yaml:"inbound"` // for what recipients wrote: 127.0.0.1:10027
}

// Postfix says whose maps are asked what becomes of an address.
type Postfix struct {
	ConfigDir string `yaml:"config_dir"` // of the Postfix instance: /etc/postfix
	Ask       *bool  `yaml:"ask"`        // false: take addresses as they are spelt; only for trials. Default true.
}

// Asks tells whether Postfix's maps are asked.
func (p Postfix) Asks() bool { return p.Ask == nil || *p.Ask }

// TLSMap says where Postfix asks whether TLS must be enforced.
type TLSMap struct {
	Listen string `yaml:"listen"` // unix:/path or inet:127.0.0.1:port; empty: Postfix does not ask, and tls seals
	State  string `yaml:"state"`  // file of partners, those taken off too; not on a disk that is emptied at boot
}

// Robot says where Postfix hands over mail to the service's own addresses:
// mobile@, b+ID@ and reply+ID@ of service.domain.
type Robot struct {
	Listen   string   `yaml:"listen"`   // LMTP: unix:/path or inet:127.0.0.1:port; empty: nobody reads that mail, and it is not asked for
	Domains  []string `yaml:"domains"`  // names that service.domain had before, whose addresses still work
	Authserv []string `yaml:"authserv"` // names under which our own servers write Authentication-Results; they must take others' off
}

// Metrics says where operators look.
type Metrics struct {
	Listen string `yaml:"listen"` // address and port for /metrics, /healthz, /readyz: 127.0.0.1:9725
}

// Log says what is logged.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error: info
	Format string `yaml:"format"` // text or json: text
}
