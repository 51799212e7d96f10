package store

import (
	"log/slog"
	"strings"
	"time"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
)

// Proof is the outcome of a successful sign-in: only the store's own checks make
// one. For a provider's word and a passkey's signature the caller has checked
// what came from outside, and the store whether it belongs to the account. The
// zero value proves nothing.
type Proof struct {
	address addr.Address
	method  string
	session string // names the session in audit entries; empty before there is one
	at      time.Time
	epoch   int64 // the account's password generation, see SetPassword

	also   []addr.Address // further addresses of the account, see AddAddress
	holder addr.Address   // the account's own address, in a proof for one of those (For)
	made   time.Time      // of the session; zero before there is one
	asked  time.Time      // when the person last showed anew who she is, see Reenter
	desks  []addr.Address // shared mailboxes at which she may sit (desk.go)
	desk   bool           // address is one of those, and holder who sits there (For)
}

// Methods of a Proof.
const (
	ByPassword = "password" // also an activation: the person chose the password and has the mailbox
	ByCode     = "code"
	ByOIDC     = "oidc"    // a provider vouched for the address, see SignInVouched
	ByPasskey  = "passkey" // a key of the person's device signed, see UsePasskey
)

// Address gives the proved address; zero for the zero Proof.
func (p Proof) Address() addr.Address { return p.address }

// Method gives ByPassword, ByCode, ByOIDC or ByPasskey.
func (p Proof) Method() string { return p.method }

// Account is what is known of a person. The password and answer are not in it.
type Account struct {
	Address   addr.Address
	FirstName string
	LastName  string
	Question  string // empty for none
	CreatedAt time.Time
	ActiveAt  time.Time
	Also      []addr.Address `json:",omitempty"` // further addresses whose messages it opens, see AddAddress
	Lang      string         `json:",omitempty"` // language that she chose; empty: none yet
}

// Registration is what a person typed; it rests sealed under address AND browser
// and is taken over only by an activation from the same browser. It prints as
// "redacted".
type Registration struct {
	FirstName, LastName string
	Password            string // hashed by Register with Argon2id, never stored
	Question, Answer    string
	Next                string // deep link to return to
	Lang                string // language of the page; empty: there is one only
}

func (Registration) String() string               { return redacted }
func (Registration) GoString() string             { return redacted }
func (Registration) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Registration) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Browser names a browser by its cookie, or a securedoc.html page by its nonce:
// at least 128 random bits, stored as HMAC only. string(b) yields it; it prints
// as "redacted". The empty one is nobody: ErrNoSession.
type Browser string

// PageBrowser names a securedoc.html page by its nonce. It will not come back: the
// page has another one the next time it is opened.
func PageBrowser(nonce string) Browser { return pagePrefix + Browser(nonce) }

const pagePrefix = "page:"

// passing tells whether a browser will not be seen again.
func (b Browser) passing() bool { return strings.HasPrefix(string(b), pagePrefix) }

func (Browser) String() string       { return redacted }
func (Browser) GoString() string     { return redacted }
func (Browser) LogValue() slog.Value { return slog.StringValue(redacted) }

// Counters, each independent of the others (design: "Counters").
const (
	PasswordTries = 20 // BCC-27: that many wrong passwords lock
	PasswordLock  = time.Hour
	AnswerTries   = 5 // BOP-17
	AnswerLock    = time.Hour
	CodeDigits    = 8 // SCC-9
	CodeLife      = 15 * time.Minute
	CodeTries     = 5
	LinkLife      = 30 * time.Minute // BCC-6: activation and reset links
	CodeMailsHour = 10               // per address, and as many for browsers with an earlier success
	LinkMailsHour = 10               // activation and reset mails per address
	WrongCodesDay = 15               // then the code way is closed for browsers without an earlier success

	SessionIdle = time.Hour      // a session unused for so long is over
	SessionLife = 12 * time.Hour // a session ends after this however busy
	FlowLife    = time.Hour      // of a Flow, counted from its last use
)

// Bounds of what a person types, in bytes; longer is ErrTooLong (a password or
// answer to be checked is then simply wrong).
const (
	MaxPassword = 1024
	MaxAnswer   = 1024
	maxName     = 200
	maxQuestion = 500
	maxNext     = 2000
)

// Flow is what a browser brought before it signed in, so that a deep link
// survives registration, activation and sign-in. It prints as "redacted".
type Flow struct {
	Next    string       // deep link to go to after sign-in
	Address addr.Address // address typed
	Secrets map[envelope.ID]envelope.Secret
}

func (Flow) String() string               { return redacted }
func (Flow) GoString() string             { return redacted }
func (Flow) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Flow) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MaxFlowSecrets is how many proven mail secrets one browser can hold; with one
// more, the ones before are forgotten and their mails must be opened again.
const MaxFlowSecrets = 50
