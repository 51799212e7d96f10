package pid

// What is said of how somebody lives, and lived.

var wordsFinance = topic{Finance, `
<p> (?:rent arrears|arrears|debts?|benefits?(?: claim)?|housing benefit|universal credit|pip|esa|income support|jsa|pension credit|state pension|bank (?:account|statements?|details)|savings|salary|wages|income|overpayment|council tax (?:arrears|account|debt|reduction)|mortgage|bankruptcy|iva|loan|payslips?|tax code|financial (?:circumstances|assessment|situation|affairs|contribution)|care contributions?|capital|finances|money)
(?:in|has|have|of|with) (?:rent |council tax |mortgage |considerable |serious )?arrears|arrears of|rent arrears
(?:owes|owing|in debt|bankrupt|liability order (?:against|for|was)|summons(?:ed)? for|attachment of earnings|made (?:him|her|them)(?:self)? bankrupt|county court judgment|ccj|debt relief order|food ?bank voucher|hardship (?:fund|payment|grant) for)
(?:claim(?:s|ing|ed)?|in receipt of|receives?|awarded|refused|gets|on) (?:universal credit|pip|esa|housing benefit|income support|pension credit|attendance allowance|carer'?s allowance|jsa|dla|personal independence payment|employment support|council tax (?:support|reduction)|benefits)
financial(?:ly)? abus(?:e|ed|ing)|financial assessment (?:for|of|form)|deputyship|appointee(?:ship)?|court of protection
(?:sanctioned by|benefits? (?:were |was |have been |has been |is )?(?:stopped|sanctioned|suspended|cut))|bailiffs|evict(?:ed|ion) (?:for|notice|date|order)
notice (?:seeking possession|to quit)|possession (?:order|proceedings)|discretionary housing payment|dhp|gross (?:salary|pay)|net pay|annual salary of|redundancy payment
severance|pay slip|payslip|p45|p60|means tested|(?:owes?|owing|owed) (?:us |the council |them |him |her )?(?:about |over |nearly )?(?:£|[0-9])[0-9,.]*
(?:uc|pip|esa|universal credit|housing benefit|benefits?|pension|money) (?:has |have |had |was |were |is )?(?:been )?(?:stopped|sanctioned|suspended|cut|refused|reduced|gone)
(?:behind|behind with|behind on|missed) (?:with |on )?(?:the |his |her |their )?(?:rent|mortgage|payments?|bills|repayments)|(?:can't|cannot|unable to|struggling to) pay
(?:takes?|taking|took|stole|stealing|withdr(?:ew|awing)) (?:her|his|their|mum's|dad's) (?:pension|money|savings|card|bank card)|payday loan|loan shark
(?:earns?|earning|salary of|paid) £[0-9,.]+|works cash in hand
(?:has|have|had|with|of) (?:about |over |under |around )?£[0-9,.]+ (?:in (?:savings|the bank)|a (?:week|month|year))|breathing space|debt (?:management|adviser|crisis)
no money|no income|months? (?:rent|arrears)|nil income
(?:universal credit|uc|pip|esa|dla|benefits?|money|wages|giro|ctr|housing benefit|hb|pension|rent) (?:has |have |had |was |were |is |are )?(?:been )?(?:stopped|sanctioned|suspended|cut|refused|reduced|gone|overpaid|not paid|unpaid)
ctr stopped|sanctioned (?:twice|again|for)|was on esa|on (?:esa|uc|pip|jsa|dla)|attachment of (?:benefit|earnings)|aoe|aob|deduction(?:s)? (?:from|for)|liability orders?
lo'?s outstanding|los outstanding|enforcement agents? (?:took|visited|at)|bailiffs? (?:had|have|took|came|at|visited|on)|payday lenders?|loan sharks?|doorstep loan
catalogue debts?|gambling debts?|debts? (?:of|to|with|admitted|in)|owes? (?:me|his|her|my|money|the|for)|owed (?:my|his|her)|in debt|dro|iva|bankruptcy|bankrupt
insolvency|trustee in bankruptcy|insolvent|csa (?:money|arrears)|child maintenance|maintenance (?:payments?|arrears)|remortgaged?|repossess(?:ed|ion)|mortgage arrears
behind (?:with|on) (?:the|his|her|their|my)|months behind|going without|gone without|choosing between|can't afford|cannot afford|couldn't afford|could not afford
no money (?:for|till|until)|no food (?:in )?(?:til|till|until)|pre ?payment meter|emergency credit|top up the meter|fb voucher|food parcel|foodbank|hardship
destitut(?:e|ion)|redundant|lost (?:his|her|my|their) (?:cleaning )?job|zero hours|wages (?:of|are|is|stopped)|earns|take home|his wages|her wages
(?:about|around|has|have|only|over|under) £[0-9][0-9,.]*k? (?:left|in savings|savings|a week|per week|a month|pw|pcm|weekly|in the bank)
£[0-9][0-9,.]*(?:/wk| pw| a week| per week| weekly)|savings (?:of|over|are|is)|£[0-9][0-9,.]* (?:building society|in savings|arrears|in arrears|owing|outstanding|debt)
premium bonds|capital (?:over|of|above)|undeclared (?:partner|income|earnings|savings|capital|work)|benefit fraud|single person discount|admin penalty
overpa(?:id|yment) (?:of|for|on|from|because)|living with (?:an )?undeclared|joint account|emptying (?:it|the account)
(?:took|taken|takes|using|used|has) (?:her|his|my|mum's|dad's) (?:bank )?card|bank card|lump sum|ill health pension|final salary|pension (?:pot|transfer|share|sharing)
state pension|redundancy (?:pay|of|payment)|settlement (?:of|figure|agreement)|agreed at £|settle(?:d|ment) at £|compensation of|award of £|means test
deprivation of assets|given away|gift(?:ed)? (?:the|her|his|money)|deferred payment|top up fees?|third party top up|client contribution|assessed (?:contribution|charge)
financial assessment|fa1|discretionary housing|council tax arrears|ctax arrears|rent account|rent in advance|notice seeking|nosp|nsp|section 21|s\.?21|section 8 notice
eviction|evicted|stop(?:ped)? paying|withheld rent|salary sacrifice|advance of (?:pay|wages|salary)|student loan plan|tax code|employee number|payroll number|gross
remarks?:? same account|ôl-ddyledion|ol-ddyledion|dyled(?:ion)?|budd-dal|credyd cynhwysol|mewn dyled|methu talu|cut (?:him|her|them|me) off|living off (?:his|her|my)
on emergency|meter'?s on|(?:offered|offers|paying|pays|pay) (?:him |her |me |us )?£[0-9]+ (?:a|per) (?:week|month)
sold (?:the|his|her|my) (?:car|house|flat|ring|jewellery)|to pay (?:it|for|the fees|off)|since the bankruptcy|nothing to (?:him|her|my|his)
gets? (?:carer's|benefits?|housing) (?:money|allowance)|works? (?:in|at) (?:the|a) [a-z ]{0,20}cash|cash in hand|working while claiming|claiming for
claims? (?:to live|for|as)|fella living|(?:boyfriend|partner|husband|bloke|man|fella|someone) (?:is |has been |who's )?living (?:there|with her|with him)
living as a couple|living together|lta?hw?|not declared|undeclared|did not tell us|failed to (?:declare|tell|report)|change of circumstances
earnings (?:of|from|increased|dropped)|hours (?:cut|reduced)|laid off|on furlough|lost (?:everything|her home|his home)|pawn(?:ed)?
selling (?:his|her) (?:medication|furniture)|no credit|no food|nothing to eat|food parcels?|charity (?:grant|food)|school uniform grant|free school meals|fsm
pupil premium|bursary|benefit cap|bedroom tax|spare room|two bedrooms short|rent (?:unpaid|owed|is|was|has)
(?:[0-9]+|two|three|four|five|six|several) (?:weeks|months) (?:behind|rent|arrears|unpaid)|owes? £|owed £|debts? of £|arrears of £|balance of £
£[0-9,.]+ (?:arrears|behind|overdrawn|in debt|owed|a week|a month|left)|overdrawn|credit (?:rating|score|card debts?)|ccjs?|bank refused
account (?:frozen|emptied|overdrawn)|drained (?:her|his|the) account|will leaves|left (?:him|her|them) (?:nothing|the house|money|everything)|probate for|inheritance
estate of (?:the late|mr|mrs|miss|ms)|who do we pay|survivor'?s? pension|death grant|widow'?s pension|dependant'?s pension
(?:two|three|four|five|six|several|missed|[0-9]+) (?:missed )?payments? (?:missed|behind|overdue)|payments? missed|missed (?:four|three|two|several|[0-9]+)
controlled the (?:money|online banking|account|bank)|controls the (?:money|bank|account)|gone off (?:to|with)|put a hold on|hold on the account|can't pay|cannot pay
won't be able to pay|nothing left|skint|broke|penniless|loan from|borrow(?:ed|ing) from|in the red|maxed out|direct debit (?:bounced|failed|returned)|cheque bounced`, `
arrears|debts?|universal credit|housing benefit|pip|esa|overpayment|bailiffs?|eviction|mortgage|savings|bank statements?|benefit claim|council tax reduction
pension credit|gambling|income support|loan|wages|redundancy|deduction|attachment|sanctioned|hardship|food ?bank|voucher|overpaid|refund|owing|owed|fees|unpaid|behind
repay(?:ment)?s?|instalments?|pension|will|estate|jobcentre|uc|benefits?|wage|owes|debtor|claimant|declared|missed payments|overdue|afford|borrowed|customer on the phone
in tears`, `
council tax|rent|income|salary|bank account|bailiff|financial|money|payments?|allowance|cash|rent|bills|gas|electric|weekly|account|bank|job|hours|fund|cost|charge|paid`}

