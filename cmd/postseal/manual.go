package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/postseal/postseal/config"
)

// helpTopics are what "postseal help TOPIC" prints for packages: texts made of the
// table of commands and of the example, so that they cannot say anything else.
var helpTopics = map[string]func(io.Writer){
	"man":    manualOfCommands,
	"config": manualOfConfig,
	"bash":   completion,
	"sbom":   billOfMaterials,
}

var subcommandNames = regexp.MustCompile(`^[a-z]+(\|[a-z]+)*$`)

// subcommands gives the words of which one follows c's name, or none.
func (c command) subcommands() []string {
	var all []string
	for part := range strings.SplitSeq(c.args, ", ") { // "new|rotate|use FILE, reseal"
		first, _, _ := strings.Cut(part, " ")
		if !subcommandNames.MatchString(first) {
			return nil
		}
		all = append(all, strings.Split(first, "|")...)
	}
	return all
}

// help gives what a command line with -h prints.
func (c command) help(args ...string) string {
	var out bytes.Buffer
	_ = c.run(context.Background(), append(args, "-h"), streams{strings.NewReader(""), &out, io.Discard}) // flag.ErrHelp
	return out.String()
}

// flagsOf gives the lines that tell a command's flags.
func flagsOf(help string) []string {
	lines := strings.Split(strings.TrimRight(help, "\n"), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "  -") {
			return lines[i:]
		}
	}
	return nil
}

// roff writes text as it stands in a manual page.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// manualOfCommands writes postseal(8).
func manualOfCommands(w io.Writer) {
	fmt.Fprintf(w, ".TH POSTSEAL 8 \"\" \"postseal %s\" \"System administration\"\n", roff(version))
	fmt.Fprint(w, ".SH NAME\npostseal \\- seals outbound mail beside Postfix\n.SH SYNOPSIS\n.B postseal\n.I COMMAND\n[\\fIFLAG\\fR...] [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n")
	fmt.Fprint(w, "A filter that Postfix asks about every outbound message. What may not leave in clear is turned into an encrypted message that the addressed people open in any browser; the keys stay in Redis.\n.PP\n"+
		"The configuration is read from \\fB\\-\\-config\\fR, \\fB$POSTSEAL_CONFIG\\fR or "+roff(defaultConfig)+", in this order.\n.SH COMMANDS\n")
	for _, c := range commands() {
		fmt.Fprintf(w, ".TP\n\\fB%s\\fR %s\n%s.\n", roff(c.name), roff(c.args), roff(c.what))
		told := map[string]bool{}
		for _, sub := range append(c.subcommands(), "") {
			var args []string
			if sub != "" {
				args = []string{sub}
			}
			lines := flagsOf(c.help(args...))
			text := strings.Join(lines, "\n")
			if text == "" || told[text] {
				continue
			}
			told[text] = true
			fmt.Fprint(w, ".RS\n.PP\n")
			if sub != "" {
				fmt.Fprintf(w, "%s:\n", roff(sub))
			}
			fmt.Fprint(w, ".nf\n")
			for _, line := range lines {
				fmt.Fprintln(w, roff(strings.ReplaceAll(line, "\t", "  ")))
			}
			fmt.Fprint(w, ".fi\n.RE\n")
		}
	}
	fmt.Fprint(w, `.SH EXIT STATUS
0 when it is done, 1 when it failed or found something wrong, 2 when the command line was wrong.
.SH SIGNALS
On SIGHUP \fBserve\fR reads the rules and their lists again; when they are wrong it says so and keeps those it had. On SIGTERM it takes nothing new, finishes what it has begun, and ends.
.SH FILES
.TP
/etc/postseal/postseal.yaml
the configuration, see postseal.yaml(5)
.TP
/etc/postseal/master.key
the master key, 32 octets: whoever has it and Redis can open what is sealed. Keep a copy elsewhere.
.TP
/var/lib/postseal
containers for the link, and what outlives a restart
.TP
/run/postseal
messages at work, in memory
.SH SEE ALSO
postseal.yaml(5), postconf(5), milter in Postfix's MILTER_README
`)
}

// manualOfConfig writes postseal.yaml(5), which is the annotated example.
func manualOfConfig(w io.Writer) {
	fmt.Fprintf(w, ".TH POSTSEAL.YAML 5 \"\" \"postseal %s\" \"File formats\"\n.SH NAME\npostseal.yaml \\- configuration of postseal\n.SH DESCRIPTION\n", roff(version))
	fmt.Fprint(w, "This is the whole of it, as \\fBpostseal config example\\fR prints it.\n.PP\n.nf\n")
	for line := range strings.Lines(string(config.Example())) {
		fmt.Fprintln(w, roff(strings.TrimRight(line, "\n")))
	}
	fmt.Fprint(w, ".fi\n.SH SEE ALSO\npostseal(8)\n")
}

// completion writes what bash needs to complete command lines.
func completion(w io.Writer) {
	var names []string
	var second strings.Builder
	for _, c := range commands() {
		names = append(names, c.name)
		if subs := c.subcommands(); len(subs) > 0 {
			fmt.Fprintf(&second, "\t2:%s) words='%s' ;;\n", c.name, strings.Join(subs, " "))
		}
	}
	fmt.Fprintf(w, `# bash completion for postseal
_postseal() {
	local word=${COMP_WORDS[COMP_CWORD]} words= sub=
	case $COMP_CWORD:${COMP_WORDS[1]} in
	1:*) words='%s help' ;;
%s	esac
	case $word in
	-*)
		case ${COMP_WORDS[2]} in -*) ;; *) sub=${COMP_WORDS[2]} ;; esac
		words=$(postseal "${COMP_WORDS[1]}" $sub -h 2>/dev/null | sed -n 's/^  -\([a-z-]*\).*/--\1/p')
		;;
	esac
	if [ -n "$words" ]; then
		COMPREPLY=($(compgen -W "$words" -- "$word"))
	else
		COMPREPLY=($(compgen -f -- "$word"))
	fi
}
complete -o filenames -F _postseal postseal
`, strings.Join(names, " "), second.String())
}
