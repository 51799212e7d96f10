package milter_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	gomilter "github.com/d--j/go-milter"
)

// counted counts what a listener's connections ask of the system.
type counted struct {
	net.Listener
	reads, writes atomic.Int64
}

func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{c, l}, nil
}

type countedConn struct {
	net.Conn
	l *counted
}

func (c countedConn) Read(p []byte) (int, error) { c.l.reads.Add(1); return c.Conn.Read(p) }

func (c countedConn) Write(p []byte) (int, error) { c.l.writes.Add(1); return c.Conn.Write(p) }

// packet is one of the protocol's.
func packet(code byte, data string) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(len(data)+1))) + string(code) + data
}

func readPacket(t *testing.T, c net.Conn) (byte, []byte) {
	t.Helper()
	var head [5]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, binary.BigEndian.Uint32(head[:])-1)
	if _, err := io.ReadFull(c, data); err != nil {
		t.Fatal(err)
	}
	return head[4], data
}

// What Postfix writes at once is read at once, and each answer leaves in one
// piece: two writes for one would wait for each other's acknowledgement on TCP.
func TestFewSystemCalls(t *testing.T) {
	w := newWorld(t)
	l := &counted{}
	socket := strings.TrimPrefix(w.serveOn(func(real net.Listener) net.Listener { l.Listener = real; return l }), "unix:")
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	offer := "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff"
	if _, err := io.WriteString(c, packet('O', offer)); err != nil {
		t.Fatal(err)
	}
	if code, _ := readPacket(t, c); code != 'O' {
		t.Fatalf("answer %c to the negotiation", code)
	}
	if got := l.writes.Load(); got != 1 {
		t.Errorf("the answer to the negotiation took %d writes, want 1", got)
	}
	before := l.reads.Load()
	mail := packet('C', "client.example\x004\x12\x34192.0.2.7\x00") + packet('H', "client.example\x00") +
		packet('M', "<jane@council.example>\x00") + packet('R', "<"+inside+">\x00")
	for _, name := range []string{"From", "To", "Subject", "Date", "Message-ID", "MIME-Version"} {
		mail += packet('L', name+"\x00 x\x00")
	}
	mail += packet('B', strings.Repeat("text\r\n", 300)) + packet('D', "Ei\x004QUEUE1\x00") + packet('E', "")
	if _, err := io.WriteString(c, mail); err != nil {
		t.Fatal(err)
	}
	if code, _ := readPacket(t, c); code != 'a' {
		t.Fatalf("answer %c to the message", code)
	}
	if got := l.reads.Load() - before; got > 3 { // one, and room for the system to cut it
		t.Errorf("the message took %d reads, want one or two", got)
	}
	if got := l.writes.Load(); got != 2 {
		t.Errorf("%d writes in all, want 2", got)
	}
}

// Postfix is asked for no event and no macro that is not used: unasked it tells
// the queue id once more with each field.
func TestAsksForLittle(t *testing.T) {
	socket := strings.TrimPrefix(newWorld(t).serve(), "unix:")
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, packet('O', "\x00\x00\x00\x06\x00\x00\x01\xff\x00\x1f\xff\xff")); err != nil {
		t.Fatal(err)
	}
	_, data := readPacket(t, c)
	want := gomilter.OptNoReplies | gomilter.OptNoData | gomilter.OptNoEOH | gomilter.OptNoUnknown
	if got := gomilter.OptProtocol(binary.BigEndian.Uint32(data[8:])); got&want != want {
		t.Errorf("protocol %v, want at least %v", got, want)
	}
	got := map[gomilter.MacroStage]string{}
	for rest := data[12:]; len(rest) > 4; {
		list, after, _ := bytes.Cut(rest[4:], []byte{0})
		got[gomilter.MacroStage(binary.BigEndian.Uint32(rest))] = string(list)
		rest = after
	}
	for stage, want := range map[gomilter.MacroStage]string{
		gomilter.StageConnect: "", gomilter.StageHelo: "", gomilter.StageData: "", gomilter.StageEOH: "",
		gomilter.StageMail: "{auth_authen} {cert_subject} {mail_addr}", gomilter.StageRcpt: "{rcpt_addr}", gomilter.StageEOM: "i",
	} {
		if list, ok := got[stage]; !ok || list != want {
			t.Errorf("stage %d: %q (told: %v), want %q", stage, list, ok, want)
		}
	}
}