var wordsRelations = topic{Relations, `
(?:domestic (?:abuse|violence)|marac|non molestation|restraining order|coercive control|honou?r based|forced marriage)
<p> (?:ex|ex (?:partner|husband|wife|boyfriend|girlfriend)|estranged \w+|divorce|separation|abusive (?:partner|husband|relationship)|marriage|sexuality|sexual orientation|affair|birth (?:mother|father|parents|family)|relationship with (?:his|her|their|mum|dad|the)|partner'?s (?:name|drinking|behaviour)|next of kin)
(?:he|she|they|mum|dad|parents|mother|father|couple|who) (?:<be> |has |have |had )?(?:(?:just |recently |now )?separated|divorc(?:ed|ing)|going through a divorce|left (?:her|his|the) (?:husband|wife|partner|family)|gay|lesbian|transgender|transitioning|having an affair|estranged)
custody of|parental responsibility|paternity (?:test|dispute)|contact (?:order|arrangements)|child arrangements order|residence order|fled (?:the|her|his|a|from|domestic)
refuge|hit (?:her|him|mum|his|the child)|assaulted (?:by|her|him|his)|violent (?:partner|relationship|towards)|controlling (?:behaviour|partner)
arguments? (?:with|between) (?:mum|dad|his|her|parents)|step ?(?:father|dad|mother|mum)|new partner|mum'?s (?:boyfriend|partner)
living with (?:his|her) (?:nan|gran|grandmother|aunt|uncle|dad|mum|father|mother)
(?:partner|husband|wife|boyfriend|girlfriend|dad|mum|ex) (?:left|hit|hits|attacked|strangled|threatened|controls|moved out|has left|is violent|walked out|died|is in prison|passed away)
left (?:her|him|me) (?:for|and|with|in)|(?:recently |newly )?(?:widowed|bereaved)|abusive relationship|family breakdown|contact order|handover
(?:doesn't|does not|won't|refuses to) (?:see|speak to) (?:her|his|mum|dad)|stalk(?:ed|ing|er)
(?:after|because|when) he (?:hit|strangled|raped|punched|attacked|threatened)|dash (?:score|risk)|ticks on
<p> (?:wife|husband|partner|ex|boyfriend|girlfriend|mother|father|mum|dad|nan|son|daughter|brother|sister|uncle|aunt|cousin|nephew|niece|stepdad|stepfather|stepmum|stepson|stepdaughter|boy|girl|family|parents) (?:is|was|has|had|died|left|left her|hit|says|said|told|won't|doesn't|does not|did not|took|takes|moved|lives|threatened|drinks|passed away|objects|wants|doesn't know|refuses|knows nothing|comes in|walked|came out|owes|keeps|isn't|wasn't|hasn't|cannot|can't|cut|hates|ended|found)
(?:split up|splitting up|broken up|broke up|separat(?:ed|ing) from|estranged from|no contact with|not spoken to|doesn't speak to|don't speak|not on (?:good|speaking) terms|fell out with|fallen out with|walked out (?:on|with)|ran off with|left (?:him|her|me|us|them) (?:for|after|when|on|alone)|mvd out|moved out|moved back in|moving back in|moved in with|kicked (?:him|her|me) out|thrown out|threw (?:him|her|me) out|another (?:woman|man|person in)|seeing (?:someone|somebody|another|a married)|having an affair|had an affair|an affair with|cheating|mistress|love child|real father|biological (?:father|mother|dad|mum|parent)|not the (?:father|dad)|isn't the (?:father|dad)|dna test|paternity|no father on|putative father|may not be his|pregnant by|out of wedlock|illegitimate|is (?:also )?gay|is a lesbian|came out (?:as|to)|bisexual|trans(?:gender|itioning)?|deadname|gender identity)
(?:dad|mum|father|mother|he|she|who|husband|wife|partner|stepdad|boyfriend|ex) (?:has |had |also |then |once |twice |again )?(?:hit|hits|hitting|beat|beats|slapped|punched|kicked|strangled|choked|struck|pushed|grabbed|threatened|raped|bit|burnt|shoved|threw|locked|controls|stalks|follows|shouts at|screams at) (?:her|him|me|them|us|mum|dad|his|the)
(?:hands?|hand) (?:round|around|on) (?:her|his|my|their) (?:neck|throat|knee)|done it again|hitting (?:me|her|him|us|them|not)|violent (?:ex|man|husband|father|home)
scared of (?:him|her|his|her|dad|mum)|afraid of (?:him|her)|frightened of (?:him|her)|in front of the (?:children|kids|twins|girls|boys|baby)|got in between
he knows where|knows where (?:she|i) (?:lives?|am|is)|new address|do not (?:share|disclose)|not (?:to )?be (?:shared|disclosed|told)|address not to be|injunction
occupation order|non mol\w*|domestic abuse|domestic violence|dv|idva|management transfer
(?:broke|broken|split|bust) (?:her|his|my) (?:lip|nose|jaw|wrist|arm|rib|ribs|tooth)|lip split|black eye
(?:widow(?:ed|er)?|his late (?:wife|brother|mother|father)|her late|<p> (?:wife|husband|mother|father|mum|dad|brother|sister|partner|son|daughter|baby) (?:died|dying|passed|dead)|since (?:dad|mum|his wife|her husband|the funeral) (?:died|passed)|wife passed|husband passed|lost (?:his|her|my) (?:wife|husband|mum|dad|son|daughter|partner|brother|sister|baby)|grieving|widower)
never married|maternal (?:gran|grandmother|grandparents|aunt|uncle|family)|paternal (?:gran|grandmother|grandparents|aunt|uncle|family)|half (?:sibling|brother|sister)s?
step ?(?:dad|son|daughter|sister|brother)|adopted (?:son|daughter|child)|next of kin|lives at (?:his|her) (?:nan|mum|dad|sister|brother|gran)'?s?|in ?laws
arranged marriage|forced to marry|sham marriage|spouse visa
(?:son|daughter|sister|brother|mother|father|husband|wife|mum|dad|nan) (?:won't|wont|objects|refuses|wants|doesn't know|does not know|has moved back|has not been told|not spoken)
won't have (?:her|him) back|want (?:her|him) back|hasn't told (?:him|her|his|her|the|kev|anyone|mum|dad)|has(?:n't| not) (?:been told|told)|not told the children
girls have not been told|not been told|nobody (?:here )?knows|no one knows|promised (?:him|her)|married [0-9]+ years|together [0-9]+ years|trais (?:domestig|yn y cartref)
wedi gwahanu|wedi ysgaru|ysgariad|ei (?:gwr|gŵr|wraig|phartner|bartner|gyn bartner|chyn wr)
since (?:his|her|their|my) (?:dad|mum|father|mother|husband|wife|partner|parents) (?:left|moved|died|split|separated|went|walked)|having a (?:really )?hard time
never divorced|(?:was|is|been) living with (?:him|her|another|a|his|her)|separated since
(?:his|her) (?:mother|mum|father|dad|stepmother|stepfather|stepdad)'s (?:boyfriend|girlfriend|partner|new)|mother's boyfriend
saw (?:her|his) (?:stepfather|stepdad|ex|father|attacker)|mum doesn't know|dad doesn't know|parents don't know
(?:mum|dad|husband|wife|family|parents|manager) (?:doesn't|does not|don't|mustn't|must not) know|has not (?:visited|seen|spoken)|hasn't (?:visited|seen|spoken)
haven't spoken|not visited since|cut (?:him|her|them) out|disowned|(?:doesn't|does not|don't) get on|wants nothing to do|wants no contact|no contact order
he (?:won't|wouldn't|doesn't) let (?:her|me)|checks (?:her|my) phone|takes (?:her|my) money|controls (?:her|my|the)|scared what he|what he (?:did|does|might do)
she (?:left|is leaving|wants to leave) him|he (?:left|is leaving) her|went back to him|took him back|kicked out by|engaged to|second wife|first wife|third wife|bigam\w+
husband'?s (?:girlfriend|affair|other)|wife'?s (?:boyfriend|affair)|(?:girlfriend|wife|partner|daughter|she) is pregnant|baby'?s father|father of the (?:baby|child)
who the father|surrogate|sperm donor|adopted as|birth family|traced|half (?:brother|sister)|(?:her|his|my) fella|the ex|contact centre|weekends with
access to (?:the|his|her) (?:children|kids|son|daughter)|won't let (?:him|her) see|parental (?:dispute|alienation|conflict)|row with|blames (?:her|him|me)
moved (?:him|his girlfriend|her boyfriend|her new) in|(?:her|his) partner (?:controlled|controls|has gone|went|took|left|hits|is in|was)|gone off (?:with|to spain)
run off with|walked out|left (?:her|him) with|(?:nan|mum|dad|gran) says no|(?:nan|mum|dad|gran|sister) (?:has had enough|can't have|won't have|threw)|isn't aware
not aware of (?:the|his|her)|don't want (?:him|her|them) to know|ex is|ex has|ex won't|ex wants`, `
ex partner|divorce[d]?|separated|estranged|boyfriend|girlfriend|stepdad|stepfather|stepmother|next of kin|custody|marriage|affair|widow(?:er)?|cohabit(?:ing|s|ee)?
partner|birth (?:mother|father)|domestic|his wife|her husband|my husband|my wife|her ex|his ex|twins|his mum|her mum|her sister|his sister|his brother|her brother
her daughter|his daughter|his son|her son|his nan|her nan|my son|my daughter|ei (?:ferch|mab|fab|mam|thad|dad|chwaer|brawd)|aunt|uncle|living with|his aunt|fella|bloke
the sister|the brother|the son|the daughter|remarried|in laws|relationship|parents|his partner|her partner|ex`, `
husband|wife|divorce|siblings?|half brother|half sister|grandmother|nan|guardian|family|cousin|nephew|niece|husband|wife|son|daughter|gran|in law|argued|argument|rows?
shouting|crying|cried|neighbours?|friend|married|baby|funeral|the children|the kids|family home|mother|father|mum|dad`}

