package pid

import (
	"slices"
	"strings"
)

// behindOffice is what follows the name of somebody in office.
var behindOffice = []string{", chair", ", head", ", director", ", manager", ", cabinet", ", leader", ", mayor", " (chair", ", chief", ", our ", ", who runs", ", portfolio", ", councillor", ", service manager", ", clerk", " said", ", deputy", " mp", ", team manager", ", principal", ", senior", ", president", ", artist", ", author"}

func inOffice(text string, c found) bool {
	if c.kind == firstName && aloneOnLine(text, c) {
		return true // who signs
	}
	if strings.HasPrefix(text[c.start:c.end], "Dr") || shortBefore(text, c.start, officeWords) {
		return true
	}
	rest := text[c.end:]
	return rest != "" && (rest[0] == ',' || rest[0] == ' ') && slices.ContainsFunc(behindOffice, func(w string) bool { return startsFold(rest, w) })
}

// aloneOnLine tells whether nothing else stands on the line of a name.
func aloneOnLine(text string, c found) bool {
	const much = 40 // octets; a line with more on it has something else on it
	left := text[max(0, c.start-much):c.start]
	left = left[strings.LastIndexByte(left, '\n')+1:]
	right, _, _ := strings.Cut(text[c.end:min(len(text), c.end+much)], "\n")
	return strings.TrimSpace(left) == "" && strings.Trim(right, " \r\t.,x") == ""
}

// Words before a number or a name.
var (
	nhsWords      = listOf("nhs")
	passportWords = listOf("passport|pasbort")
	officeWords   = listOf("cllr|councillor|ds|dc|pc|dci|sgt|speakers|keynote|contact|officer|manager|chair|clerk|director|mayor|leader|minister|speaker|author|editor|cc|chaired by|led by|present:|apologies|attendees|secretary|head of|headteacher|deputy|portfolio holder|mp|reverend|rev|professor|prof|said|by")
)

// shortBefore is before with a reach of a word or two.
func shortBefore(text string, at int, words wordList) bool {
	const reach = 18
	return words.near(text[max(0, at-reach):at])
}
