package pid

import "strings"

// topic is the words of one kind of subject matter. Strong ones are how people
// write about one person; weak ones stand in leaflets as well and count only
// beside a person.
type topic struct {
	kind         Kind
	strong, weak string
}

// In the lists a space is any white space, hyphen or quoting mark between words,
// "|" at the border of a line stands between phrases, and <...> is one of sets.
// <p> is whose, <be> is a form of to be, <n> a few words between.
var topics = []topic{
	{Health, `
diagnosed with|diagnosis of|<p> diagnosis|<p> (?:medication|condition|prognosis|symptoms|disability|illness|treatment|operation|surgery|seizures|epilepsy|dementia|depression|anxiety|cancer|diabetes|pregnancy|mental health|physical health|mobility|blood (?:test|pressure)s?|test results|scan results|biopsy|discharge summary|sick note|fit note|gp|consultant|psychiatrist|insulin|hiv|chemo(?:therapy)?|dialysis|asthma|autism|adhd|ehcp|ehc plan|memory|continence|health needs|medical (?:history|records?|condition|notes))
(?:is|was|been|be|being) (?:admitted|sectioned|hospitali[sz]ed|discharged from|detained under|referred to (?:camhs|the memory|psych|occupational health|hospital|a consultant|the (?:mental|community|crisis|pain|stroke|falls)))
suffer(?:s|ing|ed) (?:from|with)|(?:has|have|had|with) (?:type [12] diabetes|dementia|alzheimer'?s|parkinson'?s|epilepsy|schizophrenia|bipolar|cancer|copd|hiv|depression|anxiety|autism|asperger'?s|adhd|ptsd|multiple sclerosis|ms|a learning disability|learning difficulties|cerebral palsy|a stroke|a heart attack|a miscarriage|a breakdown|a brain tumour|hepatitis|angina|heart failure|asthma|a mental health|mental health (?:issues|problems|difficulties))
(?:he|she|they|who|mum|dad) (?:<be> |has been |had been )?(?:pregnant|incontinent|diabetic|autistic|epileptic|suicidal|depressed|terminally ill|bed ?bound|housebound|wheelchair user|hiv positive|unwell)
(?:taken|took) an overdose|overdosed|self harm(?:s|ed|ing)?|suicid(?:al|e attempt)|attempted suicide|psychotic(?: episode)?|sectioned under|under section [23]|mental health act|off sick with|signed off (?:work|sick)|prescribed|on (?:methadone|antidepressants|sertraline|insulin|warfarin|lithium|olanzapine|citalopram|fluoxetine|diazepam|donepezil|ritalin)|terminal(?:ly ill| illness| diagnosis)|palliative|end of life care for|miscarried|(?:had|after) a (?:fall|stroke|heart attack|hip replacement)|blood results|biopsy|tumour|occupational health (?:report|referral|assessment)|sickness absence (?:record|meeting|review)|long term sick|reasonable adjustments for <p>|dnacpr|hospital discharge|discharged home|lacks? capacity|capacity assessment|metastati[cs]\w*|chemotherapy|learning disabilit(?:y|ies) (?:team|nurse)|tested positive|non verbal|(?:has|having|had) (?:seizures|fits|panic attacks|hallucinations|flashbacks|blackouts|chest pains?|hearing loss|sight loss)|on (?:dialysis|oxygen|insulin|chemo|morphine|steroids)|heart (?:failure|attack|condition|bypass)|below knee amput\w+|amputee|wheelchair user|hysterectomy|registered blind|is (?:deaf|blind|frail|bedbound|disabled)`, `
dementia|alzheimer'?s|parkinson'?s|cancer|diabet(?:es|ic)|epilep(?:sy|tic)|asthma|stroke|depression|anxiety|autis(?:m|tic)|adhd|bipolar|schizophrenia|mental health|medication|hospital|ward|gp|surgery|clinic|consultant|psychiatr(?:ist|ic|y)|psycholog(?:ist|y)|therap(?:y|ist)|counselling|camhs|disab(?:led|ility)|pregnan(?:t|cy)|illness|symptoms|diagnosis|treatment|wheelchair|mobility|incontinen(?:t|ce)|seizures?|tablets|dosette|pain|frail|falls|wound|nurse|carer|care home|sickness absence|health`},
	{SocialCare, `
known to (?:social services|social care|children'?s (?:services|social care)|adult social care|(?:the )?(?:service|department|team|authority|youth offending|yot|camhs|ourselves)|us since|mash)
(?:is|was|being|been|be|remains) (?:open to|a looked after child|looked after|in (?:foster )?care|in our care|accommodated under|taken into care|fostered|subject to (?:a |an )?(?:child protection|child in need|care|interim care|dols|guardianship|supervision)\w*)
child protection (?:plan|conference|concerns?|register|enquir(?:y|ies)|medical)|child in need (?:plan|meeting|review)|section 47|s\.?47|section 17|section 20|care proceedings|interim care order|care order|core group|placed (?:in|with) (?:foster|a foster|residential|emergency|her|his|their|kinship)|foster placement|placement (?:broke|breakdown|has broken|is at risk|with)|looked after (?:child )?review|lac review|pathway plan|contact with (?:mum|dad|his|her|birth|the birth|siblings)|supervised contact|<p> (?:social worker|care plan|care package|package of care|support plan|care needs|care assessment|support worker|key worker|keyworker|carers|needs assessment|personal budget|direct payments?|placement|foster carers?|pathway plan|safeguarding|home care|respite|day centre|support needs)
safeguarding (?:concern|alert|referral|enquiry) (?:about|for|regarding|re|raised|received|was|has|has been|made|in respect)|safeguarding concerns? (?:about|for|regarding|was|were|has|have)|(?:at|significant) risk of (?:harm|neglect|exploitation|abuse|significant harm)|significant harm|care (?:package|plan) (?:for|of|has|was|is)|package of care (?:for|is|was)|carer'?s assessment (?:for|of)|care act assessment|needs? assessment (?:for|of|was)|home (?:visit to|visit with|conditions)|social worker for|case (?:closed|allocated|transferred)|step(?:ped)? down to|no further action|nfa'?d|neglect(?:ed|ing|ful)?|self neglect\w*|hoarding|adult at risk|vulnerable adult|unborn baby|unaccompanied asylum|section 42|deprivation of liberty|dols|adoption (?:order|panel|medical)|special guardianship|best interests? (?:meeting|decision|assessor)|multi agency meeting|strategy (?:meeting|discussion)|team around the (?:child|family)|early help (?:assessment|plan) for|missing from (?:care|placement|home)|disclosed (?:that|to|abuse|sexual)|made a disclosure|private fostering|residential placement|respite (?:stay|placement|for)`, `
social worker|social services|social care|safeguarding|foster(?:ed|ing)?|care leaver|looked after|care plan|support plan|care package|carers?|respite|home care|direct payments?|placement|vulnerab(?:le|ility)|needs assessment|early help|mash|family support|service user|assessment|review|referral|key worker|support worker`},
	{Finance, `
<p> (?:rent arrears|arrears|debts?|benefits?(?: claim)?|housing benefit|universal credit|pip|esa|income support|jsa|pension credit|state pension|bank (?:account|statements?|details)|savings|salary|wages|income|overpayment|council tax (?:arrears|account|debt|reduction)|mortgage|bankruptcy|iva|loan|payslips?|tax code|financial (?:circumstances|assessment|situation|affairs|contribution)|care contributions?|capital|finances|money)
(?:in|has|have|of|with) (?:rent |council tax |mortgage |considerable |serious )?arrears|arrears of|rent arrears|(?:owes|owing|in debt|bankrupt|liability order (?:against|for|was)|summons(?:ed)? for|attachment of earnings|made (?:him|her|them)(?:self)? bankrupt|county court judgment|ccj|debt relief order|food ?bank voucher|hardship (?:fund|payment|grant) for)
(?:claim(?:s|ing|ed)?|in receipt of|receives?|awarded|refused|gets|on) (?:universal credit|pip|esa|housing benefit|income support|pension credit|attendance allowance|carer'?s allowance|jsa|dla|personal independence payment|employment support|council tax (?:support|reduction)|benefits)
financial(?:ly)? abus(?:e|ed|ing)|financial assessment (?:for|of|form)|deputyship|appointee(?:ship)?|court of protection|(?:sanctioned by|benefits? (?:were |was |have been |has been |is )?(?:stopped|sanctioned|suspended|cut))|bailiffs|evict(?:ed|ion) (?:for|notice|date|order)|notice (?:seeking possession|to quit)|possession (?:order|proceedings)|discretionary housing payment|dhp|gross (?:salary|pay)|net pay|annual salary of|redundancy payment|severance|pay slip|payslip|p45|p60|means tested`, `
arrears|debts?|benefits?|universal credit|housing benefit|pip|council tax|rent|income|savings|pension|overpayment|salary|wages|bank statements?|bank account|mortgage|loan|bailiff|financial|money|payments?|allowance|eviction`},
	{Relations, `
(?:domestic (?:abuse|violence)|marac|non molestation|restraining order|coercive control|honou?r based|forced marriage)
<p> (?:ex|ex (?:partner|husband|wife|boyfriend|girlfriend)|estranged \w+|divorce|separation|abusive (?:partner|husband|relationship)|marriage|sexuality|sexual orientation|affair|birth (?:mother|father|parents|family)|relationship with (?:his|her|their|mum|dad|the)|partner'?s (?:name|drinking|behaviour)|next of kin)
(?:he|she|they|mum|dad|parents|mother|father|couple|who) (?:<be> |has |have |had )?(?:(?:just |recently |now )?separated|divorc(?:ed|ing)|going through a divorce|left (?:her|his|the) (?:husband|wife|partner|family)|gay|lesbian|transgender|transitioning|having an affair|estranged)
custody of|parental responsibility|paternity (?:test|dispute)|contact (?:order|arrangements)|child arrangements order|residence order|fled (?:the|her|his|a|from|domestic)|refuge|hit (?:her|him|mum|his|the child)|assaulted (?:by|her|him|his)|violent (?:partner|relationship|towards)|controlling (?:behaviour|partner)|arguments? (?:with|between) (?:mum|dad|his|her|parents)|step ?(?:father|dad|mother|mum)|new partner|mum'?s (?:boyfriend|partner)|living with (?:his|her) (?:nan|gran|grandmother|aunt|uncle|dad|mum|father|mother)`, `
partner|husband|wife|divorce|separated|ex partner|siblings?|half brother|half sister|grandmother|nan|guardian|next of kin|boyfriend|girlfriend|relationship|family|marriage`},
	{Behaviour, `
<p> (?:behaviour|drinking|drug use|alcohol (?:use|misuse)|aggression|anger|outbursts|temper|addiction|school attendance|attendance at school|gambling|exclusion)
(?:excluded from (?:school|college|class)|permanently excluded|fixed (?:term|period) exclusion|truant(?:ing)?|abscond(?:s|ed|ing)?|went missing|goes missing|kick(?:s|ed|ing) off|lash(?:es|ed|ing) out|threaten(?:ed|ing|s) (?:to|staff|her|him|his|the|us|another|me|neighbours)|abusive (?:to|towards)|aggressive (?:to|towards|with|when|behaviour)|verbally abusive|physically aggressive|challenging behaviour|sexuali[sz]ed behaviour|sexual exploitation|cse|county lines|gang(?: involvement| affiliated|s? member)|radicali[sz](?:ed|ation)|prevent referral|channel panel)
(?:drink(?:s|ing)|drunk|using|smok(?:es|ing)|misus(?:es|ing)|addicted to|dependent on|dealing|relapsed(?: on)?) (?:heavily|heroin|cocaine|crack|cannabis|weed|drugs|alcohol|again|every day|daily|excessively|spice|too much)|alcohol(?:ic| dependen(?:t|ce|cy)| problem| misuse)|substance misuse (?:issues|problem|history|worker)|drug (?:problem|user|habit|addiction|test)|disciplinary (?:hearing|investigation|meeting|action|outcome)|gross misconduct|grievance (?:against|hearing|raised|from)|suspended from (?:work|duty|school)|dismissed (?:for|from)|final written warning|capability (?:hearing|procedure|meeting)|poor performance|performance improvement plan|anti ?social behaviour by|noise complaints? (?:about|against)|acceptable behaviour contract|poor attendance|disruptive in (?:class|school|lessons)|bull(?:ied|ying) (?:by|at|him|her)|smack(?:s|ed|ing)|slap(?:s|ped)|punch(?:es|ed)|strangl(?:ed|ing)|bruis(?:es?|ed|ing)|swore at|shout(?:s|ed|ing) at|refus(?:es|ed|ing) to (?:engage|attend|wash|eat|leave|take)|disengaged|not engaging|harassing`, `
behaviour(?:al)?|aggressive|aggression|drinking|alcohol|drugs?|cannabis|exclusion|excluded|attendance|misconduct|disciplinary|grievance|incident|violent|violence|abusive|complaint|truancy|threats?|bullying`},
	{History, `
(?:case|social|family|medical|care|personal|employment|housing|offending|tenancy) (?:history|background)(?: of| for|:| -| includes?| shows?)|<p> (?:case|file|records?|history|background|past|childhood|upbringing|case notes?|immigration status|asylum claim|criminal past|ethnicity|religion|personnel file)
case (?:notes?|file|record|summary|conference|recordings?|chronology) (?:for|of|on|re|attached|about|:)|case notes?:|chronology (?:for|of)|previous(?:ly)? (?:referr(?:als?|ed)|concerns|placements?|incidents|involvement|known)|history of (?:abuse|violence|self harm|offending|mental|drug|alcohol|substance|neglect|non|missing|aggression|trauma|falls|homelessness|domestic|depression|anxiety|absconding|eviction|sexual|debt|dv)|long history (?:of|with)|background (?:is|to the case|information on|of neglect)|came into care|taken into care|since (?:he|she) was (?:a|\w+ years? old|placed|born|removed)|subject access request (?:from|by|for)|asylum seeker|no recourse to public funds|nrpf|leave to remain|refugee status|over ?stayed|deport(?:ed|ation)|rough sleep(?:ing|er)|homeless since|sofa surfing|victim of (?:abuse|trafficking|rape|domestic|assault|modern slavery|child)|sexual(?:ly)? (?:abuse[d]?|assault(?:ed)?)|was raped|traffick(?:ed|ing)|abused (?:by|as a child)|grew up in care`, `
history|background|case|referrals?|previous(?:ly)?|concerns|records?|file|chronology|homeless|abuse|incident|allegations?`},
	{Criminal, `
criminal (?:record|convictions?|history|proceedings)|previous convictions?|spent convictions?|convicted (?:of|for|in)|conviction for|caution(?:ed)? for|(?:was|been|were|is|being) (?:arrested|cautioned|charged with|sentenced|jailed|imprisoned|remanded|convicted|bailed)|arrested (?:for|on|last|by)|charged with (?:assault|theft|possession|burglary|gbh|abh|fraud|criminal|affray|drink|drug|rape|murder)|on (?:probation|licence from|bail|remand|tag)|bail conditions|released from (?:prison|custody|hmp)|(?:in|from|at|to) hmp|<p> (?:offences?|conviction|probation officer|offender manager|sentence|dbs|dbs (?:check|certificate|disclosure)|bail|licence conditions|arrest|criminal record|court (?:case|date|hearing|appearance)|youth offending|yot worker)
dbs (?:disclosure|result|check) (?:shows?|showed|revealed|came back|has come back|disclosed|positive)|disclosed a conviction|positive disclosure|mappa|sex offender\w*|registered offender|schedule 1 offender|shpo|sexual harm prevention|community (?:order|payback)|suspended sentence|custodial sentence|youth offending (?:team|service)|referral order|probation (?:officer|service) (?:has|have|says|said|confirmed|told|for|report)|pre sentence report|police (?:were called|attended|came|arrested|log|have interviewed|interviewed|national computer|protection)|pnc check|section 136|under caution|interview under caution|assaulted (?:a|his|her|the|staff|another)|shoplifting|burgl(?:ed|ary of)|indecent images|stabb(?:ed|ing)|knife (?:in|to) school|carrying a knife|domestic incident`, `
police|arrest(?:ed)?|court|conviction|prison|probation|offen(?:ce|der|ding)|caution|bail|custody|sentence|criminal|assault|theft|fraud|dbs`},
}