var wordsBehaviour = topic{Behaviour, `
<p> (?:behaviour|drinking|drug use|alcohol (?:use|misuse)|aggression|anger|outbursts|temper|addiction|school attendance|attendance at school|gambling|exclusion)
(?:excluded from (?:school|college|class)|permanently excluded|fixed (?:term|period) exclusion|truant(?:ing)?|abscond(?:s|ed|ing)?|went missing|goes missing|kick(?:s|ed|ing) off|lash(?:es|ed|ing) out|threaten(?:ed|ing|s) (?:to|staff|her|him|his|the|us|another|me|neighbours)|abusive (?:to|towards)|aggressive (?:to|towards|with|when|behaviour)|verbally abusive|physically aggressive|challenging behaviour|sexuali[sz]ed behaviour|sexual exploitation|cse|county lines|gang(?: involvement| affiliated|s? member)|radicali[sz](?:ed|ation)|prevent referral|channel panel)
(?:drink(?:s|ing)|drunk|using|smok(?:es|ing)|misus(?:es|ing)|addicted to|dependent on|dealing|relapsed(?: on)?) (?:heavily|heroin|cocaine|crack|cannabis|weed|drugs|alcohol|again|every day|daily|excessively|spice|too much)
alcohol(?:ic| dependen(?:t|ce|cy)| problem| misuse)|substance misuse (?:issues|problem|history|worker)|drug (?:problem|user|habit|addiction|test)
disciplinary (?:hearing|investigation|meeting|action|outcome)|gross misconduct|grievance (?:against|hearing|raised|from)|suspended from (?:work|duty|school)
dismissed (?:for|from)|final written warning|capability (?:hearing|procedure|meeting)|poor performance|performance improvement plan|anti ?social behaviour by
noise complaints? (?:about|against)|acceptable behaviour contract|poor attendance|disruptive in (?:class|school|lessons)|bull(?:ied|ying) (?:by|at|him|her)
smack(?:s|ed|ing)|slap(?:s|ped)|punch(?:es|ed)|strangl(?:ed|ing)|bruis(?:es?|ed|ing)|swore at|shout(?:s|ed|ing) at
refus(?:es|ed|ing) to (?:engage|attend|wash|eat|leave|take)|disengaged|not engaging|harassing
complaints? (?:from|about|against) (?:a|an|his|her|him|another|female|male|the)|calling (?:her|him|me|them) names|for dealing
(?:late|absent) (?:most|every) (?:days?|week)|poor timekeeping|inappropriate (?:comments|behaviour|touching|messages|relationship|language)|capability hearing
bit(?:es|ten)? (?:a|another|the|him|her|his|staff)|hit(?:s|ting)? (?:a|another|the|staff|out)|kick(?:s|ed|ing) (?:a|another|the|his|her|him)|set fire|fire setting|spat at
swear(?:s|ing) at|stole|stealing|(?:stinking|smell(?:s|ed|ing)) of (?:weed|alcohol|drink|cannabis)|turned up (?:drunk|intoxicated|high)
(?:is|was|been|appeared|seemed) (?:drunk|intoxicated|drinking|violent|abusive|aggressive|bullied|truanting|suspended)|refus(?:es|ed) to (?:go|let|speak|talk|answer|open)
an? allegation (?:was|has been|against)|allegations? (?:against|of)|suspended (?:pending|without|from)|screaming|meltdowns?|self neglect|racist (?:abuse|language|slur)
gambl(?:es|ing|ed)|attendance (?:is|was|has|at) [0-9]+|found with (?:cannabis|drugs|a knife|weed)|gets? angry|smashed|threw
(?:he|she|who|they|tenant|resident|patient) (?:has |had |was |is |also |then |often |again |once |twice |even )?(?:been |got |gets |become |became |turned |being )?(?:shouted|shouting|screamed|swore|swearing|spat|hit|punched|kicked|bit|slapped|threatened|threatening|abusive|aggressive|violent|drunk|intoxicated|naked|exposed (?:himself|herself)|stole|stealing|lied|lying|smashed|threw|chased|attacked|touched|groped|urinat\w+|begging|truanting|suspended|excluded|drinking|gambling|using|high|late (?:again|every|most)|crying and shouting|hostile|obstructive)
(?:break|broke|breaks|breaking) (?:the|his|her|a) (?:door|window|things|toys|phone|tv|furniture)|chased (?:a |the |him|her|staff|me)
with a (?:poker|knife|bat|bottle|hammer|machete)|wielding|brandish\w+|exposed (?:himself|herself)|touching (?:other|himself|herself|her|his|a)
sexual(?:ly)? (?:touch\w*|inappropriate|explicit|harass\w+|disinhibit\w+|assault\w*)|undressed from|found in bed with|unsuitable pictures|pornograph\w+|porn|sexting
indecent|nude (?:pictures|images|photos)|(?:nudes|dick pic)
(?:cannabis|cocaine|heroin|crack|ketamine|spice|mdma|drug|drugs|alcohol) (?:test|tests|use|user|misuse|habit|dealing|dealer|problem|issues|debt|debts|paraphernalia|on|in his|in her)
failed (?:a |the |two |his |her )?(?:cannabis |drug |breath |alcohol )?tests?|positive for (?:cocaine|cannabis|heroin|opiates|alcohol)|(?:found|finds|left) needles
needles|lads in and out|people in and out|comings and goings|drinking (?:in|since|again|heavily|at|every|from|too|all)
drink(?:s|ing) (?:in the morning|a bottle|heavily|too much)|breath test|over the limit|smell(?:t|ed|s|ing)? of (?:drink|alcohol|beer|cannabis)|hungover
alcohol (?:service|team|detox|worker)|final (?:written )?warning|written warning|on a final warning|verbal warning
(?:formal|disciplinary|grievance|appeal|capability|attendance) (?:hearing|meeting|outcome|investigation|panel|action|process|warning)|under investigation|dismissed
dismissal|sacked|resigned before|let go|bullying (?:complaint|allegation|by)|accused of|accusation|performance concerns|underperform\w+
poor (?:performance|attendance|timekeeping)|not coping with the job|attendance to date|attendance [0-9]+%|below [0-9]+% attendance|punctuality|fixed penalty for absence
permanently excluded|permanent exclusion|managed move|pupil referral unit|pru|fight(?:s|ing)? (?:with|at|in)|behaviour contract|asbo|cpn|community protection notice|asb
anti ?social behaviour|noise nuisance|nuisance (?:neighbour|tenant)|criminal behaviour order|closure order|warning marker|two crews|visit in pairs|go in pairs
potentially violent|pvp marker|violent marker|do not visit alone|unacceptable behaviour|banned from|asked (?:him|her) to stay away|(?:self )?neglect
refuses? (?:to )?(?:district nurse|help|all help|entry|access|support|treatment)|refused (?:entry|access|to)|won't engage|will not engage|non engagement|disengag\w+
did not attend|dna'?d|missed (?:her|his|three|two|all|every) appointments?|went missing|missing since|missing episode|absconded|runaway|ran away
sleeping (?:in|on) (?:the van|the|a|his|her) (?:car|van|doorway|street|sofa|shed|bench|floor)|sleeps in (?:the|a|his|her) (?:doorway|car|van|hall|chair|shed)|screams
tantrums?|angry outbursts?|come back very angry|at it again|kick(?:ed|ing|s)? off|(?:in|joined) a gang|carrying (?:a )?(?:knife|blade)|grievance
off more than (?:he|she) was in|money went missing|went missing from|float went missing|(?:till|cash) (?:was )?short|(?:stopped|until) when (?:he|she) left
would not (?:have|employ) (?:him|her)|wouldn't (?:have|employ) (?:him|her)|i would not (?:have|employ)|employ him again|employ her again
caught (?:stealing|smoking|with|on|in|him|her)|seen (?:drinking|begging|shouting|dealing|drunk|with)|turns? up (?:drunk|late|stoned)|stoned|off (?:his|her) face|on drugs
on the drink|drinks? (?:every|all|a lot|most|from)|bottle of (?:vodka|whisky|gin|cider)|smash(?:ed|ing)|(?:kicked|punched|damaged) (?:the|a) (?:door|wall|window)
(?:was|is|been|gets|got) (?:very |quite |really |verbally )?(?:rude|aggressive|abusive|nasty|threatening|violent|hostile|inappropriate)
inappropriate(?:ly)? (?:towards|with|to)|made (?:sexual|racist|inappropriate) (?:comments|remarks)|sexual (?:remarks|comments|advances)|touched (?:her|him|a|the)
complained (?:about|that) (?:him|he|she|her)|several complaints|formal complaint (?:about|against)|investigat(?:ed|ing|ion) (?:him|her|into|for)
informal (?:warning|action)|probation (?:failed|extended|not passed)|failed (?:his|her) probation|extended (?:his|her) probation|asked to leave|walked out|stormed out
burst into tears|lost (?:his|her) temper|temper|hurt (?:another|himself|herself|his|her)|hurting|scratched|pulled (?:her|his) hair|throwing (?:chairs|things)
threw (?:a|his|her|the)|runs? off|ran off|run off|climbed (?:on|out|the)|suspension|internal exclusion|reduced timetable|part time timetable|school refus\w+
refuses school|not attended since|truant\w*|vaping|caught with|phone confiscated|online with|talking to (?:men|strangers|a man|older)|sends? (?:nudes|pictures)|gang
county line|runner for|carr(?:ies|ied|ying) (?:a |drugs)|(?:second|third|fourth|another) breach|climbs out of (?:the )?windows|bites|hits out|no sense of danger|spits
won't sit|refuses to|can't be managed|beyond (?:parental )?control|running away`, `
behaviour(?:al)?|aggressive|aggression|violent|violence|abusive|drunk|drinking|alcohol|cannabis|cocaine|heroin|drugs|exclusion|excluded|suspended|misconduct|disciplinary
grievance|dismiss(?:ed|al)|truancy|bull(?:y|ied|ying)|missing|threat(?:s|ened)?|complaint(?:s)? (?:about|against)|shouted|swore|stealing|stole|knife|gang|asb|curfew
performance|warning|refus(?:ed|es|al)|naked|angry|rude|lied|caught|complained|allegation|swearing|fighting|punched|kicked|vodka|cider|weed|stolen|missing money|attendance
off sick|unreliable|late every`, `
drugs?|incident|complaint|threats?|bullying|late|absent|shouting|fight|argument|smoking|phone off|police|noise|mess|trouble|upset`}

