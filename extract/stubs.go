package extract

func (w *writer) rtf() error  { return unreadable("not read yet") }
func (w *writer) ole() error  { return unreadable("not read yet") }
func (w *writer) tnef() error { return unreadable("not read yet") }
