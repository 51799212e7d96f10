package pid

import "strings"

// firstNames are given names common in Britain, of many origins; those that are
// also months, places or common words at the start of a sentence are left out.
const firstNames = `(?:Aaron|Abdul|Abigail|Adam|Adele|Adrian|Agnes|Ahmed|Aisha|Alan|Albert|Aled|Alex|Alexander|Alexandra|Alfie|Ali|Alice|Alison|Amanda|Amara|Amelia|Amina|Amir|Amy|Andrea|Andrew|Andrzej|Andy|Angela|Anita|Ann|Anna|Anne|Annie|Anthony|Archie|Arthur|Asha|Audrey|Ava|Ayesha|Barbara|Barry|Beatrice|Becky|Ben|Benjamin|Bernard|Beryl|Beth|Bethan|Betty|Billy|Bilal|Brenda|Brian|Bridget|Bronwen|Bryn|Caitlin|Callum|Cameron|Carol|Caroline|Carys|Catherine|Cerys|Charlene|Charles|Charlie|Charlotte|Chloe|Chris|Christine|Christopher|Claire|Clare|Clive|Colin|Connor|Craig|Daisy|Dan|Daniel|Danielle|Danny|Darren|Dave|David|Dawn|Deborah|Debbie|Denise|Dennis|Derek|Desmond|Diane|Dilys|Donna|Doreen|Doris|Dorothy|Douglas|Dylan|Edith|Edna|Edward|Eileen|Elaine|Eleanor|Elena|Elizabeth|Ella|Ellen|Ellie|Elliot|Elsie|Emily|Emma|Emmanuel|Eric|Erin|Ernest|Ethan|Ethel|Evan|Evelyn|Farah|Fatima|Fiona|Florence|Frances|Francis|Freddie|Frederick|Gareth|Garry|Gary|Gavin|Gemma|Geoff|Geoffrey|George|Gerald|Geraint|Gillian|Gladys|Glenys|Gordon|Graham|Gwen|Hannah|Harold|Harriet|Harry|Hassan|Hazel|Heather|Helen|Henry|Hilary|Hilda|Howard|Hussein|Huw|Ian|Ibrahim|Imran|Irene|Iris|Isaac|Isabel|Isabella|Isla|Ivan|Ivy|Jack|Jackie|Jacob|Jade|Jake|James|Jamie|Jane|Janet|Janice|Jason|Jayden|Jean|Jeffrey|Jenna|Jennifer|Jenny|Jeremy|Jess|Jessica|Jessie|Jill|Jim|Jimmy|Joan|Joanna|Joanne|Joe|Joel|John|Jonathan|Jordan|Joseph|Josh|Joshua|Joyce|Judith|Julia|Julian|Julie|Kai|Karen|Karl|Kate|Katherine|Kathleen|Katie|Kayleigh|Keith|Kelly|Kenneth|Kerry|Kevin|Khalid|Kieran|Kimberley|Kirsty|Kofi|Kwame|Kyle|Laura|Lauren|Leah|Leanne|Lee|Len|Leo|Leon|Leonard|Lesley|Leslie|Lewis|Liam|Lilian|Lily|Linda|Lisa|Logan|Lorraine|Louis|Louise|Luca|Lucas|Lucy|Luke|Lynn|Lynne|Maisie|Malcolm|Mandy|Marcus|Margaret|Maria|Marian|Marie|Marion|Marjorie|Mark|Martha|Martin|Mary|Maryam|Mateusz|Matthew|Maureen|Mavis|Max|Megan|Mehmet|Melanie|Melissa|Michael|Michelle|Mick|Mike|Mohamed|Mohammad|Mohammed|Molly|Moira|Monica|Morgan|Muhammad|Muriel|Nadia|Nasreen|Natalie|Natasha|Nathan|Neil|Nia|Nicholas|Nicola|Nigel|Noah|Nora|Norma|Norman|Olga|Oliver|Olivia|Olu|Omar|Oscar|Owen|Pamela|Patricia|Patrick|Paul|Paula|Pauline|Pearl|Peter|Phil|Philip|Phyllis|Piotr|Poppy|Priya|Rachel|Raj|Rajesh|Ralph|Ravi|Raymond|Rebecca|Reece|Reginald|Rhian|Rhys|Richard|Rita|Rob|Robert|Robin|Roger|Ronald|Rosemary|Rosie|Ross|Roy|Ruby|Russell|Ruth|Ryan|Sally|Sam|Samantha|Samina|Samuel|Sandra|Sanjay|Sara|Sarah|Scott|Sean|Shannon|Sharon|Shaun|Sheila|Shirley|Sian|Sidney|Simon|Sofia|Sophie|Stacey|Stanley|Stella|Stephanie|Stephen|Steve|Steven|Stuart|Sue|Sunita|Susan|Suzanne|Sylvia|Tanya|Tara|Tariq|Teresa|Terence|Terry|Theo|Theresa|Thomas|Tim|Timothy|Tina|Toby|Tom|Tommy|Tony|Tracey|Tracy|Trevor|Tyler|Valerie|Vera|Veronica|Victor|Victoria|Vincent|Violet|Vivian|Walter|Wayne|Wendy|Wilfred|William|Winifred|Yasmin|Yusuf|Yvonne|Zac|Zainab|Zara|Zoe)`