var wordsHistory = topic{History, `
(?:case|social|family|medical|care|personal|employment|housing|offending|tenancy) (?:history|background)(?: of| for|:| -| includes?| shows?)
<p> (?:case|file|records?|history|background|past|childhood|upbringing|case notes?|immigration status|asylum claim|criminal past|ethnicity|religion|personnel file)
case (?:notes?|file|record|summary|conference|recordings?|chronology) (?:for|of|on|re|attached|about|:)|case notes?:|chronology (?:for|of)
previous(?:ly)? (?:referr(?:als?|ed)|concerns|placements?|incidents|involvement|known)
history of (?:abuse|violence|self harm|offending|mental|drug|alcohol|substance|neglect|non|missing|aggression|trauma|falls|homelessness|domestic|depression|anxiety|absconding|eviction|sexual|debt|dv)
long history (?:of|with)|background (?:is|to the case|information on|of neglect)|came into care|taken into care
since (?:he|she) was (?:a|\w+ years? old|placed|born|removed)|subject access request (?:from|by|for)|asylum seeker|no recourse to public funds|nrpf|leave to remain
refugee status|over ?stayed|deport(?:ed|ation)|rough sleep(?:ing|er)|homeless since|sofa surfing
victim of (?:abuse|trafficking|rape|domestic|assault|modern slavery|child)|sexual(?:ly)? (?:abuse[d]?|assault(?:ed)?)|was raped|traffick(?:ed|ing)
abused (?:by|as a child)|grew up in care|overstayed|no fixed (?:abode|address)|living rough|fleeing|lost (?:his|her) home|evicted from|in (?:a|the) refuge|detained at
age assessment|asylum (?:claim|support|application)|granted (?:asylum|refugee|leave)|arrived (?:by|in) (?:small boat|the uk)|adverse childhood|bereave(?:d|ment)
orphan(?:ed)?|served in|was adopted|<p> (?:late (?:husband|wife|mother|father)|asylum|visa|status|age is disputed)
(?:was|were|been) (?:held|detained|tortured|imprisoned|trafficked|raped|abused|beaten|groomed|abandoned|homeless|evicted|adopted|fostered|bereaved|widowed|made redundant|sectioned) (?:for|in|by|there|as|when|since|at|from|twice)
appeal rights exhausted|fresh claim|home office|asylum|nrm|refused in|section 95|section 4 support|refugee|right to remain|eu settled status|settled status
pre settled status|visa (?:expired|expires|overstay\w*|refused|status)|immigration (?:status|detention|enforcement|removal)|undocumented
illegal(?:ly)? (?:in|entered|working)|arrived (?:on|in|by|from) (?:a )?(?:lorry|boat|dinghy|small boat|kent|dover)|crossed from
from (?:eritrea|sudan|syria|afghanistan|iran|iraq|somalia|ukraine|albania|vietnam)|says he is 1[0-9]|age disputed|torture[d]?|freedom from torture|trafficking
modern slavery|speaks (?:tigrinya|arabic|pashto|dari|farsi|kurdish|sorani|somali|romanian|polish|urdu|albanian|vietnamese)|childhood (?:abuse|trauma|neglect|in care)
own childhood|as a child (?:he|she|was)|in care as a child|grew up in|care experienced|care leaver|ex (?:army|forces|offender|prisoner|miner)
served in (?:the )?(?:army|navy|falklands|iraq|afghanistan|northern ireland)|veteran|retired (?:miner|signalman|teacher|nurse|soldier|policeman|trumpet)
previous (?:address|partner|conviction|landlord|tenancy|children|child|pregnanc\w+|attempts?|overdoses?|admissions?|safeguarding|marriage|employer)|three previous
two previous|older children (?:were|removed|adopted)|historic(?:al)? (?:abuse|allegations?|concerns?|offences?)|non recent abuse|known since
long standing (?:history|problems?|concerns?)|over the years (?:he|she)
since (?:his|her|their) (?:wife|husband|mother|father|mum|dad|son|daughter|brother|stroke|fall|accident|discharge|release|divorce|separation|asylum|benefit|childhood)|hx
hx of|past medical|family history|background:|antecedents|caution not declared|previously (?:known|convicted|evicted|placed|married|in care|under|worked|lived|homeless)
in the nineties|in the (?:19)?[6-9]0s|years ago (?:he|she|when)|first disclosed|served [a-z]+ years|ethnicity|religion|first language|interpreter (?:required|needed)
ethnic origin|white (?:british|polish|irish|other)|black (?:african|caribbean|british)|asian (?:british|pakistani|bangladeshi)|gypsy|roma|jehovah'?s witness
practising muslim|church here|came from [a-z]+ (?:after|when|because|following)|came to (?:the )?uk|came here (?:after|when|because|from)|no english|little english
speaks? no english|doesn't speak english|english is (?:poor|limited)
arrived in (?:the uk|england|wales|march|april|may|june|july|august|september|october|november|december|january|february)
moved (?:here|schools|six times|around) (?:after|because|when|since)|been through (?:a lot|so much)|had a (?:hard|difficult|terrible) (?:life|childhood|time)
when (?:he|she) was (?:[0-9]+|a (?:child|baby|boy|girl|teenager)|little|young|in care|small|at school)
(?:was|were) (?:abused|molested|bullied|neglected|beaten) (?:by|as|at|when)|lost (?:his|her|both) (?:parents|mum|dad|job|home|licence|house|leg)
never (?:met|knew) (?:his|her) (?:father|dad|mother|mum)|(?:fifth|fourth|third|second) (?:placement|school|foster|family|baby|marriage|eviction|miscarriage|overdose)
previous(?:ly)? (?:lived|been|known|had|removed)|ten years ago|(?:two|three|four|five) years ago|in the past (?:he|she)|always been|has a (?:history|record|past)
past (?:trauma|abuse|offending|convictions)|ptsd from|ex(?: |-)?(?:serviceman|services|con)|army veteran|war|genocide|militia|taliban|smuggler|trafficker
domestic servitude|visa|brp|share code|home office (?:ref|refused|letter|decision|interview)|nationality|ethnic(?:ity)?:?|religion:?|language:
born in (?:poland|romania|somalia|syria|pakistan|india|jamaica|nigeria)|has nowhere|since (?:he|she) was born|since birth|not slept through`, `
history|background|homeless(?:ness)?|previous(?:ly)?|chronology|traumati[cs]ed|trauma|evicted|asylum seeker|refugee|interpreter|adopted|rough sleeping|sofa surfing
nationality|referrals?|allegations?|gorffennol|hanes|past|childhood|abroad|arrived|removed|years ago|since then|lost|survivor|victim of|country of`, `
case|concerns|records?|file|homeless|abuse|incident|before|earlier|again|used to|since|last year|born|grew up|moved|retired|former`}

