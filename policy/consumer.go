package policy

import "strings"

// consumerDomains are mail services for the public, which can never be TLS
// partners (SCC-17): whoever sits at the other end of the connection has agreed
// to nothing. A name without dot stands for all its domains (yahoo.co.uk,
// yahoo.fr).
var consumerDomains = []string{
	"gmail.com", "googlemail.com", "hotmail", "outlook.com", "outlook.fr", "outlook.de", "outlook.es", "outlook.it", "outlook.ie",
	"live", "msn.com", "yahoo", "ymail.com", "rocketmail.com", "btinternet.com", "btopenworld.com", "bt.com", "talk21.com",
	"icloud.com", "me.com", "mac.com", "aol", "aim.com", "sky.com", "virginmedia.com", "virgin.net", "blueyonder.co.uk", "ntlworld.com",
	"talktalk.net", "tiscali.co.uk", "plus.com", "plusnet.com", "orange.net", "orange.fr", "wanadoo.co.uk", "wanadoo.fr", "o2.co.uk",
	"protonmail.com", "protonmail.ch", "proton.me", "pm.me", "tutanota.com", "tutanota.de", "tuta.io", "tuta.com",
	"gmx", "web.de", "t-online.de", "freenet.de", "mail.com", "email.com", "zoho.com", "fastmail.com", "fastmail.fm",
	"yandex.com", "yandex.ru", "mail.ru", "qq.com", "163.com", "126.com", "sina.com", "hushmail.com", "comcast.net", "verizon.net",
	"att.net", "sbcglobal.net", "rediffmail.com", "hey.com", "duck.com", "laposte.net", "free.fr", "libero.it",
}

// isConsumer tells whether a domain, in comparison form, is a mail service for
// the public or lies below one. Above tells the same of a pattern for all
// domains below it: it is also true when the pattern would cover one.
func isConsumer(domain string, above bool) bool {
	for _, c := range consumerDomains {
		if strings.Contains(c, ".") {
			if domain == c || strings.HasSuffix(domain, "."+c) || above && strings.HasSuffix(c, "."+domain) {
				return true
			}
			continue
		}
		labels := strings.Split(domain, ".")
		for i, l := range labels {
			// yahoo.co.uk and mail.yahoo.com, but not yahoo.example.org.
			if l == c && len(labels)-i <= 3 && isCountry(labels[i+1:]) {
				return true
			}
		}
	}
	return above && !strings.Contains(domain, ".")
}

// isCountry tells whether labels are the end of a public domain: com, fr, co.uk.
func isCountry(labels []string) bool {
	switch len(labels) {
	case 1:
		return len(labels[0]) == 2 || labels[0] == "com" || labels[0] == "net" || labels[0] == "org"
	case 2:
		return len(labels[1]) == 2 && (labels[0] == "co" || labels[0] == "com" || labels[0] == "org" || labels[0] == "net")
	}
	return false
}
