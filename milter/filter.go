package milter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	gomilter "github.com/d--j/go-milter"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/notice"
	"github.com/postseal/postseal/policy"
	"github.com/postseal/postseal/relay"
	"github.com/postseal/postseal/shelf"
	"github.com/postseal/postseal/store"
)

// Store is what the filter needs of *store.Store; see there for the errors.
type Store interface {
	Lookup(ctx context.Context, id envelope.ID) (store.Known, error)
	Prepare(ctx context.Context, p store.Preparation) error
	Queued(ctx context.Context, id envelope.ID, recipients []addr.Address, heldIDs []string, queueID string, now time.Time) error
}

// Sender hands a mail to Postfix's re-entry port; *relay.SMTP is one.
type Sender interface {
	Send(ctx context.Context, m relay.Mail) (reply string, err error)
}

// Kicker wakes the outbox when a confirmation was freed.
type Kicker interface{ Kick() }

// Filter is the milter. Policy, Store, Keys, Relay, Notices and Spool must be
// set before the first call; the fields are not changed after it.
type Filter struct {
	Policy       func() *policy.File  // the rules of now; a reload swaps them
	Store        Store                // not asked for messages that pass
	Keys         *store.Keyring       // names of messages and envelopes
	Relay        Sender               // Postfix's re-entry port
	Inbound      Sender               // Postfix's inbound port, for what is left of local mail; nil: such mail is refused
	Notices      *notice.Notices      // text of the envelope mail; its brand names the portal
	Spool        string               // private directory (0700) for files without a name
	Shelf        shelf.Shelf          // nil: envelopes without link
	Destinations Destinations         // nil: nobody to ask, each RCPT is its own destination
	Escrow       []envelope.EscrowKey // whom containers are also encrypted to; may be empty
	Outbox       Kicker               // nil: the outbox finds confirmations by itself
	Limits       Limits               // zero fields: the defaults
	Servers      []string             // key servers' base URLs stated in pages; empty: the brand's PortalURL

	// Ways names the ways to sign in that the website has and the attached page has
	// not, by a profile's sign_in and the recipients; nil: none. portal.Server.WebsiteWays is one.
	Ways func(signIn []string, to []addr.Address) []string

	// TLSEnforced tells whether Postfix is proved to send to an address by enforced
	// TLS only (*postfix.Prover); nil: tls counts as seal.
	TLSEnforced func(context.Context, addr.Address) bool

	// SwitchedOn tells whether a sender has switched the service on for herself
	// (senders.enable); nil: nobody has. An error answers 451: a marked message
	// neither leaves nor is refused for good while nobody knows (CYC-3).
	SwitchedOn func(context.Context, addr.Address) (bool, error)

	// Language gives the language that a recipient's account wants to be written in,
	// empty for none (store.Store.Language); nil: all are written to as the
	// organisation writes. It is asked only where there are several.
	Language func(context.Context, addr.Address) (string, error)

	// Workroom is the name of the private directory that this process alone has
	// (OpenWorkroom): what stands in the ledger under it and is not in hand was left
	// by a process that is gone, and a retry takes it up at once. Empty: nobody knows,
	// and a retry waits store.ResealAfter.
	Workroom string

	// Reading says how messages are read; zero: attached documents in this process.
	Reading policy.Reading

	// BounceAddress makes MAIL FROM "b+ID@service", ReplyAddress sets Reply-To
	// "reply+ID@service". Both need somebody who reads that mail (package robot);
	// without it the original sender stands in MAIL FROM.
	BounceAddress bool
	ReplyAddress  bool

	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: silent
	Metrics *Metrics         // nil: not counted

	once sync.Once
	run  running
}

// running is what a Filter holds while it works.
type running struct {
	server     *gomilter.Server
	slots      chan struct{}
	background sync.WaitGroup // envelopes that left and are not yet recorded
	inHand     inHand
	stop       chan struct{}
	stopOnce   sync.Once
	sleep      func(d time.Duration) bool // nil: real time
	disk       disk                       // nil: as it is
	progress   time.Duration
	grace      time.Duration
}