var wordsCriminal = topic{Criminal, `
criminal (?:record|convictions?|history|proceedings)|possession with intent|intent to supply|drink drive|(?:weeks|months|years) suspended|suspended sentence|(?:check|dbs) came back|came back with content|blemished (?:dbs|disclosure)|disclosure shows
previous convictions?|spent convictions?|convicted (?:of|for|in)|conviction for|caution(?:ed)? for
(?:was|been|were|is|being) (?:arrested|cautioned|charged with|sentenced|jailed|imprisoned|remanded|convicted|bailed)|arrested (?:for|on|last|by)
charged with (?:assault|theft|possession|burglary|gbh|abh|fraud|criminal|affray|drink|drug|rape|murder)|on (?:probation|licence from|bail|remand|tag)|bail conditions
released from (?:prison|custody|hmp)|(?:in|from|at|to) hmp
<p> (?:offences?|conviction|probation officer|offender manager|sentence|dbs|dbs (?:check|certificate|disclosure)|bail|licence conditions|arrest|criminal record|court (?:case|date|hearing|appearance)|youth offending|yot worker)
dbs (?:disclosure|result|check) (?:shows?|showed|revealed|came back|has come back|disclosed|positive)|disclosed a conviction|positive disclosure|mappa|sex offender\w*
registered offender|schedule 1 offender|shpo|sexual harm prevention|community (?:order|payback)|suspended sentence|custodial sentence|youth offending (?:team|service)
referral order|probation (?:officer|service) (?:has|have|says|said|confirmed|told|for|report)|pre sentence report
police (?:were called|attended|came|arrested|log|have interviewed|interviewed|national computer|protection)|pnc check|section 136|under caution|interview under caution
assaulted (?:a|his|her|the|staff|another)|shoplifting|burgl(?:ed|ary of)|indecent images|stabb(?:ed|ing)|knife (?:in|to) school|carrying a knife|domestic incident
terrorism act|pleaded (?:not )?guilty|found guilty|served (?:a |[a-z]+ )?(?:sentence|months|years)|in prison|in custody|out of prison|bailed|was fined for
police (?:involvement|interview|investigation|bail|caution|record)|crime (?:ref|reference|number)|possession of (?:a |class|cannabis|drugs|an offensive|indecent)|gbh|abh
robbery|affray|arson
(?:he|she|who|father|dad|mum|mother|son|brother|brothers|husband|partner) (?:has |had |was |is |just |been )*(?:arrested|charged|convicted|sentenced|jailed|remanded|bailed|cautioned|in prison|inside|on remand|on tag|on licence|on bail|released from|came out of prison|out of prison|awaiting trial|wanted by)
awaiting trial|on trial|trial date|released on|on licence (?:in|until|for|since|after)|released (?:in|on|from)|came out of prison|sentence was
serving (?:a|[0-9]+|[a-z]+) (?:sentence|months|years)|recalled to|prison recall
breach(?:ed)? (?:of|his|her|the|bail|licence) ?(?:referral order|bail|licence|order|conditions|injunction)?|licence conditions|curfew|electronic tag|tagged|unpaid work
community order|yro|youth rehabilitation order|youth caution|conditional discharge|probation|offender manager|nomis|pnc|previous for|no previous|list of previous
offences? (?:against|of the same|involving|of violence|dating|under)|sexual offences?|sex offence|rape[d]?|raped|sexual(?:ly)? (?:assault|touching|harassment)
assault by beating|common assault|assault(?:ed|ing)? (?:on|his|her|him|a|an|the|my|ms|mr|mrs)|battery|actual bodily|grievous bodily|wounding|bladed article
offensive weapon|imitation firearm|firearm|robb(?:ed|ing|ery)|burglary|theft (?:from|of)|handling stolen|criminal damage|fraud by|false accounting|blackmail
harassment warning|stalking|malicious communications|indecent (?:exposure|images|assault)|possession (?:of|with intent)|pwits
supply(?:ing)? (?:class|drugs|cannabis|cocaine|heroin)|drink driv\w+|drug driv\w+|drunk in charge|disqualified from driving|penalty points|speeding (?:offence|conviction)
enhanced (?:check|disclosure) (?:shows?|showed|came|reveal\w+)|dbs (?:shows?|trace|came|is not|isn't|not) ?(?:clear|clean|blank)?|not blank|unspent|spent conviction
declared (?:a|his|her|the) conviction|common law disclosure|arrested|handcuff\w*|custody (?:suite|record|sergeant)|in (?:the )?cells
police (?:log|bail|station|custody|interview|checks?|took|found|called|arrested|investigat\w+)|called the police|reported to (?:the )?police|under arrest
magistrates'? (?:court|for|on)|crown court (?:for|on|trial|sentence|date)|court (?:on|next|for) (?:monday|tuesday|wednesday|thursday|friday|breach)|up in court
plead(?:ed|ing)? (?:not )?guilty|not guilty|acquitted|bail (?:address|refused|conditions)|approved premises|gang (?:related|member|affiliat\w+)|county lines
victim statement|victim personal statement|vps|restorative justice|first offence|first time entrant|criminal (?:past|charges?|offences?)|hmp [a-z]+|young offender|yoi
pre sentence|oasys|risk of serious harm|multi agency public protection|registered sex|sex offenders?(?: register)?|sopo|sex offences?|euogfarn|arestio|wedi'i arestio
carchar|heddlu|troseddol|(?:was|been|got|is|were) (?:sent down|put away|banged up|locked up|nicked|lifted|done for|inside|wanted|known to (?:the )?police)|sent down
known to (?:the )?police|done for|in and out of (?:prison|jail)|in jail|jailed|just out of (?:prison|jail)|due out|prison (?:visit|release|sentence|for)|release date
on the run|on remand|breached|on a tag|has a record|criminal record|a record for|fingerprint\w*|identity parade
police (?:have|has|are|were|came|rang|want|think|found|took|spoke|said|raid\w*|seized|warn\w*)|raided|warrant (?:for|out)
arrest(?:ed)? (?:last|yesterday|today|in|for|after|again)|court (?:last|next|today|tomorrow|on the|in|for|appearance|ordered|order against)|up before
charged (?:with|last|for)|pleaded|sentencing|community service|fined (?:for|£)|banned from driving|lost (?:his|her) licence for|drink driv\w*|stabb\w+|knife crime|weapon
gun|drug (?:deal\w*|driv\w*)|dealing (?:from|drugs|in|to)|growing cannabis|cannabis (?:plants|farm|factory)|stolen goods|fenc(?:ed|ing)|con(?:ned|man)|scammed
fraud(?:ulent|ster)? (?:claim|investigation|against)|embezzl\w*|rape|grooming (?:case|charge)|sex(?:ual)? (?:offences?|crime|predator)|paedo\w*|flash(?:ed|er|ing)
upskirt\w*|hate crime|racially aggravated|threats to kill|false imprisonment|kidnap\w*|manslaughter|murder\w*|perverting the course|perjury|contempt of court
in front of the bench|before the bench|third breach|second breach|bail address|back in court|court on|back inside`, `
police|arrest|court|conviction|prison|probation|offen(?:ce|ces|der|ding)|caution|bail|custody|sentence|assault|theft|fraud|dbs|crime|criminal|stabb(?:ed|ing)|solicitor
guilty|charged|complainant|victim|witness|sgt|officers attended|drugs|jail|inside|record|stolen|nicked|raid|warrant|tag|investigation|bench|breach`, `
arrest(?:ed)?|offen(?:ce|der|ding)|magistrates|judge|barrister|hearing|tribunal|statement|evidence|fine|fined|burgled|knife`}
