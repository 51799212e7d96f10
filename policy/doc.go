// Package policy decides for each recipient of an outbound message whether it
// may leave as it is, must be sealed, or is refused, and says why. It holds the
// model of the rule file (File), the reading of a message under hard limits
// (Read) and the decision (File.Classify).
//
// It promises that a doubt never lets a message pass: the zero Action seals,
// what MIME leaves open is read in every way and the findings are united, and a
// part that a recipient could read and we could not is sealed even without a
// rule that says so. A Finding says what was found and where, never the text
// that was found. Everything here is pure: no clock, network, disk or logger;
// the same message, transaction and File give the same Verdict.
//
// An attacker is here either staff malware, or a careless sender's strange mail
// program, that gets a marked message past the marks: by encodings, folds,
// nesting, look-alike letters, two header fields of one name. Or it is an
// outsider whose forwarded mail makes reading slow: every input has a bound
// (see Limits and the Max constants), and reading is linear in the input.
//
// A condition is one file cond_NAME.go, one line in the table conditionKinds,
// and one case in testdata/mail. A condition that is not built is an error of
// the rule file, so that nobody believes in a rule that does nothing.
//
// Start reading at File.Classify, then Read.
package policy
