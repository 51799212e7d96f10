// Package extract gives the readable text of a file: plain text, HTML, RTF, PDF,
// Word, Excel and PowerPoint old and new, OpenDocument, Outlook messages,
// winmail.dat, archives, and what is embedded in them. It is pure: no clock,
// network, disk or logger.
//
// It promises that text which a recipient could read and we could not is always
// told: a Document then has an Err that wraps ErrUnreadable or ErrTooBig. A file
// is known by its content first; its name and media type only break ties, since
// a renamed file opens all the same. Hidden text, comments, headers, notes and
// document properties are text too.
//
// An attacker writes the files: an outsider whose mail is forwarded. She wants
// to crash the program, to hold a processor, or to fill the memory; a careless
// or hostile sender wants text to be overlooked. So every loop over outside data
// pays from one Extractor's budget (see Limits), which is counted in work and
// octets, not in seconds; nesting is bounded; nothing is expanded that is not
// needed; a panic in a reader becomes ErrUnreadable. What a recover cannot catch
// (running out of memory or stack) is prevented by the budgets alone here; who
// wants another wall sets Extractor.Outside, and complex kinds are read in
// processes of their own (package extract/worker).
//
// Start reading at Extractor.Read, then kindOf, then the reader of a format:
// one file each.
package extract
