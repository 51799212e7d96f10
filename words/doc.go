// Package words holds every sentence that people outside read: on the pages, in
// the mails and in securedoc.html, in every language. A language is a folder of
// lang with the files language.txt (its name, and how it writes times and sizes),
// portal.txt, mail.txt and page.txt, and a file AREA-TOPIC.txt for a topic that
// fills one (portal-compose.txt); adding a folder adds the language, nothing else
// is to be done. English (lang/en) is the pattern: a test holds every other
// folder against it, key by key and placeholder by placeholder.
//
// A file has lines "key = text" under "[section]" lines; the full key is
// section.key. A line that begins with blanks goes on with the text above it, and
// one that begins with # is a comment. In a text,
//
//	{name}         is filled in by the caller
//	*text*         is strong
//	[text](name)   is a link; the caller gives its address under the name
//
// and "key@N = text" stands in for key when the placeholder {n} is N, as in
// "files@1 = 1 attachment". Nothing else is markup: what a value holds is always
// escaped, so that no name and no subject can bring markup along, and a
// translator can break nothing but her own sentence.
//
// The package is pure. Start reading at Language.Text and Language.HTML.
package words
