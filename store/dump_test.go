package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/postseal/postseal/addr"
	"github.com/postseal/postseal/audit"
	"github.com/postseal/postseal/envelope"
	"github.com/postseal/postseal/internal/redistest"
	"github.com/postseal/postseal/store"
	"github.com/postseal/postseal/store/storetest"
)

// everything walks through all that the store keeps and gives what must not be
// readable of it.
func everything(t *testing.T, s *store.Store, clock *storetest.Clock) (id envelope.ID, planted map[string]string) {
	t.Helper()
	ctx, keys, now := context.Background(), storetest.Keys(t), clock.Now()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	planted = map[string]string{
		"recipient": "planted.jane", "domain": "outside.example", "sender": "alice", "staff domain": "council.example", "subject": "Care plan", "reason": "planted reason",
		"queue id": "PLANTEDQ1", "notice": "planted notice", "kind": "planted-kind", "password": "planted password", "answer": "planted answer", "question": "Planted question",
		"name": "Planted-Name", "next": "/planted/next", "browser": "planted-browser", "operator": "planted-operator", "new password": "planted new",
	}
	who := addr.MustParse("Planted.Jane@outside.example")
	b := store.Browser(planted["browser"])
	p := storetest.Message(keys, "planted", now, who)
	p.Held = []store.Outgoing{{ID: "planted-id", Kind: planted["kind"], To: who, Data: []byte(planted["notice"])}}
	ok(s.Prepare(ctx, p))
	ok(s.Queued(ctx, p.Record.ID, p.Recipients, []string{"planted-id"}, planted["queue id"], now))
	ok(s.Enqueue(ctx, store.Outgoing{Kind: planted["kind"], To: who, Data: []byte(planted["notice"])}))
	_, err := s.Claim(ctx, 1, store.CodeLife, now)
	ok(err)
	reg := store.Registration{FirstName: planted["name"], Password: planted["password"], Question: planted["question"], Answer: planted["answer"], Next: planted["next"]}
	token, _, err := s.Register(ctx, who, reg, b, now)
	ok(err)
	pending, _, err := s.Register(ctx, addr.MustParse("pending@outside.example"), reg, b, now)
	ok(err)
	proof, _, err := s.Activate(ctx, token, b, nil, now)
	ok(err)
	_, err = s.CheckPassword(ctx, who, planted["password"], now)
	ok(err)
	reset, err := s.StartReset(ctx, who, b, now)
	ok(err)
	ok(s.CheckAnswer(ctx, reset.Token, b, planted["answer"], now))
	ok(s.SetPassword(ctx, reset.Token, b, planted["new password"], now))
	open, err := s.StartReset(ctx, who, b, now)
	ok(err)
	code, _, err := s.NewCode(ctx, who, b, now)
	ok(err)
	session, err := s.NewSession(ctx, proof, now)
	ok(err)
	secret := keys.Secret(p.Record.ID)
	ok(s.SetFlow(ctx, b, store.Flow{Next: planted["next"], Address: who, Secrets: map[envelope.ID]envelope.Secret{p.Record.ID: secret}}, now))
	_, _, err = s.Release(ctx, store.ReleaseRequest{ID: p.Record.ID, Secret: secret, Person: proof, Purpose: "planted purpose", Now: now})
	ok(err)
	last := storetest.Message(keys, "planted too", now, who)
	ok(s.Prepare(ctx, last))
	_, err = s.Recall(ctx, last.Record.ID, audit.Operator(planted["operator"]), nil, planted["reason"], now)
	ok(err)
	ok(s.Unlock(ctx, who, audit.Operator(planted["operator"]), now))
	for name, text := range map[string]string{"activation": token, "pending": pending, "reset": reset.Token, "open reset": open.Token, "code": code, "session": session, "link secret": secret.Encode()} {
		planted[name] = text
	}
	for name, raw := range map[string][]byte{"key": p.Key.Bytes(), "other key": last.Key.Bytes()} {
		planted[name], planted[name+" hex"], planted[name+" base64"] = string(raw), hex.EncodeToString(raw), base64.StdEncoding.EncodeToString(raw)
	}
	hash := p.Record.SecretHash
	planted["secret hash"], planted["secret hash hex"] = string(hash[:]), hex.EncodeToString(hash[:])
	return p.Record.ID, planted
}

// Promise 4: who steals a dump of Redis reads counts, times and states.
func TestNothingReadableInADump(t *testing.T) {
	server := redistest.StartRedis(t, "--rdbcompression", "no", "--aof-use-rdb-preamble", "no")
	clock := storetest.NewClock()
	s := storetest.Open(t, store.Options{Addresses: []string{server.Addr}, Now: clock.Now})
	id, planted := everything(t, s, clock)
	c := server.Client()
	defer c.Close()
	if err := c.Save(context.Background()).Err(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(server.Dir, "appendonlydir", "*.aof"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no append-only file: %v", err)
	}
	for _, file := range append(files, filepath.Join(server.Dir, "dump.rdb"), filepath.Join(server.Dir, "redis.log")) {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(file)
		if base == "dump.rdb" && !bytes.Contains(raw, []byte(id.String())) {
			t.Errorf("%s: not even the envelope's id is there: the search is no use", base)
		}
		raw = lower(raw)
		for name, text := range planted {
			if bytes.Contains(raw, lower([]byte(text))) {
				t.Errorf("%s holds the planted %s", base, name)
			}
		}
	}
}

// lower folds ASCII only; bytes.ToLower would rewrite what is not UTF-8.
func lower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}
