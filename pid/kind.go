package pid

// Kind is what was found. Its text is the name in the configuration file.
type Kind string

// Kinds that have a form.
const (
	NINumber     Kind = "nino"
	NHSNumber    Kind = "nhs"
	Card         Kind = "card"
	IBAN         Kind = "iban"
	BankAccount  Kind = "bank_account" // sort code with account number
	Passport     Kind = "passport"
	Licence      Kind = "driving_licence"
	TaxReference Kind = "utr"
	CHINumber    Kind = "chi"
	BirthDate    Kind = "birth_date"
	Address      Kind = "address"
	Postcode     Kind = "postcode"
	Phone        Kind = "phone"
	Email        Kind = "email"
	CaseNumber   Kind = "case_number"
	Vehicle      Kind = "vehicle_registration"
	Name         Kind = "name"
)

// Kinds of subject matter (BOP-7), and the operator's own words.
const (
	Health     Kind = "health"
	SocialCare Kind = "social_care"
	Finance    Kind = "finance"
	Relations  Kind = "relations"
	Behaviour  Kind = "behaviour"
	History    Kind = "history"
	Criminal   Kind = "criminal_record"
	OwnWords   Kind = "words"
)

// Together is what kinds weigh beside each other beyond what each weighs alone.
const Together Kind = "together"

// kindInfo says what a kind is called and what it weighs.
type kindInfo struct {
	kind   Kind
	words  string
	weight float64 // of one finding near the words that make it count
}

// kinds lists all, in the order in which a report names them. 10 is a weight that
// alone suffices for the usual rule {score: 10}.
var kinds = []kindInfo{
	{NINumber, "NI number", 10},
	{NHSNumber, "NHS number", 10},
	{CHINumber, "CHI number", 10},
	{Card, "payment card number", 10},
	{Passport, "passport number", 10},
	{Licence, "driving licence number", 10},
	{TaxReference, "tax reference", 10},
	{IBAN, "IBAN", 8},
	{BankAccount, "sort code and account number", 8},
	{BirthDate, "date of birth", 6},
	{Address, "address", 3},
	{Postcode, "postcode", 1},
	{Phone, "phone number", 2},
	{Email, "e-mail address", 0.5},
	{CaseNumber, "case number", 2},
	{Vehicle, "vehicle registration", 2},
	{Name, "name", 2},
	{Health, "health", 3.2},
	{SocialCare, "social care", 3.2},
	{Finance, "finances", 3.2},
	{Relations, "relations", 3.2},
	{Behaviour, "behaviour", 3.2},
	{History, "case history", 3.2},
	{Criminal, "criminal record", 3.2},
	{OwnWords, "own words", 4},
	{Together, "kinds that stand together", 3},
}

// Kinds gives the names of all kinds, in the order of reports.
func Kinds() []Kind {
	var all []Kind
	for _, k := range kinds {
		all = append(all, k.kind)
	}
	return all
}

// String gives the words of a report: "NI number". A pattern of the operator's is
// called by its own name.
func (k Kind) String() string {
	for _, i := range kinds {
		if i.kind == k {
			return i.words
		}
	}
	return string(k)
}
