package envelope_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/postseal/postseal/envelope"
)

// escrowKey makes a certificate and its secret key, locked with a passphrase
// unless that is empty.
func escrowKey(t testing.TB, algorithm packet.PublicKeyAlgorithm, v6 bool, passphrase string) (cert, secret []byte) {
	t.Helper()
	config := &packet.Config{Algorithm: algorithm, RSABits: 2048, V6Keys: v6,
		Time: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }}
	e, err := openpgp.NewEntity("Escrow", "", "escrow@example.gov.uk", config)
	if err != nil {
		t.Fatal(err)
	}
	var pub, priv bytes.Buffer
	if err := e.Serialize(&pub); err != nil {
		t.Fatal(err)
	}
	if passphrase != "" {
		if err := e.EncryptPrivateKeys([]byte(passphrase), nil); err != nil {
			t.Fatal(err)
		}
		err = e.SerializePrivateWithoutSigning(&priv, nil)
	} else {
		err = e.SerializePrivate(&priv, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pub.Bytes(), priv.Bytes()
}

func armored(t testing.TB, kind string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(b)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func parseEscrow(t testing.TB, cert []byte) envelope.EscrowKey {
	t.Helper()
	k, err := envelope.ParseEscrow(cert)
	if err != nil {
		t.Fatalf("ParseEscrow: %v", err)
	}
	return k
}

var kinds = []struct {
	name      string
	algorithm packet.PublicKeyAlgorithm
	v6        bool
	same      bool // the library takes its randomness from us, so the container is the same again
}{
	{"RSA", packet.PubKeyAlgoRSA, false, false},
	{"Curve25519, version 4", packet.PubKeyAlgoEdDSA, false, true},
	{"X25519, version 6", packet.PubKeyAlgoEd25519, true, true},
	{"ML-KEM-768 and X25519", packet.PubKeyAlgoMldsa65Ed25519, true, true},
}

func TestEscrow(t *testing.T) {
	original := []byte("Subject: kept for the organisation\r\n\r\ntext\r\n")
	var all []envelope.EscrowKey
	var secrets [][]byte
	plain, digest := seal(t, original, options(original))
	for _, kind := range kinds {
		cert, secret := escrowKey(t, kind.algorithm, kind.v6, "")
		all, secrets = append(all, parseEscrow(t, cert)), append(secrets, secret)
		o := options(original)
		o.Escrow = all[len(all)-1:]
		one, d := seal(t, original, o)
		if d != digest {
			t.Errorf("%s: the digest depends on the escrow key", kind.name)
		}
		if again, _ := seal(t, original, o); kind.same && !bytes.Equal(again, one) {
			t.Errorf("%s: sealing again gave other bytes", kind.name)
		}
		if !bytes.HasSuffix(one, plain) {
			t.Errorf("%s: the encrypted packet is not that of the container without escrow", kind.name)
		}
	}
	o := options(original)
	o.Escrow = all
	container, d := seal(t, original, o)
	if got, err := envelope.DigestOf(bytes.NewReader(container)); err != nil || got != d || d != digest {
		t.Errorf("DigestOf over escrow packets = %x, %v", got, err)
	}
	if got, err := open(container, key(1), 0); err != nil || !bytes.Equal(got, original) {
		t.Errorf("Open past escrow packets: %v", err)
	}
	for i, secret := range secrets {
		var got bytes.Buffer
		k, err := envelope.OpenEscrow(&got, bytes.NewReader(container), secret, nil, 0)
		if err != nil || k != key(1) || !bytes.Equal(got.Bytes(), original) {
			t.Errorf("%s: OpenEscrow: %v", kinds[i].name, err)
		}
	}
	_, stranger := escrowKey(t, packet.PubKeyAlgoEd25519, true, "")
	if _, err := envelope.OpenEscrow(&bytes.Buffer{}, bytes.NewReader(container), stranger, nil, 0); !errors.Is(err, envelope.ErrEscrow) {
		t.Errorf("a stranger's key: %v", err)
	}
	if _, err := envelope.OpenEscrow(&bytes.Buffer{}, bytes.NewReader(container[:len(container)-1]), secrets[2], nil, 0); !errors.Is(err, envelope.ErrBroken) {
		t.Errorf("cut short: %v", err)
	}
}

func TestEscrowPassphrase(t *testing.T) {
	cert, secret := escrowKey(t, packet.PubKeyAlgoEd25519, true, "correct horse")
	o := options([]byte("x"))
	o.Escrow = []envelope.EscrowKey{parseEscrow(t, armored(t, "PGP PUBLIC KEY BLOCK", cert))}
	container, _ := seal(t, []byte("x"), o)
	secret = armored(t, "PGP PRIVATE KEY BLOCK", secret)
	for passphrase, want := range map[string]error{"correct horse": nil, "wrong": envelope.ErrEscrow, "": envelope.ErrEscrow} {
		var got bytes.Buffer
		_, err := envelope.OpenEscrow(&got, bytes.NewReader(container), secret, []byte(passphrase), 0)
		if !errors.Is(err, want) || (want == nil && got.String() != "x") {
			t.Errorf("passphrase %q: %q, %v; want %v", passphrase, got.String(), err, want)
		}
	}
}

func TestParseEscrowRefuses(t *testing.T) {
	one, _ := escrowKey(t, packet.PubKeyAlgoEd25519, true, "")
	two, _ := escrowKey(t, packet.PubKeyAlgoEd25519, true, "")
	for name, cert := range map[string][]byte{
		"nothing":      nil,
		"rubbish":      []byte("hello"),
		"two at once":  append(bytes.Clone(one), two...),
		"cut short":    one[:len(one)/2],
		"over a bound": make([]byte, 2<<20),
		"bad armor":    []byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxx\n"),
	} {
		if _, err := envelope.ParseEscrow(cert); !errors.Is(err, envelope.ErrEscrow) {
			t.Errorf("%s: %v, want ErrEscrow", name, err)
		}
	}
	o := options(nil)
	o.Escrow = make([]envelope.EscrowKey, 1)
	if _, err := envelope.Seal(&bytes.Buffer{}, bytes.NewReader(nil), o); !errors.Is(err, envelope.ErrEscrow) {
		t.Errorf("an unset escrow key: %v", err)
	}
}
