package portal

import "strings"

// deviceOf names the kind of browser behind a User-Agent field, for the list of
// sessions: only names from the lists below, never the text itself, since anybody
// can send anything. Empty: not known.
func deviceOf(agent string) string {
	if len(agent) > maxAgent {
		agent = agent[:maxAgent]
	}
	first := func(of [][2]string) string {
		for _, o := range of {
			if strings.Contains(agent, o[0]) {
				return o[1]
			}
		}
		return ""
	}
	browser, system := first(browsers), first(systems)
	if browser != "" && system != "" {
		return browser + ", " + system
	}
	return browser + system
}

// browsers and systems by what their User-Agent fields hold; those that name
// others beside themselves come first.
var (
	browsers = [][2]string{{"SamsungBrowser/", "Samsung Internet"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Macintosh", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"}}
)
