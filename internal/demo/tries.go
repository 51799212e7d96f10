package demo

// try is one thing to try: a link that fills the compose form.
type try struct {
	Key, Title, What string
	draft            Draft
	sample           bool
}

const careText = "Dear Jane,\n\nhere is the care plan for your father from Thursday. His new key worker is Tom Ellis, and the morning visit moves to half past eight.\n\nPlease answer on this message if anything in it is wrong.\n\nAlex Morgan\nAdult Social Care"

// tries gives the things to try, in order.
func tries() []try {
	alex, jane, sam, surgery := Staff()[0].Address, Outside()[0].String(), Outside()[1].String(), Outside()[2].String()
	priya := Staff()[1].String()
	return []try{
		{"tag", "Write [SECURE] in the subject", "with an attachment. It leaves sealed, and only Jane can open it.",
			Draft{From: alex, To: jane, Subject: "[SECURE] Care plan from Thursday", Text: careText, HTML: true}, true},
		{"flag", "Mark it confidential in Outlook", "to a solicitor, with a colleague in copy: he gets it sealed, she gets it as it is.",
			Draft{From: alex, To: sam, Cc: priya, Subject: "Ellis placement: papers for the hearing", Sensitivity: "Company-Confidential", Text: "Dear Sam,\n\nthe papers for the hearing on Monday.\n\nAlex", HTML: true}, true},
		{"label", "Put a label on it", "OFFICIAL-SENSITIVE to a surgery, with Jane as Bcc. Nobody learns of the Bcc.",
			Draft{From: alex, To: surgery, Bcc: jane, Subject: "Discharge summary", Label: "OFFICIAL-SENSITIVE", Text: "Please add the discharge summary to the record.\n\nAlex Morgan", HTML: true}, false},
		{"slip", "Mistype the tag", "[SECRUE] counts too, and the confirmation says so.",
			Draft{From: alex, To: jane, Subject: "[SECRUE] Your question about the allowance", Text: "Dear Jane,\n\nyes, the allowance goes on while he is in hospital.\n\nAlex", HTML: true}, false},
		{"forgot", "Forget the mark", "The scan finds what is personal; the confirmation says what kind, and never repeats it.",
			Draft{From: alex, To: sam, Subject: "Your client Mr Ellis", Text: "Dear Sam,\n\nMr Tom Ellis, born 14 March 1951, National Insurance number QQ 12 34 56 C, has been known to social services since his stroke. He has dementia and can no longer manage his bank account.\n\nAlex", HTML: true}, false},
		{"plain", "Write something harmless", "No mark, no rule: it leaves untouched, byte for byte.",
			Draft{From: alex, To: jane, Subject: "Opening hours over Easter", Text: "Dear Jane,\n\nwe are closed from Friday to Monday.\n\nAlex", HTML: true}, false},
		{"inside", "Write to a colleague", "Even with the tag: mail that stays inside is left alone.",
			Draft{From: alex, To: priya, Subject: "[SECURE] Lunch?", Text: "Half past twelve?\n\nAlex", HTML: false}, false},
	}
}

func tryOf(key string) (try, bool) {
	for _, t := range tries() {
		if t.Key == key {
			return t, true
		}
	}
	return try{}, false
}

// Tries gives what to try, one line each, for the terminal.
func Tries() []string {
	var out []string
	for _, t := range tries() {
		out = append(out, t.Title+": "+t.What)
	}
	return out
}
