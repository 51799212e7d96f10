package portal

import (
	"regexp"
	"strings"
	"testing"
)

// ASVS 5.0 6.2.4, 6.2.5, 6.2.11; issue 5, item 1: what many people choose is refused
// whatever is put around it, and nothing is asked for but length.
func TestGuessablePasswords(t *testing.T) {
	own := []string{"carla", "carer", "home", "example", "borough"}
	for password, want := range map[string]bool{
		"qwertyuiop": true, "1234567890": true, "password123": true, "Password2026!": true, "P@ssw0rd123": true, "123football": true,
		"Liverpool1!": true, "aaaaaaaaaaaa": true, "abcabcabcabc": true, "passwordpassword": true, "0987654321": true, "2345678901": true, "zyxwvutsrqp": true,
		"carla-carer-1": true, "Borough.Example": true, "home2026example": true, "carercarer!": true,
		"correct horse battery": false, "a whole new start": false, "the owners password": false, "tibbles eats 3 mice": false,
		"carla likes the number nine": false, "gjq83hfa0x": false, "football 83 zebra": false, "9283740165": false, "ÄÖÜ in der Küche": false,
		"              ": true, "🐎🔋📎🐎🔋📎x1": false, strings.Repeat("long enough words ", 11): true,
	} {
		if got := guessable(password, own); got != want {
			t.Errorf("%q: got %v, want %v", password, got, want)
		}
	}
}

// The list is no shorter than is asked of it: three thousand that are long enough.
func TestCommonPasswordsAreThousands(t *testing.T) {
	long := 0
	for p := range commonSet() {
		for _, form := range []string{p, p + "123", p + "2026!", "1" + p} {
			if len(form) < minPassword || form != p && !strings.ContainsAny(p, "abcdefghijklmnopqrstuvwxyz") {
				continue
			}
			if !guessable(form, nil) {
				t.Fatalf("%q is taken", form)
			}
			long++
		}
	}
	if long < 3000 {
		t.Errorf("got %d, want 3000 and more", long)
	}
}

// ASVS 5.0 6.2.6, 6.2.7, 6.2.8: password fields are masked, tell password managers
// what they are, and cut nothing off.
func TestPasswordFields(t *testing.T) {
	files, err := web.ReadDir("web")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".html") {
			continue
		}
		text, err := web.ReadFile("web/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile(`<input[^>]*name="(password|again)"[^>]*>`).FindAllString(string(text), -1) {
			seen++
			for _, want := range []string{`type="password"`, `autocomplete="`} {
				if !strings.Contains(tag, want) {
					t.Errorf("%s: no %s in %s", f.Name(), want, tag)
				}
			}
			if strings.Contains(tag, "maxlength") || strings.Contains(tag, "onpaste") {
				t.Errorf("%s: %s", f.Name(), tag)
			}
		}
	}
	if seen < 4 {
		t.Errorf("got %d fields", seen)
	}
}
