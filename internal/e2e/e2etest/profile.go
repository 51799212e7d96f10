package e2etest

import (
	"context"
	"testing"

	cdp "github.com/chromedp/chromedp"
)

// Profile is a Chromium on somebody's own device: what it keeps on the disk is there
// again after it was closed and started anew. A Person's browser keeps nothing.
type Profile struct {
	t     testing.TB
	dir   string
	ctx   context.Context
	close context.CancelFunc
}

// NewProfile starts one, which is closed at the latest when the test ends.
func NewProfile(t testing.TB) *Profile {
	t.Helper()
	p := &Profile{t: t, dir: ShortDir(t)}
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// Start opens the browser, after Close.
func (p *Profile) Start() {
	p.t.Helper()
	ctx, stop := cdp.NewExecAllocator(context.Background(), append(browserOptions(p.t), cdp.UserDataDir(p.dir))...)
	ctx, done := cdp.NewContext(ctx)
	p.ctx, p.close = ctx, func() { _ = cdp.Cancel(ctx); done(); stop() }
	if err := cdp.Do(ctx); err != nil {
		p.t.Fatalf("chromium: %v", err)
	}
}

// Close closes the browser with all its windows, as its person does.
func (p *Profile) Close() { p.close() }

// Tab opens a tab, and gives what closes it.
func (p *Profile) Tab() (*Tab, context.CancelFunc) {
	p.t.Helper()
	ctx, done := cdp.NewContext(p.ctx)
	tab := &Tab{t: p.t, ctx: ctx, o: TabOptions{Width: 360, Height: 740}, downloads: p.t.TempDir()}
	tab.prepare()
	return tab, func() { _ = cdp.Cancel(ctx); done() }
}
