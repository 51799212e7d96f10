package postfix

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// wiring is a whole configuration: main.cf with $names expanded, and the
// services of master.cf with their -o options.
type wiring struct {
	main     map[string]string
	services []service
}

// service is one entry of master.cf.
type service struct {
	name    string // "submission", "127.0.0.1:10026", "cleanup"
	kind    string // "inet", "unix"
	chroot  bool
	command string            // "smtpd"
	options map[string]string // -o settings with $names expanded
}

func (s service) id() string { return s.name + "/" + s.kind }

// get gives the setting that a service works with: its own, else main.cf's.
func (w *wiring) get(s service, name string) string {
	if v, ok := s.options[name]; ok {
		return v
	}
	return w.main[name]
}

func (w *wiring) find(name, kind string) (service, bool) {
	for _, s := range w.services {
		if s.name == name && s.kind == kind {
			return s, true
		}
	}
	return service{}, false
}

// listeners gives the smtpd services of kind inet.
func (w *wiring) listeners() []service {
	var out []service
	for _, s := range w.services {
		if s.kind == "inet" && s.command == "smtpd" {
			out = append(out, s)
		}
	}
	return out
}

// checkedNames are the parameters of main.cf that Check looks at.
var checkedNames = []string{
	"queue_directory", "smtpd_milters", "smtpd_milter_maps", "non_smtpd_milters", "milter_default_action", "milter_protocol", "milter_content_timeout",
	"milter_mail_macros", "milter_helo_macros", "milter_end_of_data_macros", "receive_override_options", "message_size_limit", "cleanup_service_name",
	"allow_percent_hack", "swap_bangpath", "forward_path", "smtpd_forbid_bare_newline", "smtpd_authorized_xforward_hosts", "smtpd_authorized_xclient_hosts",
	"smtpd_discard_ehlo_keywords", "smtpd_relay_restrictions", "smtpd_recipient_restrictions", "smtpd_client_restrictions", "mynetworks", "inet_interfaces",
	"luser_relay", "fallback_transport", "fallback_transport_maps", "mailbox_transport_maps", "mailbox_command", "mailbox_command_maps",
	"always_bcc", "sender_bcc_maps", "recipient_bcc_maps", "virtual_alias_maps", "canonical_maps", "sender_canonical_maps", "recipient_canonical_maps", "alias_maps",
	"header_checks", "mime_header_checks", "nested_header_checks", "body_checks", "smtp_generic_maps", "masquerade_domains",
	"smtp_discard_ehlo_keywords", "smtp_tls_policy_maps", "smtp_tls_CAfile", "smtp_tls_CApath", "tls_append_default_CA", "smtp_fallback_relay",
	"default_transport", "relayhost", "transport_maps", "sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps",
	"content_filter", "maximal_queue_lifetime", "parent_domain_matches_subdomains", "recipient_delimiter", "owner_request_special", "double_bounce_sender",
	"mydestination", "relay_domains", "virtual_alias_domains", "virtual_mailbox_domains", "myhostname", "mydomain", "myorigin",
}

func readWiring(ctx context.Context, t tools) (*wiring, error) {
	main, err := t.parameters(ctx, checkedNames...)
	if err != nil {
		return nil, err
	}
	entries, complaint, status, err := t.run(ctx, "", "postconf", "-M")
	if err == nil && status != 0 {
		err = fmt.Errorf("%w: postconf -M: %s", ErrUnavailable, firstSevere(complaint))
	}
	if err != nil {
		return nil, err
	}
	options, complaint, status, err := t.run(ctx, "", "postconf", "-xP")
	if err == nil && status != 0 {
		err = fmt.Errorf("%w: postconf -P: %s", ErrUnavailable, firstSevere(complaint))
	}
	if err != nil {
		return nil, err
	}
	w := &wiring{main: main}
	for line := range strings.Lines(entries) {
		f := strings.Fields(line)
		if len(f) >= 8 { // master(5): seven fields, then the command
			w.services = append(w.services, service{name: f[0], kind: f[1], chroot: f[4] == "y", command: f[7], options: map[string]string{}})
		}
	}
	for line := range strings.Lines(options) {
		key, value, ok := strings.Cut(line, "=")
		f := strings.SplitN(strings.TrimSpace(key), "/", 3) // service/type/parameter
		if !ok || len(f) != 3 {
			continue
		}
		if s, found := w.find(f[0], f[1]); found {
			s.options[f[2]] = strings.TrimSpace(value)
		}
	}
	return w, nil
}

// address gives where an inet service listens: host as written (empty for every
// interface) and port, a name or a number.
func (s service) address() (host, port string) {
	i := strings.LastIndexByte(s.name, ':')
	if i < 0 {
		return "", s.name
	}
	return strings.Trim(s.name[:i], "[]"), s.name[i+1:]
}

// loopback tells whether only this machine can connect.
func (s service) loopback() bool {
	host, _ := s.address()
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// milter is one element of smtpd_milters with its own settings.
type milter struct {
	address string
	own     map[string]string // "default_action" and the like, from { ... }
}

func milters(value string) []milter {
	var out []milter
	for _, e := range splitList(value) {
		m := milter{address: e, own: map[string]string{}}
		if strings.HasPrefix(e, "{") && strings.HasSuffix(e, "}") {
			inner := splitList(strings.ReplaceAll(e[1:len(e)-1], " = ", "="))
			if len(inner) == 0 {
				continue
			}
			m.address = inner[0]
			for _, setting := range inner[1:] {
				if name, value, ok := strings.Cut(strings.Trim(setting, "{} "), "="); ok {
					m.own[strings.TrimSpace(name)] = strings.TrimSpace(value)
				}
			}
		}
		out = append(out, m)
	}
	return out
}

// get gives a milter's own setting, else that of the service.
func (m milter) get(w *wiring, s service, own, main string) string {
	if v, ok := m.own[own]; ok {
		return v
	}
	return w.get(s, main)
}

// sameSocket tells whether a milter address of Postfix means the place where our
// daemon listens. Postfix takes a unix path as below its queue directory, and
// inside a chroot an absolute one too.
func sameSocket(w *wiring, s service, address, ours string) bool {
	kind, path, _ := strings.Cut(address, ":")
	ourKind, ourPath, _ := strings.Cut(ours, ":")
	if kind != ourKind {
		return false
	}
	if kind != "unix" {
		return strings.EqualFold(path, ourPath) || normalInet(path) == normalInet(ourPath)
	}
	if !strings.HasPrefix(path, "/") || s.chroot {
		path = w.main["queue_directory"] + "/" + strings.TrimPrefix(path, "/")
	}
	return cleanPath(path) == cleanPath(ourPath)
}
