// Package pid finds person-identifiable data in text (BOP-6, BOP-7).
//
// It works in two layers. Find gives candidates: what has the form of a number,
// an address or a date of birth, with right check digits. Score decides what they
// mean: a candidate counts by the words within 300 characters of it, kinds that
// stand together count for more, what is repeated counts once, and what stands in
// a signature or in a newsletter counts for little or nothing. A ten-digit number
// with a right check digit is nothing; beside "NHS number" it is a patient.
//
// The package promises that a text is read once whatever the number of patterns,
// that memory is bounded, and that what it reports never holds the value found,
// only its kind and place. It knows no clock, disk or network.
//
// An attacker wants a text that is slow to read, or personal data spelt so that it
// is not seen: the matcher's tables are bounded and thrown away when full, texts are
// folded first (full-width digits, accents, characters of no width).
//
// Start reading at Scanner in scanner.go; matcher.go, table.go and run.go are the engine, forms.go and
// check.go know the numbers, words.go the subject matter, score.go weighs.
package pid
