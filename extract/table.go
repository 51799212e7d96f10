package extract

import "strconv"

// grid keeps the cells of a row of a table on one line, with tabs between them:
// what a value means often stands only in the heading of its column.
type grid struct {
	depth   int  // cells that the text at work stands in
	pending bool // a paragraph of a cell has ended; its line ends when another follows
}

// paragraphEnd ends the line, in a cell only when something follows in the cell.
func (w *writer) paragraphEnd() {
	if w.grid.depth > 0 {
		w.grid.pending = true
		return
	}
	w.line()
}

// cellEnd parts a cell from the next.
func (w *writer) cellEnd() error {
	w.grid.depth = max(0, w.grid.depth-1)
	w.grid.pending = false
	return w.write("\t")
}

// rowEnd ends the line of a row.
func (w *writer) rowEnd() {
	w.grid.pending = false
	w.line()
}

// pageEnd begins a page of a word processor's document, where one was broken by
// hand or when it was last shown. Two signs of one break are one.
func (w *writer) pageEnd() {
	if w.page == 0 || w.b.Len() == w.pageAt {
		return
	}
	w.page++
	w.place("page " + strconv.Itoa(w.page))
	w.pageAt = w.b.Len()
}
