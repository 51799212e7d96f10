package store

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
)

// schema is the version of everything sealed; it stands in the additional data
// of every seal, so that a record of one version never reads as another.
const schema = "1"

// sealed form: version byte 1, length of the master key's id, id, nonce, ciphertext.
const (
	sealVersion = 1
	nonceSize   = 12
)

// seal encrypts plain for one place: what is sealed as one purpose at one key
// and field of Redis opens nowhere else. The AES key is derived for the place,
// so random nonces of 96 bits stay far from repeating. bound, when given, is a
// secret outside Redis and outside the key file (a browser's cookie) without
// which nobody opens it.
func (k *Keyring) seal(purpose, place string, plain []byte, bound ...string) []byte {
	m := k.masters[0]
	out := append([]byte{sealVersion, byte(len(m.id))}, m.id...)
	nonce := random(nonceSize)
	out = append(out, nonce...)
	return m.aead(purpose, place, bound).Seal(out, nonce, plain, additional(m.id, purpose, place))
}

// unseal opens what seal made for the same place. The error wraps ErrSyntax.
func (k *Keyring) unseal(purpose, place string, sealed []byte, bound ...string) ([]byte, error) {
	if len(sealed) < 2 || sealed[0] != sealVersion || len(sealed) < 2+int(sealed[1])+nonceSize {
		return nil, fmt.Errorf("%w: %s at %s", ErrSyntax, purpose, place)
	}
	end := 2 + int(sealed[1]) // an int: octets would wrap round at 254
	id, rest := string(sealed[2:end]), sealed[end:]
	for _, m := range k.masters {
		if m.id != id {
			continue
		}
		plain, err := m.aead(purpose, place, bound).Open(nil, rest[:nonceSize], rest[nonceSize:], additional(id, purpose, place))
		if err != nil {
			return nil, fmt.Errorf("%w: %s at %s", ErrSyntax, purpose, place)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("%w: %s at %s: its master key is not in the file", ErrSyntax, purpose, place)
}

// sealVersionOf gives what stands before the ciphertext of a sealed text. Its random
// nonce tells one writing from every other; empty for what is not sealed.
func sealVersionOf(sealed string) string {
	if len(sealed) < 2 || len(sealed) < 2+int(sealed[1])+nonceSize {
		return ""
	}
	return sealed[:2+int(sealed[1])+nonceSize]
}

func (m master) aead(purpose, place string, bound []string) cipher.AEAD {
	block, err := aes.NewCipher(mac(m.seal, append([]string{purpose, place}, bound...)...))
	if err != nil {
		panic("store: aes: " + err.Error()) // 32 bytes are a key
	}
	g, err := cipher.NewGCM(block)
	if err != nil {
		panic("store: gcm: " + err.Error())
	}
	return g
}

func additional(id, purpose, place string) []byte {
	return []byte("postseal\x00" + schema + "\x00" + id + "\x00" + purpose + "\x00" + place)
}

// sealJSON and unsealJSON carry structs; a value that does not read back is
// ErrSyntax.
func (k *Keyring) sealJSON(purpose, place string, v any, bound ...string) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrSyntax, purpose, err)
	}
	return k.seal(purpose, place, plain, bound...), nil
}

func (k *Keyring) unsealJSON(purpose, place string, sealed []byte, v any, bound ...string) error {
	plain, err := k.unseal(purpose, place, sealed, bound...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %s at %s", ErrSyntax, purpose, place)
	}
	return nil
}