// setUp fills in what was left out.
func (f *Filter) setUp() {
	f.once.Do(func() {
		if f.Now == nil {
			f.Now = time.Now
		}
		if f.Log == nil {
			f.Log = slog.New(slog.DiscardHandler)
		}
		f.Limits = f.Limits.orDefaults()
		f.run.slots = make(chan struct{}, f.Limits.Concurrent)
		f.run.stop = make(chan struct{})
		f.run.progress = or(f.run.progress, progressEvery)
		f.run.grace = or(f.run.grace, graceAfterDeadline)
		f.run.server = gomilter.NewServer(
			gomilter.WithMilter(func() gomilter.Milter { return &session{f: f} }),
			gomilter.WithActions(gomilter.OptAddRcpt|gomilter.OptRemoveRcpt|gomilter.OptChangeFrom),
			// No answer but the one at end of message: on a unix socket that spares
			// a round trip for every field.
			gomilter.WithProtocols(gomilter.OptNoReplies|gomilter.OptNoUnknown|gomilter.OptNoData|gomilter.OptNoEOH|gomilter.OptHeaderLeadingSpace),
			// All are asked for at MAIL, so that no value of an earlier message of the
			// same connection is taken for this one's.
			gomilter.WithMacroRequest(gomilter.StageMail, []gomilter.MacroName{
				gomilter.MacroAuthAuthen, gomilter.MacroCertSubject, gomilter.MacroMailAddr,
			}),
			gomilter.WithMacroRequest(gomilter.StageRcpt, []gomilter.MacroName{gomilter.MacroRcptAddr}),
			gomilter.WithMacroRequest(gomilter.StageEOM, []gomilter.MacroName{gomilter.MacroQueueId}),
			// Unasked Postfix tells some at every stage, and the queue id once more with
			// each field. The empty name asks for none.
			gomilter.WithMacroRequest(gomilter.StageConnect, []gomilter.MacroName{""}),
			gomilter.WithMacroRequest(gomilter.StageHelo, []gomilter.MacroName{""}),
			gomilter.WithMacroRequest(gomilter.StageData, []gomilter.MacroName{""}),
			gomilter.WithMacroRequest(gomilter.StageEOH, []gomilter.MacroName{""}),
		)
	})
}

// Check tells what is missing before the filter can serve.
func (f *Filter) Check() error {
	for _, need := range []struct {
		missing bool
		name    string
	}{
		{f.Policy == nil, "Policy"}, {f.Store == nil, "Store"}, {f.Keys == nil, "Keys"},
		{f.Relay == nil, "Relay"}, {f.Notices == nil, "Notices"}, {f.Spool == "", "Spool"},
	} {
		if need.missing {
			return fmt.Errorf("milter: Filter.%s is not set", need.name)
		}
	}
	return nil
}

// Serve answers Postfix on l until Shutdown, and then gives nil. It may be called
// for several listeners. The caller makes the socket and its permissions.
func (f *Filter) Serve(l net.Listener) error {
	if err := f.Check(); err != nil {
		return err
	}
	f.setUp()
	routeLibraryLog(f.Log)
	err := f.run.server.Serve(aheadListener{l})
	if errors.Is(err, gomilter.ErrServerClosed) { // told to stop before it began
		return nil
	}
	return err
}

// Shutdown takes no new connections, waits for messages in hand and for
// confirmations still to be freed, and gives up when ctx ends.
func (f *Filter) Shutdown(ctx context.Context) error {
	f.setUp()
	defer f.run.stopOnce.Do(func() { close(f.run.stop) })
	if err := f.run.server.Shutdown(ctx); err != nil {
		return fmt.Errorf("milter: %w", err)
	}
	done := make(chan struct{})
	go func() { f.run.background.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("milter: confirmations left: %w", ctx.Err())
	}
}

// pause waits; false means that the filter stops.
func (f *Filter) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	if f.run.sleep != nil {
		return f.run.sleep(d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-f.run.stop:
		return false
	}
}

func (f *Filter) kick() {
	if f.Outbox != nil {
		f.Outbox.Kick()
	}
}

// The library logs by one function for the whole process; it is set once and
// passes on to the Filter that served last.
var (
	libraryLog   atomic.Pointer[slog.Logger]
	libraryRoute sync.Once
)

func routeLibraryLog(log *slog.Logger) {
	libraryLog.Store(log)
	libraryRoute.Do(func() {
		gomilter.LogWarning = func(format string, _ ...any) {
			// The arguments could hold what a client sent.
			libraryLog.Load().Warn("milter connection", "warning", format)
		}
	})
}
