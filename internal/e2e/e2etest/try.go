package e2etest

import cdp "github.com/chromedp/chromedp"

// Try is Get for an action that may fail, as while a page is changing.
func Try[T any](p *Tab, a cdp.Action[T]) (T, error) {
	p.t.Helper()
	ctx, cancel := p.limited()
	defer cancel()
	return cdp.Run(ctx, a)
}
