package policy

import "github.com/postseal/postseal/pid"

// Sections gives what the scan for personal data reads of a message.
func Sections(f *File, m *Message) []pid.Section { return (&view{f: f, m: m}).sections() }