// notNames are words with capitals that stand in the names of places, bodies and
// papers, not of people.
const notNames = " council committee board team service services street road lane park centre center social care health housing adult adults children planning county " +
	"borough act policy court school college hospital church hall house avenue close drive estate library museum university station office officer " +
	"ltd limited plc trust group panel forum society association department review report strategy plan project programme meeting agenda minutes " +
	"notice order form application finance resources business environment highways education learning skills public local national government " +
	"monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december " +
	"this that there these those here what which who where when why how she her his they their them you your and but not the our any all some each every everyone everybody nobody someone " +
	"none one two three four five six seven eight nine ten police mum dad mother father family parents partner husband wife son daughter nan gran school access account address applicant " +
	"application attendance case claim client contact customer decision delivery email event funding guidance information invoice item landlord letter manager member message money " +
	"name order password patient payment payroll person plan policy post problem property question report request resident response risk room site someone staff student supplier " +
	"support system task teacher tenant ticket time today tomorrow traffic training update user work yesterday child children people parking phone please however since after before also " +
	"nothing everything something anything only both neither either another such same then now just still first last next note number part place point progress rest result side that's it " +
	"he it's its we i if so as at by for from in is of on or to up no yes " +
	"st square gardens terrace crescent way ward hotel arms inn bridge primary secondary academy surgery clinic practice market row court view "

// isInitials takes initials for a name, unless they are words in short.
func isInitials(s string) bool {
	switch bare(s) {
	case "UK", "US", "EU", "PS", "NB", "AM", "PM", "BA", "MA", "EG", "IE":
		return false
	}
	return true
}

// isName tells whether what looks like a name may be one: no word of it, nor the
// one behind a name alone, is among notNames, and no saint's church is meant.
func isName(text string, start, end int) bool {
	for _, title := range []string{"Mr", "Ms", "Miss", "Mx", "MR", "MS", "MISS", "Dr"} {
		if strings.HasPrefix(text[start:end], title) {
			return true // Mrs Hall is no building
		}
	}
	if start >= 3 && text[start-3:start] == "St " {
		return false
	}
	next := ""
	if end == len(text) || text[end] == ' ' {
		next, _, _ = strings.Cut(strings.TrimLeft(text[end:min(len(text), end+16)], " "), " ")
	}
	const ofName = 3 // with the next one; what stands before is a label
	left := ofName
	return lastWords(next, &left) && lastWords(text[start:end], &left)
}

// lastWords tells whether none of the last words of a text is among notNames, as
// many as left says.
func lastWords(text string, left *int) bool {
	for end := len(text); *left > 0; *left-- {
		for end > 0 && !isWord[text[end-1]] {
			end--
		}
		if end == 0 {
			break
		}
		from := end
		for from > 0 && isWord[text[from-1]] {
			from--
		}
		if text[from] <= 'Z' && isNotName(text[from:end]) {
			return false
		}
		end = from
	}
	return true
}

// notNamed has the words of notNames.
var notNamed = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(notNames) {
		all[w] = true
	}
	return all
}()

func isNotName(word string) bool {
	const longest = 16 // no word of the list has more
	var lower [longest]byte
	if len(word) > longest {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if c >= 0x80 {
			return notNamed[strings.ToLower(word)]
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return notNamed[string(lower[:len(word)])]
}
