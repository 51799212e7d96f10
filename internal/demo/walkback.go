package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// takeBack follows the confirmation's link as the writer, who signs in with a
// code, and takes the flagged message back; its file must then stay shut even
// for the one it was sealed for.
func (w *walker) takeBack(ctx context.Context) error {
	writer, reader := w.flagged.draft.From, Outside()[1].Address
	confirmation, err := w.wait(ctx, w.flagged.after, writer, "confirmation about "+reader, func(m *Mail) bool { return service(m) && strings.Contains(m.Parsed.Text, reader) })
	if err != nil {
		return err
	}
	link, err := linkIn(confirmation, w.Portal+"/sent/")
	if err != nil {
		return err
	}
	alex, err := newVisitor()
	if err != nil {
		return err
	}
	if err := alex.open(ctx, link); err != nil {
		return err
	}
	if err := w.signInOnPage(ctx, alex, writer); err != nil {
		return err
	}
	const reason = "sent to the wrong firm"
	if err := alex.submit(ctx, map[string]string{"who": reader, "reason": reason}); err != nil {
		return err
	}
	return w.shut(ctx, reader, reason)
}

// signInOnPage goes by address and e-mailed code through the portal's pages.
func (w *walker) signInOnPage(ctx context.Context, v *visitor, address string) error {
	if err := v.submit(ctx, map[string]string{"address": address}); err != nil {
		return err
	}
	after := w.Catcher.Last()
	if err := v.submit(ctx, map[string]string{"do": "send"}); err != nil {
		return err
	}
	digits, err := w.code(ctx, after, address)
	if err != nil {
		return err
	}
	return v.submit(ctx, map[string]string{"code": digits})
}

// shut tries the file again as its recipient.
func (w *walker) shut(ctx context.Context, reader, reason string) error {
	k, err := newKeyHolder(w.flagged.arrived)
	if err != nil {
		return err
	}
	o, err := w.signIn(ctx, k, reader)
	var refused *apiError
	switch {
	case !errors.As(err, &refused) || refused.Code != "recalled" || o.Key != "":
		return fmt.Errorf("got %v, want the refusal recalled", err)
	case !strings.Contains(refused.Text, reason):
		return fmt.Errorf("the reader is told %q, without the reason", refused.Text)
	}
	return nil
}
