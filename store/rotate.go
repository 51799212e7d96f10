package store

import (
	"bytes"
	"strings"
)

// A master key is replaced in three steps, so that no program ever meets a record
// under a key that it does not know: AddMasterKey, and every program is started
// again with the file; UseMasterKey, likewise; Reseal, once.

// AddMasterKey gives the contents of a master-key file with a new random key on top,
// marked as waiting: who has read the file opens what is sealed under it, and nobody
// seals with it yet. It gives the new key's id. ErrWaits, ErrMasterKey.
func AddMasterKey(file []byte) (out []byte, id string, err error) {
	k, err := LoadKeyring(bytes.NewReader(file))
	if err != nil {
		return nil, "", err
	}
	if len(k.WaitingIDs()) > 0 {
		return nil, "", ErrWaits
	}
	id, line := newMaster()
	var b strings.Builder
	added := false
	for old := range strings.Lines(string(file)) {
		if !added && isKeyLine(old) {
			b.WriteString(line + " " + waiting + "\n")
			added = true
		}
		b.WriteString(old)
	}
	return readable([]byte(b.String()), id)
}

// UseMasterKey takes the mark off the waiting key: programs that read the file now
// seal with it. ErrNoneWaits, ErrMasterKey.
func UseMasterKey(file []byte) (out []byte, id string, err error) {
	k, err := LoadKeyring(bytes.NewReader(file))
	if err != nil {
		return nil, "", err
	}
	ids := k.WaitingIDs()
	if len(ids) == 0 {
		return nil, "", ErrNoneWaits
	}
	var b strings.Builder
	for line := range strings.Lines(string(file)) {
		if text := strings.TrimSpace(line); isKeyLine(line) && strings.HasSuffix(text, " "+waiting) {
			line = strings.TrimSpace(strings.TrimSuffix(text, waiting)) + "\n"
		}
		b.WriteString(line)
	}
	return readable([]byte(b.String()), ids[0])
}

// readable gives a changed file only if it can be read again.
func readable(file []byte, id string) ([]byte, string, error) {
	if _, err := LoadKeyring(bytes.NewReader(file)); err != nil {
		return nil, "", err
	}
	return file, id, nil
}

// SealingID names the key that new records are sealed under.
func (k *Keyring) SealingID() string { return k.masters[0].id }

// WaitingIDs names the keys that open and do not seal yet.
func (k *Keyring) WaitingIDs() []string {
	var ids []string
	for _, m := range k.masters {
		if m.waits {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// OlderIDs names the keys that are in the file only for what was sealed under them
// before, newest first.
func (k *Keyring) OlderIDs() []string {
	var ids []string
	for _, m := range k.masters[1:] {
		if !m.waits {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// OldestID names the key of the last line, which all names derive from.
func (k *Keyring) OldestID() string {
	if older := k.OlderIDs(); len(older) > 0 {
		return older[len(older)-1]
	}
	return k.SealingID()
}

// sealedUnder gives the id of the master key that a value is sealed under; false for
// what is not sealed.
func (k *Keyring) sealedUnder(value string) (string, bool) {
	if len(value) < 2 || value[0] != sealVersion {
		return "", false
	}
	end := 2 + int(value[1])
	if len(value) < end+nonceSize || !masterID.MatchString(value[2:end]) {
		return "", false
	}
	return value[2:end], true
}

// again seals a value of a place under the newest key; false when it is so already,
// or is not sealed at all. ErrSyntax when it does not open.
func (k *Keyring) again(purpose, place, value string) (string, bool, error) {
	id, sealed := k.sealedUnder(value)
	if !sealed || id == k.SealingID() {
		return value, false, nil
	}
	plain, err := k.unseal(purpose, place, []byte(value))
	if err != nil {
		return value, false, err
	}
	return string(k.seal(purpose, place, plain)), true, nil
}
