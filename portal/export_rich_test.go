package portal

// ReadRich is readRich for tests.
func ReadRich(fragment string) (page, mail, text string) {
	r := readRich(fragment)
	return r.page, string(r.mail), r.text
}

// Refill fills a form in, for tests outside the package.
var Refill = refill

// Fit tells how high the frame of a message is, for tests outside the package.
var Fit = fit
