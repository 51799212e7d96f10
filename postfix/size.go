package postfix

import "context"

// InnerSize gives the greatest size in octets that the re-entry port takes, whose
// address is as in CheckOptions.Reentry: the smaller message_size_limit of the
// listener and its cleanup service; 0 for none. It only reads the configuration.
// The error wraps ErrUnavailable; a port that is not there gives 0, since check
// and the relay say more about it.
func InnerSize(ctx context.Context, configDir, reentry string) (int64, error) {
	w, err := readWiring(ctx, newTools(configDir, "", 0))
	if err != nil {
		return 0, err
	}
	return w.innerSize(reentry), nil
}

func (w *wiring) innerSize(reentry string) (limit int64) {
	smaller := func(s service) {
		if n := number(w.get(s, "message_size_limit")); n > 0 && (limit == 0 || n < limit) {
			limit = n
		}
	}
	for _, s := range w.listeners() {
		if !isPort(s, reentry) {
			continue
		}
		smaller(s)
		if own, ok := w.find(w.get(s, "cleanup_service_name"), "unix"); ok {
			smaller(own)
		}
	}
	return limit
}
