package milter

// diskCall is one call of the disk by its name. Each is a place at which the disk
// can fail, or do what it was asked and have its answer lost: TestDiskFaults walks
// through all of them.
type diskCall string

const (
	spoolCreate diskCall = "spool create" // a message's file in the private directory
	spoolUnlink diskCall = "spool unlink" // takes the file's name away
	spoolWrite  diskCall = "spool write"
	spoolRead   diskCall = "spool read"
	noteCreate  diskCall = "note create" // of what Redis could not be told
	noteWrite   diskCall = "note write"
	noteSync    diskCall = "note sync"
	noteRename  diskCall = "note rename" // from here on a crash loses nothing
	noteSyncDir diskCall = "note sync directory"
	noteRemove  diskCall = "note remove" // it was told
)

// diskCalls are all of them.
var diskCalls = []diskCall{spoolCreate, spoolUnlink, spoolWrite, spoolRead, noteCreate, noteWrite, noteSync, noteRename, noteSyncDir, noteRemove}

// disk makes a call; tests put something in between. nil: nothing.
type disk func(c diskCall, do func() error) error

func (d disk) call(c diskCall, do func() error) error {
	if d == nil {
		return do()
	}
	return d(c, do)
}

// newSpool gives an empty spool in the private directory.
func (f *Filter) newSpool() *spool { return &spool{dir: f.Spool, disk: f.run.disk} }