var wordSets = strings.NewReplacer(
	"<p>", `(?:his|her|their|your|my|mum's|dad's|the child's|the family's|client's|patient's|tenant's|[a-z]+'s)`,
	"<be>", `(?:is|was|are|were|has been|may be|might be|now)`,
)

// marker is words that say what stands around them. They weigh nothing.
type marker uint8

const (
	aboutOne    marker = iota // one person: she, her mum
	aRole                     // one person by a role: the patient, my client
	toYou                     // your: the reader
	ofNHS                     // an NHS number may stand here
	ofNI                      // a National Insurance number
	ofCard                    // a payment card
	ofBank                    // a bank account
	ofPassport                // a passport
	ofLicence                 // a driving licence
	ofVehicle                 // a vehicle
	ofHome                    // where somebody lives, how somebody is reached
	ofBusiness                // an invoice, an order
	ofNumbering               // a number of a thing: ISBN, order, part
	ofOffice                  // an office, a venue, a help line
	ofPlanning                // a planning or licensing matter, public by law
	ofPublic                  // for everybody: newsletter, agenda, statistics
	ofCase                    // for the few: a case conference
	markerCount = iota
)

var markers = [markerCount]string{
	aboutOne:    `he|she|his|her|him|hers|himself|herself|mum|dad|mummy|daddy|nan|nanna|gran|granddad|grandad|mother|father|son|daughter|husband|wife|brother|sister|boyfriend|girlfriend|ex partner|he's|she's`,
	aRole:       `(?:the|this|our|my|your|named|above) (?:service user|patient|client|claimant|tenant|pupil|child|young person|complainant|victim|perpetrator|lady|gentleman|baby|resident|family|mother|father|man|woman|boy|girl|employee|student|deceased|appellant|defendant)|service user|patient|complainant|claimant|pt|su|yp|child [a-z]|client`,
	toYou:       `your|you`,
	ofNHS:       `nhs (?:number|no|num)|nhs|patients?|hospital|gp|clinic|ward|surgery|service user|dob|d\.o\.b|date of birth|health (?:visitor|record)|medical|referral|emis|systm ?one`,
	ofNI:        `national insurance|ni (?:number|no)|nino|ni|insurance number|payroll|benefit|claim(?:ant)?|dwp|universal credit|pension|employee|hmrc`,
	ofCard:      `card|cards|visa|mastercard|amex|debit|credit|expiry|expires|exp|cvv|cvc|security code|cardholder|long number`,
	ofBank:      `bank|account|acc|sort code|refund(?:ed)?|pay(?:ment)?|iban|bic|swift|direct debit|bacs|building society|barclays|lloyds|natwest|hsbc|santander|nationwide|halifax|monzo|transfer|account holder`,
	ofPassport:  `passports?|travel document|right to work|nationality|immigration|visa|brp|id check`,
	ofLicence:   `driving licen[cs]e|driver'?s? (?:licen[cs]e|number)|licen[cs]e(?: number| no)?|dvla|driver|driving`,
	ofVehicle:   `vehicle|car|reg(?:istration)?|number plate|vrm|vrn|pcn|parking|blue badge|driver|van|motability`,
	ofHome:      `lives?|living|home address|home|moved|staying|her address|his address|their address|resid(?:es|ing|ent)|tenant|tenancy|flat|bungalow|contact (?:him|her|mum|dad)|(?:his|her|mum's|dad's|their|my) (?:mobile|number|phone|address|house|landline|email)|next of kin|emergency contact|address|mobile`,
	ofBusiness:  `invoices?|invoice (?:number|no)|vat|vat (?:reg|number)|purchase order|po number|remittance|net total|supplier|payment terms|company (?:number|no|registration|reg)|ltd|limited|plc|quotation|delivery note|unit price|creditors|accounts payable`,
	ofNumbering: `isbn|issn|order|order (?:number|no|id)|part (?:number|no)|sku|serial|serial (?:number|no)|product|product code|model|tracking|tracking (?:number|no)|consignment|parcel|asset|asset (?:tag|number|no)|barcode|ean|batch|catalogue|licence key|meter|mpan|ticket|job (?:number|no)|meeting id|passcode|conference id|webinar id|dial in|stock|doi|version|quantity|qty`,
	ofOffice:    `office|switchboard|helpline|help line|reception|contact centre|customer services?|enquiries|library|leisure centre|town hall|civic centre|council offices?|village hall|community centre|church|venue|hall|school|college|museum|opening (?:times|hours)|press office|box office|call us|contact us|visit us|registered office|head office|tickets|book(?:ing)?|hotel|station|car park|depot|theatre|register at|drop in`,
	ofPlanning:  `planning (?:application|permission|committee|portal|policy|officer)|application (?:number|no|ref(?:erence)?)|erection of|single storey|two storey|extension|listed building|change of use|applicant|proposal|conservation area|licensing act|premises licence|tree preservation|loft conversion|dormer|demolition|outline permission|roadworks|road closure|site notice|building regulations|drainage|highways|dropped kerb|scheme`,
	ofPublic:    `newsletter|unsubscribe|agenda|minutes of the|apologies for absence|statistics|statistical|figures|per cent|percent|percentage|quarter(?:ly)?|annual report|consultation|campaign|press release|for immediate release|councillors?|cllr|committee|webinar|workshop|training (?:course|session|day|event)|e learning|event|events|tickets|subscribe|strategy|policy|policies|framework|procurement|tender|guidance|leaflet|survey|respondents|residents|service users|patients|children and young people|families|carers' week|awareness|awareness week|free of charge|open day|vacanc(?:y|ies)|job description|salary range|grade|apply (?:now|online|by)|closing date|delegates|speakers?|conference|media enquiries|number of|total number|average|rate|rates|rose|fell|increase(?:d)?|decrease(?:d)?|target|kpi|dashboard|budget|funding|programme|project|partnership board|governors|trustees|volunteers?|news|bulletin|edition|issue|copyright|members of the public|freedom of information|foi|template|example only|toolkit|e bulletin|exhibition|grant|launch(?:ed|es)?|celebrat(?:e|ed|ing|ion)|award|winners?|fun day|festival|recipe|spokes(?:man|woman|person)|procedure|all staff|employees|managers|takes effect|revised|you'll|you will|places available|enhanced dbs|training room|level [1-5]|learn(?:ing)?|qualified|informal chat|recogni[sz](?:e|ing)|role|joint|staff briefing|reminder to all`,
	ofCase:      `strictly confidential|confidential|private and confidential|official sensitive|case conference|allocated|in confidence|my client|our client|the above named|visited|dob|d\.o\.b|date of birth|nhs (?:number|no)|this child|this family|the child`,
}

// phrases splits a list into its patterns.
func phrases(list string) []string {
	var all []string
	depth, from := 0, 0
	add := func(to int) {
		if p := strings.TrimSpace(list[from:to]); p != "" {
			all = append(all, gaps(wordSets.Replace(p)))
		}
		from = to + 1
	}
	for i := range len(list) {
		switch c := list[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && (c == '|' || c == '\n'):
			add(i)
		}
	}
	add(len(list))
	return all
}

// gaps makes each space of a phrase what may stand between words on paper: white
// space, a hyphen, the mark of a quoted line.
func gaps(phrase string) string { return strings.ReplaceAll(phrase, " ", `[ \t\r\n>-]+`) }
