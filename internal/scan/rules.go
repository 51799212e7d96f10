package scan

import (
	"regexp"
	"slices"
	"strings"
)

// Rule is one thing that public rules look for in an attached page.
type Rule struct {
	Name   string
	Source string // where it was read
	Match  func(*Page) bool
}

// Where the rules were read, all in August 2026.
const (
	sublime   = "sublime-security/sublime-rules, attachment_html_"
	elceef    = "elceef/yara-rulz, HTML_Smuggling.yara"
	attack    = "MITRE ATT&CK T1027.006"
	phishing  = "PhishGuard community rules, Phishing_HTML_Credential_Harvester, and rules of its kind"
	redirects = "common rules for redirecting pages"
)

// Hits gives the names of the rules that fire, in their order.
func Hits(p *Page) (names []string) {
	for _, r := range Rules {
		if r.Match(p) {
			names = append(names, r.Name)
		}
	}
	return names
}

// Rules are all of them: smuggling, hiding, then forms and redirection.
var Rules = slices.Concat(smuggling, hiding, forms)

// magic begins, in base64, a program, an Office file, a zip, a disc image.
var magic = regexp.MustCompile(`(?:^|[\s,;:"'({\[])(?:TVqQAAMAAAAE|0M8R4KGxGuEA|UEsDB[ABCD]|AAAABQ0QwMDE|AAAAQkVBMDEB)`)

