package pid

import (
	"cmp"
	"slices"
)

// Candidate is what has the form of a kind, with right check digits, at octets
// Start to before End of the text. By itself it means nothing yet.
type Candidate struct {
	Kind       Kind
	Start, End int
}

// accountReach is how far an account number may stand from its sort code, in
// octets: the width of a table or two lines.
const accountReach = 120

// bankWords stand before a sort code or an account number, bankColumns above them.
var (
	bankWords   = listOf("sort|account|acct|acc|a/c|bank|s/c|sc|bacs")
	bankColumns = listOf("sort code|sortcode|account")
)

// settle puts together what makes up one thing, and leaves of overlapping ones of
// a kind the longest.
func settle(text string, all []found) []found {
	inOrder := func(a, b found) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	}
	if !slices.IsSortedFunc(all, inOrder) {
		slices.SortFunc(all, inOrder)
	}
	kept := all[:0]
	var last []found // of each kind the last one kept
next:
	for _, c := range all {
		for i := range last {
			if last[i].kind != c.kind {
				continue
			}
			if c.start >= last[i].end {
				kept, last[i] = append(kept, c), c
			}
			continue next
		}
		kept, last = append(kept, c), append(last, c)
	}
	return accounts(text, kept)
}

// accounts joins sort codes with the account numbers near them, and streets with
// their postcodes; what is left of sort codes, account numbers and dates is
// nothing.
func accounts(text string, all []found) []found {
	if !slices.ContainsFunc(all, func(c found) bool { return c.kind == sortCode || c.kind == accountNo }) {
		return all
	}
	kept, joined := make([]found, 0, len(all)), false
	for i, c := range all {
		switch c.kind {
		case sortCode:
			if n, ok := accountNear(text, all, i); ok {
				kept = append(kept, found{kind: BankAccount, start: min(c.start, n.start), end: max(c.end, n.end), value: c.value + n.value, labelled: true})
				joined = true
			}
		case accountNo:
		default:
			kept = append(kept, c)
		}
	}
	if joined {
		slices.SortStableFunc(kept, func(a, b found) int { return cmp.Compare(a.start, b.start) })
	}
	return kept
}

// accountNear gives the account number near a sort code, if a word says that one
// of them is such a thing.
func accountNear(text string, all []found, i int) (found, bool) {
	c := all[i]
	for _, n := range all[max(0, i-8):min(len(all), i+9)] {
		apart := max(n.start-c.end, c.start-n.end)
		if n.kind == accountNo && apart >= 0 && apart <= accountReach &&
			(before(text, c.start, bankWords) || before(text, n.start, bankWords) || inColumn(text, n.start, bankColumns)) {
			return n, true
		}
	}
	return found{}, false
}
