package e2etest

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Firefox is a running headless Firefox ESR with one window, driven by its own
// protocol (Marionette: length, colon and JSON over a loopback port). Elements are
// waited for; whatever goes wrong fails the test.
type Firefox struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
	next int
}

// firefoxSettings let it ask nobody outside, and let a page on disk ask a server
// on this machine, which newer versions of Firefox put a question before.
const firefoxSettings = `user_pref("marionette.port", 0);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("app.normandy.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("services.settings.server", "data:,");
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("network.lna.blocking", false);
user_pref("network.lna.enabled", false);
`

// StartFirefox starts Firefox ESR with a new profile and stops it when the test
// ends. noScript switches JavaScript off.
func StartFirefox(t testing.TB, noScript bool) *Firefox {
	t.Helper()
	path := Need(t, "firefox-esr")
	profile := t.TempDir()
	settings := firefoxSettings
	if noScript {
		settings += "user_pref(\"javascript.enabled\", false);\n"
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-remote", "--marionette", "--profile", profile)
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_CRASHREPORTER_DISABLE=1", "MOZ_DISABLE_CONTENT_SANDBOX=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &Firefox{t: t}
	t.Cleanup(func() { f.stop(cmd) })
	var port int
	Eventually(t, "Firefox to listen", func() bool {
		b, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		port, _ = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil && port > 0
	})
	var err error
	if f.conn, err = net.Dial("tcp", Loopback(port)); err != nil {
		t.Fatal(err)
	}
	f.in = bufio.NewReader(f.conn)
	f.read(nil) // its greeting
	f.call("WebDriver:NewSession", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"acceptInsecureCerts": true}}})
	wait := Patience.Milliseconds()
	f.call("WebDriver:SetTimeouts", map[string]any{"implicit": wait, "pageLoad": wait, "script": wait})
	return f
}

// stop asks Firefox to quit, and ends it when it does not.
func (f *Firefox) stop(cmd *exec.Cmd) {
	if f.conn != nil {
		_, _ = f.conn.Write(frameOf([]any{0, f.next + 1, "Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}}))
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-done
	}
	if f.conn != nil {
		_ = f.conn.Close()
	}
}

func frameOf(message any) []byte {
	b, _ := json.Marshal(message) // maps and texts always can be
	return append([]byte(strconv.Itoa(len(b))+":"), b...)
}

// maxFrame bounds one answer: a picture of a page is the longest.
const maxFrame = 64 << 20

func (f *Firefox) read(into any) {
	f.t.Helper()
	_ = f.conn.SetReadDeadline(time.Now().Add(2 * Patience))
	length, err := f.in.ReadString(':')
	n, convErr := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil || convErr != nil || n < 0 || n > maxFrame {
		f.t.Fatalf("firefox: %v %v", err, convErr)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(f.in, b); err != nil {
		f.t.Fatalf("firefox: %v", err)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(b, into); err != nil {
		f.t.Fatalf("firefox: %v", err)
	}
}

// try gives what a command answers, or what Firefox says against it.
func (f *Firefox) try(name string, params map[string]any) (json.RawMessage, error) {
	f.t.Helper()
	f.next++
	if _, err := f.conn.Write(frameOf([]any{0, f.next, name, params})); err != nil {
		f.t.Fatalf("firefox: %s: %v", name, err)
	}
	var answer [4]json.RawMessage // type, id, error, result
	f.read(&answer)
	if string(answer[2]) != "null" {
		return nil, fmt.Errorf("firefox: %s %v: %s", name, params, answer[2])
	}
	return answer[3], nil
}

func (f *Firefox) call(name string, params map[string]any) json.RawMessage {
	f.t.Helper()
	out, err := f.try(name, params)
	if err != nil {
		f.t.Fatalf("%v\nthe page says:\n%s", err, f.said())
	}
	return out
}

// said is what stands on the page, for a failure.
func (f *Firefox) said() string {
	out, err := f.try("WebDriver:GetPageSource", map[string]any{})
	if err != nil {
		return err.Error()
	}
	var v struct{ Value string }
	_ = json.Unmarshal(out, &v)
	if at := strings.Index(v.Value, "<main"); at > 0 {
		v.Value = v.Value[at:]
	}
	return v.Value[:min(len(v.Value), 4000)]
}

// find waits for an element of an XPath and gives its name in the protocol.
func (f *Firefox) find(xpath string) string {
	f.t.Helper()
	var found struct{ Value map[string]string }
	if err := json.Unmarshal(f.call("WebDriver:FindElement", map[string]any{"using": "xpath", "value": xpath}), &found); err != nil {
		f.t.Fatal(err)
	}
	for _, id := range found.Value {
		return id
	}
	f.t.Fatalf("firefox: nothing at %s", xpath)
	return ""
}

// Open goes to an address.
func (f *Firefox) Open(url string) {
	f.t.Helper()
	f.call("WebDriver:Navigate", map[string]any{"url": url})
}

// Heading waits for a page or a view by its heading.
func (f *Firefox) Heading(words string) {
	f.t.Helper()
	f.find(fmt.Sprintf(`//*[self::h1 or self::h2][normalize-space(.)=%s]`, quoted(words)))
}

// Says waits for words within one element.
func (f *Firefox) Says(words string) {
	f.t.Helper()
	f.find(fmt.Sprintf(`//main//*[contains(normalize-space(.), %s)]`, quoted(words)))
}

// Press clicks the button or link with these words.
func (f *Firefox) Press(words string) {
	f.t.Helper()
	id := f.find(fmt.Sprintf(`//*[self::button or self::a][normalize-space(.)=%s][not(ancestor::*[@hidden])]`, quoted(words)))
	f.call("WebDriver:ElementClick", map[string]any{"id": id})
}

// Type types into the field of an id; "\uE007" is Enter.
func (f *Firefox) Type(field, text string) {
	f.t.Helper()
	f.call("WebDriver:ElementSendKeys", map[string]any{"id": f.find(fmt.Sprintf(`//*[@id=%s]`, quoted(field))), "text": text})
}

// In waits for words inside the frame that shows a message.
func (f *Firefox) In(frame, words string) {
	f.t.Helper()
	id := f.find(frame)
	f.call("WebDriver:SwitchToFrame", map[string]any{"element": id})
	f.find(fmt.Sprintf(`//body//*[contains(normalize-space(.), %s)]`, quoted(words)))
	f.call("WebDriver:SwitchToParentFrame", map[string]any{})
}

// Shot keeps a picture when ShotsTo names a directory.
func (f *Firefox) Shot(name string) {
	dir := os.Getenv(ShotsTo)
	if dir == "" {
		return
	}
	var v struct{ Value string }
	err := json.Unmarshal(f.call("WebDriver:TakeScreenshot", map[string]any{"full": true}), &v)
	var png []byte
	if err == nil {
		if png, err = base64.StdEncoding.DecodeString(v.Value); err == nil {
			err = os.WriteFile(filepath.Join(dir, "firefox-"+name+".png"), png, 0o644)
		}
	}
	if err != nil {
		f.t.Log(err)
	}
}
