package store

// HashCost is the cost of Argon2id (RFC 9106). The zero value means 64 MiB, 3
// passes and 4 lanes; tests run cheaper ones.
type HashCost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

func (c HashCost) orDefault() HashCost {
	if c == (HashCost{}) {
		return HashCost{MemoryKiB: 64 << 10, Passes: 3, Lanes: 4}
	}
	return c
}
