package robot

// ReadAll does all the reading that Deliver can ask for, and gives how many
// envelopes the mail may name.
func (m *Mail) ReadAll() int {
	m.words()
	for _, f := range first(m.files(DefaultAttachLimit)) {
		_ = f.Write(discard{})
	}
	m.readDSN()
	m.bounceKind()
	m.automatic()
	return len(m.find().ids)
}

func first[A, B any](a A, _ B) A { return a }

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
