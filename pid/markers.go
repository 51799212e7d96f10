package pid

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
	ofEverybody               // what a message for everybody, or about nobody, says of itself
	aSelf                     // one who writes of herself: my husband, I was
	ofSecret                  // what nobody else shall know
	ofSome                    // nobody in particular: if, any, people, often
	aWriter                   // I, who tells it
	markerCount = iota
)

var markers = [markerCount]string{
	aboutOne: `he|she|his|her|him|hers|himself|herself|mum|dad|mummy|daddy|nan|nanna|gran|granddad|grandad|mother|father|son|daughter|husband|wife|brother|sister|boyfriend|girlfriend
ex partner|he's|she's|hes|shes|he'd|she'd|he'll|she'll|sister|brother|parents|uncle|aunt|nephew|niece|tenant's|resident's|mum's|dad's|gentleman|lady|stepdad|stepmum
stepfather|stepmother|granny|nana|nain|taid|the lad|the lady|old boy|this lady|this gentleman|this man|this woman|young man|young woman|eldest|youngest|widow|widower
fiance|fiancee|girls|twins|grandson|granddaughter|grandmother|grandfather|ei|iddo|iddi|ganddo|ganddi|arno|arni`,
	aRole: `(?:the|this|our|my|your|named|above) (?:service user|patient|client|claimant|tenant|pupil|child|young person|complainant|victim|perpetrator|lady|gentleman|baby|resident|family|mother|father|man|woman|boy|girl|employee|student|deceased|appellant|defendant)
service user|patient|complainant|claimant|pt|su|yp|child [a-z]|client
(?:the|this|our|my|your|named|above|her|his) (?:tenant|cust|customer|caller|driver|applicant|debtor|casualty|carer|husband|wife|lad|girl|boy|little boy|little girl|twins|young lad|young man|elector|volunteer|trainee|colleague|pupil|usual chap|chap|bloke|neighbour|occupier|resident|mother|father|sister|brother|nephew|niece|baby|babies)
cust|client [a-z]{1,2}|svc user|s/u|the (?:accused|insured|injured party)|bed [0-9]+|room [0-9]+|year [0-9]+ (?:boy|girl|pupil)|[0-9]+ (?:yr|year) old|aged [0-9]+
y (?:claf|cleient|tenant)`,
	toYou: `your|you`,
	ofNHS: `nhs (?:number|no|num)|nhs|patients?|hospital|gp|clinic|ward|surgery|service user|dob|d\.o\.b|date of birth|health (?:visitor|record)|medical|referral|emis|systm ?one|gig
claf|meddyg|ysbyty|pt|2ww|carer|service users?|discharge`,
	ofNI: `national insurance|ni (?:number|no)|nino|ni|insurance number|payroll|benefit|claim(?:ant)?|dwp|universal credit|pension|employee|hmrc|yswiriant gwladol|yg
attachment of benefit|overpayment|esa|uc|pip`,
	ofCard: `card|cards|visa|mastercard|amex|debit|credit|expiry|expires|exp|cvv|cvc|security code|cardholder|long number|card number|card no|start date|valid until|issue number
telephone payment|pay(?:ment|ing)? by`,
	ofBank: `bank|account|acc|sort code|refund(?:ed)?|pay(?:ment)?|iban|bic|swift|direct debit|bacs|building society|barclays|lloyds|natwest|hsbc|santander|nationwide|halifax|monzo
transfer|account holder|cyfrif banc|cod didoli|rhif cyfrif|payee|wages|pay`,
	ofPassport: `passports?|travel document|right to work|nationality|immigration|visa|brp|id check`,
	ofLicence:  `driving licen[cs]e|driver'?s? (?:licen[cs]e|number)|licen[cs]e(?: number| no)?|dvla|driver|driving`,
	ofVehicle:  `vehicle|car|reg(?:istration)?|number plate|vrm|vrn|pcn|parking|blue badge|driver|van|motability`,
	ofHome: `lives?|living|home address|home|moved|staying|her address|his address|their address|resid(?:es|ing|ent)|tenant|tenancy|flat|bungalow|contact (?:him|her|mum|dad)
(?:his|her|mum's|dad's|their|my) (?:mobile|number|phone|address|house|landline|email)|next of kin|emergency contact|address|mobile|address to be|c/b|call back
ring (?:him|her|her on|him on)|mob|tel|home tel|cyfeiriad|yn byw|gartref`,
	ofBusiness: `invoices?|invoice (?:number|no)|vat|vat (?:reg|number)|purchase order|po number|remittance|net total|supplier|payment terms|company (?:number|no|registration|reg)|ltd
limited|plc|quotation|client account|your client|llp|solicitors act|delivery note|unit price|creditors|accounts payable|company reg|our usual details|accounts receivable|remit|po|scaffolding|contractor`,
	ofNumbering: `isbn|issn|order|order (?:number|no|id)|part (?:number|no)|sku|serial|serial (?:number|no)|product|product code|model|tracking|tracking (?:number|no)|consignment|parcel
asset|asset (?:tag|number|no)|barcode|ean|batch|catalogue|licence key|meter|mpan|ticket|job (?:number|no)|meeting id|passcode|conference id|webinar id|dial in|stock|doi
version|quantity|qty|library card|membership card|loyalty card|card reader|swipe card|smart card|access card|asset list|imei|sim|sim card|uprn|mprn|grid ref|licence keys?
activation key|firmware|product key|laptops?|docks?|chargers?|case system|permit|cost code|ledger|journal|catalogue no|registration key|token|certificate no|course code
reference number of the contract|contract|support pin`,
	ofOffice: `office|switchboard|helpline|help line|reception|contact centre|customer services?|enquiries|library|leisure centre|town hall|civic centre|council offices?|village hall
community centre|church|venue|hall|school|college|museum|opening (?:times|hours)|press office|box office|call us|contact us|visit us|registered office|head office|tickets
book(?:ing)?|hotel|station|car park|depot|theatre|register at|drop in`,
	ofPlanning: `planning (?:application|permission|committee|portal|policy|officer)|application (?:number|no|ref(?:erence)?)|erection of|single storey|two storey|extension
listed building|change of use|applicant|proposal|conservation area|licensing act|premises licence|tree preservation|loft conversion|dormer|demolition|outline permission
roadworks|road closure|site notice|building regulations|drainage|highways|dropped kerb|scheme`,
	ofPublic: `newsletter|what's on|meet the|rhyme time|join us|all welcome|no need to book|book on|book (?:online|now|a place|your)|(?:mon|tues|wednes|thurs|fri|satur|sun)days
every (?:week|month|monday|tuesday|wednesday|thursday|friday|saturday)
(?:people|adults|those|anyone|anybody|children|pupils|staff|everyone|families|women|men|residents|tenants|patients|students|learners|parents) (?:with|who|living|aged|affected|experiencing|suffering|in|from)
unsubscribe|agenda|minutes of the|apologies for absence|statistics|statistical|figures|per cent|percent|percentage|quarter(?:ly)?|annual report|consultation|campaign
press release|for immediate release|councillors?|cllr|committee|webinar|workshop|training (?:course|session|day|event)|e learning|event|events|tickets|subscribe|strategy
policy|policies|framework|procurement|tender|guidance|leaflet|survey|respondents|residents|service users|patients|children and young people|families|carers' week
awareness|awareness week|free of charge|open day|vacanc(?:y|ies)|job description|salary range|grade|apply (?:now|online|by)|closing date|delegates|speakers?|conference
media enquiries|number of|total number|average|rate|rates|rose|fell|increase(?:d)?|decrease(?:d)?|target|kpi|dashboard|budget|funding|programme|project|partnership board
governors|trustees|volunteers?|news|bulletin|edition|issue|copyright|members of the public|freedom of information|foi|template|example only|toolkit|e bulletin|exhibition
grant|launch(?:ed|es)?|celebrat(?:e|ed|ing|ion)|award|winners?|fun day|festival|recipe|spokes(?:man|woman|person)|procedure|all staff|employees|managers|takes effect
revised|you'll|you will|places available|enhanced dbs|training room|level [1-5]|learn(?:ing)?|qualified|informal chat|recogni[sz](?:e|ing)|role|joint|staff briefing
reminder to all|if (?:a|an|any|your|you|someone|somebody|people|the person)|a person(?:'s)?|a pupil|somebody|anybody
people (?:may|can|often|might|get|living|over|under|should)|hypothetical|in general|general question|not about any(?:body|one)|isn't about any(?:body|one)|lecturer
supervision group|thematic review|thematic|review looked at|learning from|no person can|anonymi[sz]ed|made up cases?|fictional|fictitious|case example|not a real|specimen
placeholder|placeholders|sample only|for example|such as|e\.g|eligibility|entitle(?:d|ment)|how to (?:claim|apply|avoid|get|help)|guide|guide for|a guide|factsheet|faq
frequently asked|web page|website|waiting room|poster|multi agency guidance|do not start|common trigger|levels? [1-9]|figures? (?:below|for|attached)|suppressed
households|responses|survey results|all (?:housing|staff|social|front line) (?:officers|workers|staff)|all (?:carers|managers|colleagues|users|parents)
dear (?:colleagues|members?|resident|residents|parents|carers|customer|consultee|bidder|neighbours|operators|trainers|funeral directors|requester)|hello neighbours
open to all|everyone welcome|drop in session|coffee morning|session covers|course covers|awareness session|briefing|places left|learning (?:hub|points)|legislation
statutory|regulations|act [12][0-9]{3}|code of practice|procedures|responsibilities|person specification|vacancy|post holder|automatic reply|out of (?:the )?office
term dates|inset day|prospectus|concert|raffle|choir|museum|gallery|parish|constituents|manifesto|candidates?|nationally|in england
across the (?:county|borough|city|region)|of (?:adults|children|people|households|cases|respondents|residents)|review of [0-9]+ cases|per cent of|out of [0-9]+
one in (?:three|four|five|ten|[0-9]+)|compared (?:with|to)|year on year|cyhoeddus|cylchlythyr`,
	ofCase: `strictly confidential|confidential|private and confidential|official sensitive|case conference|allocated|in confidence|my client|our client|the above named|visited|dob
d\.o\.b|date of birth|nhs (?:number|no)|this child|this family|the child|case notes?|in the strictest confidence|please do not (?:share|forward|print)|not for public
not to be shared|exempt|restricted|named below|the following (?:employee|client|patient|pupil)|not for public display`,
	ofEverybody: `automatic reply|out of (?:the )?office|press release|for immediate release|media enquiries|press office|newsletter|vacanc(?:y|ies)|we are (?:looking for|recruiting)
recruiting|informal chat|closing date|apply (?:now|online|by|to the)|job (?:ref|advert|description)|person specification|leaflets?|factsheet|brochure|poster|study day
training (?:course|session|day|programme|slides)|course code|cpd|level [1-5] (?:programme|training)|places (?:left|available)|teaching case|case example|invented
fictional|fictitious|hypothetical|made up cases?|nobody in it exists|no one in it exists|not a real|names? (?:have been )?changed|anonymi[sz]ed
no (?:person|one) can be (?:told|identified)|thematic review|learning from|general question|in general terms|isn't about anybody|not about any(?:body|one)|web ?page
website|web team|public site|blog|posts for|social media|hashtag|templates?|placeholders?|specimen|blank form|\[[a-z ]+\]|annual report|quarterly (?:report|figures)
figures (?:for|below|are)|q[1-4] (?:figures|numbers|dashboard|returns?)|statistics|dashboard|sitrep|kpis?|suppressed|survey|respondents|national average|england average
authors?|memoir|novel|reads from|reading group|book club|we're reading|isbn|exhibitions?|on show|museum loan|loan in|acc\.? no|diaries|archive|webinar|bulletin
in this issue|round up|short guide|guide for|guide to|guidance (?:note|attached|for)|revised guidance|agency guidance|consultation
all (?:housing|front line|ward)? ?(?:staff|officers|teams|managers|users|members|carers|parents|colleagues)|front line staff
dear (?:readers|friends|members|neighbours|residents|operators|bidders?|trainers|consultee|all carers|requester|swimmers|customers?|funeral directors|user)
(?:hello|hiya|hi) (?:neighbours|swimmers|everyone|folks|team|all carers)|what managers need|revised policy|policy (?:was adopted|takes effect|changes)|takes effect
what changes from|sign off by the head|coffee morning|drop in|all welcome|everyone welcome|free event|book (?:a place|on|your place)|no need to book|questions answered
plain english|lots of (?:questions|the same)|unsubscribe|quiz|users' group|freedom of information|foi|tender|bidders|invoice number|case law|supreme court|conference
speakers?|workshops?|delegates|keynote|early bird|programme for|lecturer|dissertation|evening classes|enrolment|licensing committee|planning committee|scrutiny
full council|cabinet member|1[5-8][0-9]{2}|nineteenth century|victorian|cylchlythyr|hysbyseb
birthday cake|leaving do|whip round|raffle|5 a side|charity (?:walk|run|shop)|sponsor (?:me|us)|marathon|fundrais(?:er|ing)|retirement (?:party|do)|drinks from
congratulations|congrats|away day|(?:cases|examples|names) (?:are|is) (?:all )?(?:made up|invented)|days of action|posters|(?:typical|warning|common|tell tale) signs|signs to look (?:for|out for)
one (?:woman|man|person|child|adult|pupil|family) in (?:two|three|four|five|six|seven|eight|ten|[0-9]+)|learning outcomes
great win|goals|fixtures?|lost (?:cat|dog)|school visit|obituary|town clerk|mayor|heritage|blog text|carers week|your questions|dear editor|book launch`,
	aSelf: `my (?:husband|wife|partner|son|daughter|mum|mother|dad|father|ex|sister|brother|boyfriend|girlfriend|children|kids|baby|little (?:boy|girl)|health|doctor|gp|consultant|landlord|income|job|claim|benefits?|rent|flat|back|leg|heart|nerves|medication|tablets|condition|illness|depression|anxiety|bank account|wages|marriage|divorce|family)
i (?:take|suffer|lost|owe|was drinking|was (?:pregnant|raped|assaulted|abused|in hospital|sectioned|attacked))|i'm (?:pregnant|disabled|diabetic|depressed|homeless)`,
	ofSecret: `in (?:strict(?:est)? )?confidence|strictly confidential|between (?:you and me|us|ourselves)|not a word
don't (?:tell|let on|mention|ask about it|say anything|forward|pass)|please don't (?:forward|tell|say|mention|share|ring|print)
do not (?:tell|forward|share|disclose|print|put|mention|contact|write to|ring)|keep (?:it|this) (?:to yourself|quiet|between)|keep this|off the record|delicate
sensitive one|awkward one|quiet word|rather not (?:put|say|name)|asked me not to|asked (?:us|that|me) (?:not|nobody)|does(?:n't| not) (?:yet )?know|don't know yet
hasn't told|has not told|has not been told|haven't told|nobody (?:here |else )?knows|no one (?:here |else )?knows|told me (?:for the first time|in confidence|that|she|he)
confided|embarrassed|ashamed|see me in private|in private|hear nothing about|not to be shared|exempt (?:papers?|item)|not for public display|known only to
without (?:his|her) knowledge|does not want (?:him|her|his|the|son|anyone|anybody)|doesn't want (?:him|her|his|the|anyone|anybody|to know)|hush|discreet(?:ly)?
for your eyes|eyes only|doesn't want (?:it|them|the children|anybody|people) (?:told|known|to know|to hear|round)|does not want (?:it|them|the children) (?:told|known)|not (?:be )?aware|isn't aware|aren't aware|mustn't (?:be|know|find|hear)|must not (?:be told|know|find)|until (?:he|she) is ready|told no one|find out|leave the parent portal|keep it off|off the system`,
	ofSome:  `if|when|whether|any|anyone|anybody|someone|somebody|each|every|often|usually|typical(?:ly)?|people|those|all|most|many`,
	aWriter: `i|me|i'm|i've|i'd|i'll`,
}