var (
	atobUse   = regexp.MustCompile(`(?i)document.{0,10}write.{0,10}atob|=.?atob.*;|atob.atob|\{src: atob|eval.atob|atob\(.0x|'at'\+'ob'|document.*insertadjacenthtml.*atob`)
	evalAtob  = regexp.MustCompile(`(?i)eval.{1,4}atob`)
	dataLink  = regexp.MustCompile(`(?i)<a href="data:application/octet-stream;base64,[a-z0-9/+]+={0,2}" download=`)
	codeMath  = regexp.MustCompile(`\.charCodeAt\([^)]{1,10}\) ?\^`)
	bigBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{400,}={0,2}`)
	autoClick = regexp.MustCompile(`\.click\(\)|\.dispatchEvent\(|\["click"\]`)
)

var smuggling = []Rule{
	{"decodes base64 by atob and opens or writes it", sublime + "smuggling_atob.yml", func(p *Page) bool {
		return p.Entropy >= 5 && (p.calls("document", "write", "atob") || p.line(atobUse))
	}},
	{"atob at all, in a page of at most 60,000 octets", sublime + "smuggling_atob.yml, older form", func(p *Page) bool {
		return len(p.Raw) <= 60_000 && p.Entropy >= 4.5 && p.calls("atob")
	}},
	{"eval of atob", sublime + "smuggling_eval_atob.yml", func(p *Page) bool { return p.line(evalAtob) }},
	{"click listener with atob", sublime + "smuggling_auto_file_download.yml", func(p *Page) bool {
		return p.calls("click", "addEventListener", "atob")
	}},
	{"file in base64 with a decoder", sublime + "smuggling_b64_zip.yml, _embedded_b64_iso.yml, _pe.yml", func(p *Page) bool {
		return p.has("atob", "fromCharCode", "base64") && magic.MatchString(p.Raw)
	}},
	{"link that is itself a file", sublime + "smuggling_embedded_base64_file_download.yml", func(p *Page) bool { return p.line(dataLink) }},
	{"script in a data: address", sublime + "smuggling_javascript_base64.yml", func(p *Page) bool { return p.has("data:text/javascript;base64") }},
	{"Blob, object URL, atob and a click", elceef + " A and B", func(p *Page) bool {
		saves := p.has(".msSave") || p.calls("createElement", "createObjectURL", "download", "click") || p.has("new File([")
		return saves && p.has("new Blob(") && p.has("new Uint8Array(") && p.has("atob(") && (magic.MatchString(p.Raw) || codeMath.MatchString(p.Raw))
	}},
	{"saves a Blob the old way", elceef + " C", func(p *Page) bool { return p.has("new Blob(") && p.has(".msSave", `"msSave`) }},
	{"Blob, object URL and download", attack, func(p *Page) bool {
		return p.calls("Blob", "createObjectURL") && slices.ContainsFunc(p.Names, func(n string) bool { return n == "download" })
	}},
	{"clicks by itself", attack, func(p *Page) bool { return autoClick.MatchString(p.Script) }},
	{"large base64 in a script", attack, func(p *Page) bool { return bigBase64.MatchString(p.Script) }},
	{"deciphers in the page", attack + ", deciphering variants", func(p *Page) bool { return p.calls("crypto", "subtle") || p.has("CryptoJS") }},
	{"deciphers and knows the recipient", sublime + "recipient_in_javascript_identifiers.yml", func(p *Page) bool {
		secret := func(s string) bool { return strings.Contains(s, "atob") || strings.Contains(s, "decrypt") }
		return len(p.Raw) < 1_000_000 && (slices.ContainsFunc(p.Names, secret) || slices.ContainsFunc(p.Lines, secret)) && p.toRecipient()
	}},
}

var (
	decimals  = regexp.MustCompile(`(\d{2,3},){60,}`)
	hexBytes  = regexp.MustCompile(`(\\x[0-9A-Za-z]{2}){100}`)
	hexArray  = regexp.MustCompile(`(\W?0x[0-9A-Za-z]{2}\W?,\s*){100}`)
	rc4       = regexp.MustCompile(`.\[\(.\[.?\]\+.?\[.?\]\)%256\]`)
	unescapes = regexp.MustCompile(`document.write.{0,10}unescape`)
	lateGo    = regexp.MustCompile(`setTimeout\((?s:.){0,200}location`)
	padding   = regexp.MustCompile(`(\r?\n[ \t]*){200}|[ \t]{1000}`)
	hiddenTop = regexp.MustCompile(`(?i)<body style\s*=\s*"\s*display\s*:\s*none`)
)

var hiding = []Rule{
	{"eval or Function", "common rules for obfuscated scripts", func(p *Page) bool {
		return p.calls("eval") || strings.Contains(p.Script, "Function(")
	}},
	{"unescape", sublime + "smuggling_unescape.yml", func(p *Page) bool { return p.calls("unescape") || p.line(unescapes) }},
	{"document.write", "common rules for obfuscated scripts", func(p *Page) bool { return strings.Contains(p.Script, "document.write") }},
	{"names of an obfuscator", sublime + "recipients_suspicious_js.yml", func(p *Page) bool {
		return slices.ContainsFunc(p.Names, func(n string) bool { return strings.HasPrefix(n, "_0x") })
	}},
	{"text in decimal numbers", sublime + "smuggling_decimal_encoding.yml", func(p *Page) bool { return p.line(decimals) }},
	{"text in \\x numbers", sublime + "smuggling_hex_strings.yml", func(p *Page) bool { return p.line(hexBytes) }},
	{"octets in an array", sublime + "smuggling_raw_buffer.yml", func(p *Page) bool { return p.line(hexArray) && p.has(".map") }},
	{"RC4", sublime + "smuggling_rc4.yml", func(p *Page) bool { return p.line(rc4) }},
	{"ROT13", sublime + "smuggling_rot13.yml", func(p *Page) bool { return p.has("rot13", `"uggcf://`, `"uggc://`) }},
	{"turns characters into codes and moves on", sublime + "smuggling_fromcharcode_and_others.yml", func(p *Page) bool {
		return len(p.Names) < 100 && p.calls("location", "charCodeAt", "fromCharCode", "indexOf", "try", "catch")
	}},
	{"codes and many \\x0", sublime + "smuggling_entropy.yml", func(p *Page) bool {
		return p.Entropy >= 5 && p.calls("fromCharCode", "parseInt", "charCodeAt") && strings.Count(p.Raw, `\x0`) >= 50
	}},
	{"concatenation in a small page", sublime + "excessive_concatenation.yml", func(p *Page) bool {
		return len(p.Raw) < 5000 && strings.Count(p.Raw, "+") > 20 && p.toRecipient() && p.has("window.location.href", "createObjectURL")
	}},
	{"nothing but script", sublime + "all_script.yml", func(p *Page) bool {
		return strings.HasPrefix(strings.TrimSpace(p.Lower), "<script") && strings.HasSuffix(strings.TrimSpace(p.Lower), "</script>")
	}},
	{"constants and long timers", sublime + "excessive_const_declarations.yml", func(p *Page) bool {
		return len(p.Raw) < 50_000 && strings.Count(p.Raw, "const") >= 7 && regexp.MustCompile(`setTimeout\(\s*\w+,\s*\d{3,}\)`).MatchString(p.Raw)
	}},
	{"old web requests", sublime + "javascript_HTTP.yml", func(p *Page) bool {
		return count(p.has(".replace"), p.has("XMLHttpRequest"), p.has("onreadystate"), p.has("GET"), p.has("send()"), p.has("responseText")) >= 3
	}},
	{"much empty space", sublime + "excessive_padding.yml", func(p *Page) bool { return padding.MatchString(p.Raw) }},
	{"hidden body", sublime + "hidden_body.yml", func(p *Page) bool { return hiddenTop.MatchString(p.Raw) }},
	{"body onload", sublime + "smuggling_body_onload.yml, _suspicious_onload.yml", func(p *Page) bool { return p.has("body onload") }},
	{"event handler in a tag", "common rules for obfuscated scripts", func(p *Page) bool {
		return p.tag("", func(a map[string]string) bool {
			for name := range a {
				if strings.HasPrefix(name, "on") {
					return true
				}
			}
			return false
		})
	}},
	{"script from elsewhere", "common rules for attached pages", func(p *Page) bool {
		return p.tag("script", func(a map[string]string) bool { return a["src"] != "" })
	}},
	{"small page that names the recipient", "sublime-security/sublime-rules, attachment_small_html_recipient_address.yml", func(p *Page) bool {
		return len(p.Raw) < 10_000 && len(p.Lines) < 20 && p.toRecipient()
	}},
}

var (
	signIn  = regexp.MustCompile(`(?i)sign.in`)
	bait    = regexp.MustCompile(`(?i)<title>.[^<]+(Payment|Invoice|Statement|Login|Microsoft|Email|Excel)`)
	brands  = regexp.MustCompile(`(?i)microsoft|office ?365|outlook|sharepoint|onedrive|google|gmail|adobe|docusign|dhl`)
	refresh = func(a map[string]string) bool { return strings.EqualFold(a["http-equiv"], "refresh") }
)

func isPassword(a map[string]string) bool { return strings.EqualFold(a["type"], "password") }

var forms = []Rule{
	{"password field", phishing, func(p *Page) bool {
		return p.tag("input", isPassword) || strings.Contains(strings.ReplaceAll(p.Script, " ", ""), `type:"password"`)
	}},
	{"words of a login page", sublime + "attachment_login_page.yml, outside scripts", func(p *Page) bool {
		return lines(p.Lines, "password") >= 2 &&
			count(p.has("incorrect"), p.has("invalid"), p.has("login"), p.has("<script>"), p.line(signIn), p.line(bait)) >= 2
	}},
	{"words of a login page in a script", sublime + "attachment_login_page.yml, in scripts", func(p *Page) bool {
		text := strings.Join(p.ScriptText, "\n")
		low := strings.ToLower(text)
		return lines(p.ScriptText, "password") >= 2 &&
			count(strings.Contains(low, "incorrect"), strings.Contains(low, "invalid"), strings.Contains(low, "login"), signIn.MatchString(text)) >= 2
	}},
	{"password field and a well-known brand", phishing, func(p *Page) bool { return p.tag("input", isPassword) && brands.MatchString(p.Raw) }},
	{"sign-in title of a well-known brand", sublime + "smuggling_microsoft_signin.yml", func(p *Page) bool {
		return signIn.MatchString(p.Title) || brands.MatchString(p.Title)
	}},
	{"address filled in beforehand", phishing, func(p *Page) bool {
		return p.tag("input", func(a map[string]string) bool { return slices.Contains(p.To, strings.ToLower(a["value"])) })
	}},
	{"form to a host that is not the sender's", phishing, func(p *Page) bool {
		return p.tag("", func(a map[string]string) bool { return p.foreign(a["action"]) || p.foreign(a["formaction"]) })
	}},
	{"form by http", phishing, func(p *Page) bool {
		return p.tag("form", func(a map[string]string) bool { return strings.HasPrefix(strings.ToLower(a["action"]), "http:") })
	}},
	{"meta refresh", redirects, func(p *Page) bool { return p.tag("meta", refresh) }},
	{"frame in the page", redirects, func(p *Page) bool { return p.tag("iframe", func(map[string]string) bool { return true }) }},
	{"moves on by script", sublime + "smuggling_location.yml, _settimeout.yml", func(p *Page) bool {
		return lateGo.MatchString(p.Script) || len(p.Raw) <= 5000 && len(p.Names) < 100 && p.calls("location")
	}},
	{"data: address other than a picture", redirects, func(p *Page) bool {
		return p.tag("", func(a map[string]string) bool {
			for _, v := range a {
				if v = strings.ToLower(strings.TrimSpace(v)); strings.HasPrefix(v, "data:") && !strings.HasPrefix(v, "data:image/png;") {
					return true
				}
			}
			return false
		})
	}},
	{"javascript: address", redirects, func(p *Page) bool { return p.has(`"javascript:`, `'javascript:`) }},
}

// ClassicMust are the rules that the classic form trips by what it is for. Whose
// readers' filters go by such rules wants form: passive (docs/scanners.md).
var ClassicMust = []string{
	"Blob, object URL and download",     // the message and its attachments are saved
	"deciphers in the page",             // the key never goes to where the ciphertext is
	"deciphers and knows the recipient", // who has one address need not type it
	"password field",                    // she signs in
}
