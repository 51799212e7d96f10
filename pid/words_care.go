package pid

// What is said of somebody's health and care.

var wordsHealth = topic{Health, `
diagnosed with|diagnosis of|<p> diagnosis
<p> (?:medication|condition|prognosis|symptoms|disability|illness|treatment|operation|surgery|seizures|epilepsy|dementia|depression|anxiety|cancer|diabetes|pregnancy|mental health|physical health|mobility|blood (?:test|pressure)s?|test results|scan results|biopsy|discharge summary|sick note|fit note|gp|consultant|psychiatrist|insulin|hiv|chemo(?:therapy)?|dialysis|asthma|autism|adhd|ehcp|ehc plan|memory|continence|health needs|medical (?:history|records?|condition|notes))
(?:is|was|been|be|being) (?:admitted|sectioned|hospitali[sz]ed|discharged from|detained under|referred to (?:camhs|the memory|psych|occupational health|hospital|a consultant|the (?:mental|community|crisis|pain|stroke|falls)))
suffer(?:s|ing|ed) (?:from|with)
(?:has|have|had|with) (?:type [12] diabetes|dementia|alzheimer'?s|parkinson'?s|epilepsy|schizophrenia|bipolar|cancer|copd|hiv|depression|anxiety|autism|asperger'?s|adhd|ptsd|multiple sclerosis|ms|a learning disability|learning difficulties|cerebral palsy|a stroke|a heart attack|a miscarriage|a breakdown|a brain tumour|hepatitis|angina|heart failure|asthma|a mental health|mental health (?:issues|problems|difficulties))
(?:he|she|they|who|mum|dad) (?:<be> |has been |had been )?(?:pregnant|incontinent|diabetic|autistic|epileptic|suicidal|depressed|terminally ill|bed ?bound|housebound|wheelchair user|hiv positive|unwell)
(?:taken|took) an overdose|overdosed|self harm(?:s|ed|ing)?|suicid(?:al|e attempt)|attempted suicide|psychotic(?: episode)?|sectioned under|under section [23]
mental health act|off sick with|signed off (?:work|sick)|prescribed
on (?:methadone|antidepressants|sertraline|insulin|warfarin|lithium|olanzapine|citalopram|fluoxetine|diazepam|donepezil|ritalin)|terminal(?:ly ill| illness| diagnosis)
palliative|end of life care for|miscarried|(?:had|after) a (?:fall|stroke|heart attack|hip replacement)|blood results|biopsy|tumour
occupational health (?:report|referral|assessment)|sickness absence (?:record|meeting|review)|long term sick|reasonable adjustments for <p>|dnacpr|hospital discharge
discharged home|lacks? capacity|capacity assessment|metastati[cs]\w*|chemotherapy|learning disabilit(?:y|ies) (?:team|nurse)|tested positive|non verbal
(?:has|having|had) (?:seizures|fits|panic attacks|hallucinations|flashbacks|blackouts|chest pains?|hearing loss|sight loss)
on (?:dialysis|oxygen|insulin|chemo|morphine|steroids)|heart (?:failure|attack|condition|bypass)|below knee amput\w+|amputee|wheelchair user|hysterectomy|registered blind
refus(?:es|ed|ing) (?:her |his |all )?(?:meds|medication|food|treatment|care)|low mood|off (?:his|her|their|my) (?:meds|medication|tablets)|panic attacks
waiting (?:list )?for (?:a |an )?(?:transplant|kidney|liver|hip|knee|operation|surgery|scan)|transplant list|covert medication
(?:want(?:s|ed)|threaten(?:s|ed|ing)) to (?:die|kill|end|harm|hurt)|sepsis|uti|delirium|catheter|stoma|pressure (?:sore|ulcer)s?|copd|fit note|sick note|hip replacement
knee replacement|(?:autism|adhd|dementia|memory|psychiatric|psychology|mental health|continence|mobility) assessment|in (?:hospital|a&e|intensive care|hospice)
(?:taken|rushed|went|admitted|readmitted) to (?:hospital|a&e|the ward)|seen at a&e|off work (?:with|since|for)|allerg(?:ic|y) to|wet(?:s|ting)? (?:the |her |his )?bed
soiled|(?:lost|losing) weight|not (?:eating|sleeping|coping|taking)|can't cope|cannot cope|struggling to cope|hears? voices|hearing voices|paranoid|relapse[ds]?|detox
rehab|withdrawal symptoms|(?:phased|graduated) return|clinically vulnerable|medically (?:fit|optimised)|nil by mouth|peg feed|oxygen at home|key safe|egg allergy
nut allergy|epipen|scan (?:results|shows?|showed)|blood pressure
<p> (?:tablets|meds|tumour|hip|knee|heart|leg|legs|back pain|stroke|fall|wound|weight|mood|hearing|eyesight|sight|catheter|periods|therapist|counsellor|psychologist|midwife|health visitor|community nurse|carers?|wheelchair|hospital (?:stay|appointment|admission)|appointment (?:at|with) the (?:clinic|hospital)|learning disability|learning difficulties|epilepsy|heart condition|heart failure|arthritis)
is (?:deaf|blind|frail|bedbound|disabled)
(?:he|she|they|who|mum|dad|nan|wife|husband) (?:<be> |has been |had been |is still |was also )?(?:confused|jaundiced|dying|bleeding|breathless|bedridden|doubly incontinent|intoxicated|very low|off (?:legs|food)|unwell|hallucinating|manic|psychotic|in remission|sedated|relapsing|hard of hearing|partially sighted|deaf|blind)
(?:gets|felt|feels|feeling) (?:very |so |really )?(?:low|suicidal|dizzy|breathless|confused|hopeless|anxious)|(?:weeks?|months?|wks?) (?:gone|pregnant|post partum)
<p> (?:biopsy|due date|miscarriage|waters|bump|pacemaker|prosthe\w+|hearing aids?|injection|depot|chemo|radiotherapy|transplant|amputation|stoma|bowels?|bladder|kidneys?|liver|lungs?|skin|breast|breathing|sleep|appetite|migraines?|arthritis|copd|dementia|alzheimer'?s|parkinson'?s|stroke|ms|mnd|autism|anorexia|eating disorder|ocd|ptsd|bipolar|schizophrenia|voices|paranoia|delusions?|panic attacks|self harm|overdose|black days|nerves|personal care)
(?:had|having|has|needs|needed|awaiting|for|after|following|underwent|undergone|undergoing) (?:a |an |his |her |their |another |major |emergency |further |more )?(?:mastectomy|lumpectomy|hysterectomy|vasectomy|colostomy|amputation|transplant|bypass|stent|pacemaker|miscarriage|abortion|termination|c section|caesarean|chemo|radiotherapy|biopsy|endoscopy|colonoscopy|mri|ct scan|x ray|ecg|surgery|operation|transfusion|dialysis|hip op|knee op|cataract|fall|falls|seizure|fit|tia|bleed|breakdown|relapse|psychosis|psychotic episode|panic attack|nervous breakdown|fracture|tumour removed)
mastectomy|herceptin|tamoxifen|sertraline|citalopram|fluoxetine|mirtazapine|olanzapine|quetiapine|risperidone|clozapine|lithium|methadone|buprenorphine|subutex|naltrexone
antabuse|donepezil|memantine|apixaban|warfarin|rivaroxaban|metformin|gliclazide|insulin dependent|ramipril|bisoprolol|amlodipine|furosemide|atorvastatin|nitrofurantoin
trimethoprim|amoxicillin|prednisolone|salbutamol|levothyroxine|thyroxine|oramorph|morphine|fentanyl|diazepam|lorazepam|zopiclone|midazolam|haloperidol|methotrexate
ritalin|methylphenidate|levetiracetam|carbamazepine|sodium valproate|lamotrigine|gabapentin|pregabalin|tramadol|codeine|co codamol|antipsychotics?|antidepressants?
syringe driver|bowel resection|appendicitis|jaundice|pacemaker|migraines|tuberculosis|slipped disc|prosthetic (?:leg|arm)|herpes|insomnia|colonoscopy|statins|down'?s syndrome
(?:breast|bowel|lung|prostate|ovarian|cervical|pancreatic|throat|skin|liver|brain|testicular|bladder|kidney|stomach|oesophageal|terminal|secondary|stage [1-4iv]+) cancer
(?:liver|lung|brain|bone|palpable|breast) (?:lesions?|mets|metastases|secondaries|lump)|palpable|2ww|two week wait|leukaemia|lymphoma|myeloma|melanoma|carcinoma|cirrhosis
hepatitis|pancreatitis|pneumonia|cellulitis|ulcerated|gangren\w+|necrotic|sciatica|osteoporosis|fibromyalgia|crohn'?s|colitis|coeliac|endometriosis|pre eclampsia
gestational|neck of femur|fractured (?:hip|neck|femur|wrist|skull|humerus|rib|ribs|pelvis|ankle|jaw|arm|leg)|fracture of
broken (?:hip|wrist|arm|leg|ankle|nose|jaw|rib|ribs|collarbone)|head injury|brain injury|spinal injury|acquired brain|quadripleg\w+|paraplegi\w+|hemipleg\w+
right sided weakness|left sided weakness|slurred|dysphagia|thickened fluids|pureed diet|hoist transfers?|needs two to|two to transfer|double handed|t[12]dm
ckd ?[1-5]?[ab]?|af on|cva|tia|mi in|nstemi|copd on|home oxygen|egfr|hba1c|troponins?|msu|ct head|on 1:1|mffd|medically optimised|pmh|pmhx|nkda|ttos?|doubly incont\w*
incont
(?:huntington'?s|motor neurone|mnd|down'?s syndrome|multiple sclerosis|muscular dystrophy|cerebral palsy|spina bifida|cystic fibrosis|sickle cell|korsakoff\w*|lewy body|vascular dementia|frontotemporal|tourette'?s|foetal alcohol|fasd|global developmental delay|personality disorder|eupd|bpd|ocd|anorexi[ac]|anorexia|bulimia|eating disorder|postnatal depression|post natal depression|ptsd|psychosis|schizoaffective|schizophreni[ac]|bipolar disorder|severe mental impairment|selective mut\w+)
cut(?:s|ting)? (?:himself|herself|themselves|her|his|on her|on his|again)|cut (?:her|his) (?:wrists?|arms?|thighs?)|(?:she|he)'?s cutting|ligature
tried to (?:hang|kill|end|jump)|hang(?:ed)? (?:himself|herself)|(?:end|ending|ended|take|taken|took) (?:his|her|their|my) (?:own )?(?:life|it all)
too many (?:tablets|pills)|stockpil\w+ (?:tablets|medication)|stopped taking (?:his|her|the|my|their)
(?:stopped|not|isn't|wasn't|hasn't been|refuses|refusing|forgets|forgetting) (?:eating|washing|sleeping|drinking|taking (?:his|her))|hidden (?:his|her) tablets
doesn'?t (?:know|recogni[sz]e) (?:him|her|me|what (?:day|month|year)|his|where)|no longer (?:knows|recogni[sz]es|able to)|did not (?:know|recogni[sz]e) me
wandering (?:at night|the|around|off)|wanders at night|in (?:her|his) nightie|in (?:her|his) (?:pyjamas|nightclothes)|bed wet|wet (?:himself|herself|bed|themselves)
the voices|voices (?:told|tell|are|again)|crisis team|memory clinic|home treatment team|cmht|early intervention in psychosis
under the (?:crisis|mental|memory|hospital|consultant)|community psychiatric nurse|cpn|community mental health|no (?:further )?(?:chemo\w*|active treatment)|end of life
anticipatory medicines|just in case (?:meds|medicines)|fast track chc|chc checklist|hospice at home|life limiting|months to live|days to live
(?:is|was|been) given (?:weeks|months)|it is cancer|it's cancer|is cancer|no heartbeat|early pregnancy unit|epu|antenatal|scan at [0-9]+ weeks|expecting (?:a baby|in|her)
(?:is|she's) expecting|wants? a termination|stillb\w+|stillborn|lost the baby|lost her baby|ivf|fertility treatment|sti clinic|gum clinic|chlamydia|gonorrhoea|syphilis
hiv|on prep|sexual health|physio|walks (?:indoors )?with (?:a|his|her)|walking frame|zimmer|strip wash|level access shower|commode|bath lift|hospital bed|profiling bed
air mattress|pressure sores?|grade [1-4] (?:sore|ulcer)|bed sores?|open ulcers|leg ulcers?|catheter care|continence pads|peg fed|nebuli[sz]er|cpap|tracheostomy
insulin pen|syncope|concussion|life expectancy|permanently incapable|permanent incapacity|unfit for work|not fit for work|ill health retire\w+|signed off|sick pay|ssp
sickness since|off with (?:stress|his|her|anxiety|depression|a|long covid|covid)|long covid|chronic fatigue|medical suspension|occ health|occupational health advice
lupus|gout|glaucoma|macular degeneration|cataracts|emphysema|bronchi\w+|thrombosis|dvt|embolism|aneurysm|hydrocephalus|meningitis|encephalitis|shingles|ulcerative
ibs|hernia|gallstones|kidney (?:stones|failure|disease)|an(?:a)?emi[ac]|haemophilia\w*|thalassaemia|thyroid|rheumatoid|osteoarthritis|duchenne|ataxia|narcolepsy|powerchair
ileostomy|colostomy|incontinent|psychotic|bowel (?:condition|disease|trouble)|heart (?:disease|surgery|operation)|liver (?:failure|disease|damage)|angina|atrial fibrillation
(?:dementia|hearing|sight) (?:is|has got) worse|respite care|sick leave|knee surgery|hip surgery|radiotherapy|neuropath\w+|lymphoedema|sarcoidosis|aspergers
rhag iselder|ar y cyffuriau|yn dioddef o|wedi cael diagnosis|iechyd meddwl|yn yr ysbyty|yn feichiog|wedi cael strôc|cyflwr meddygol|nam meddyliol|salwch
(?:just |back )?(?:out of|home from|back from|came out of|left) hospital|asd|asc diagnosis|moderate ld|severe ld|mild ld|with ld|sensory processing|paediatrician(?:'s)?
developmental delay|global delay|consultant (?:gives|says|said|thinks)|gives (?:her|him) (?:a |weeks|days|months)
(?:she|he)'?s (?:due|expecting|in labour|bleeding|dying|got cancer|been poorly|very poorly|really poorly|poorly|not well|ill|very ill|having a (?:baby|breakdown|really hard time|hard time))
due in (?:january|february|march|april|may|june|july|august|september|october|november|december)|lost (?:one|a baby|the baby|her last) (?:last|before|in)|morning sickness
(?:she|he) should be lifting|eczema|psoriasis|is infected|infection in|heart trouble|bad (?:chest|hip|back|knees?|heart|nerves)
with (?:her|his) (?:chest|nerves|heart|back|hip|breathing|waterworks|mental health|hands|eyes|legs)|stairlift|housebound
on (?:crutches|oxygen|a drip|steroids|medication for|tablets for|the waiting list|suicide watch)|i think (?:he|she)'s depressed
(?:he|she) seems? (?:very |really )?(?:low|depressed|down|confused|suicidal)|curtains shut|not (?:been )?(?:himself|herself)
fell (?:again|in the|out of|down|at home|twice)|had (?:another |a )?(?:fall|fit|funny turn|seizure|stroke|scan|wobble|episode|relapse|bleed)|funny turn|blue light(?:ed)?
999|ambulance (?:was|called|took|attended|came)|paramedics?|readmitted|bedbound|double incontinence|wears? pads|soiling|smear(?:s|ing) faeces|scabies|fleas|lice
hiv status|sexual dysfunction|menopaus\w+|hrt|fibroids|infertil\w+|sectioned|informal patient|section (?:2|3|17 leave|136|117)|tribunal (?:for|about) (?:his|her)|depot
care co ?ordinator|self medicat\w+|body dysmorphi\w+|binge\w+|purging|restrict(?:s|ing) (?:food|her|his)|bmi|dyslexi[ac]|dyspraxi[ac]|tics|stammer\w*|adhd meds|melatonin
selective mutism|glasses and hearing|hearing aids?|cochlear|guide dog|sight impaired|certificate of visual impairment|amput\w+|prosthesis|spinal|scoliosis|brittle bones
allergic reaction|anaphyla\w+|epi ?pen|coma|ventilat\w+|life support|brain (?:damage|bleed|tumour)|covid in|post viral|burn ?out|stress leave|off (?:with|sick)
been off (?:since|for|with)|can't work|unable to work|unfit|work capability|medical retirement|fit for work
medical (?:evidence|report|certificate|records) (?:for|of|from|shows?|states?)|wound (?:care|dressing)|district nurses? (?:visit|attend|come|came|said|say|report)|pendant
incontinence|memory (?:is|has|problems|loss)|getting (?:very )?(?:forgetful|confused|muddled)|muddled|doesn't remember|keeps forgetting
thinks (?:his|her) (?:wife|husband|mother|mum) is|(?:had|got|has had|awaiting|waiting for|bad|poor|blood|test|scan) (?:his|her|my|the) results
(?:had|got) (?:his|her) results|it has spread|it's spread|has spread|at the (?:marsden|christie|royal|infirmary|general|clinic|hospice)|still wears nappies|climbs out
cannot be left alone|can't be left alone|not slept|doesn't sleep|hasn't slept|in tears|broke down|breaking down
having (?:treatment|tests|chemo|a scan|an operation|surgery)|going in for|goes in for|under the knife|lump
<p> (?:results|tests|scan|cancer has|treatment has|operation is|drinking problem|nightmares|anger)|losing (?:his|her) (?:sight|hearing|hair|mind|memory)
given up on (?:life|herself|himself)|nothing to live for|won't last|not long left|last days|last weeks|going downhill|deteriorat(?:ed|ing)|in a bad way
not safe (?:at home|alone|to be)|can't walk|cannot walk|can't manage|unable to (?:walk|wash|dress|feed|speak|manage|cope)|fed by|spoon fed|changed twice
accidents (?:at night|weekly|most)|wets|soils|hits (?:his|her) head|bangs (?:his|her) head|rocks|no speech|speech delay`, `
dementia|alzheimer'?s|parkinson'?s|cancer|diabet(?:es|ic)|epilep(?:sy|tic)|asthma(?:tic)?|stroke|autis(?:m|tic)|adhd|bipolar|schizophrenia|arthritis|angina
incontinen(?:t|ce)|seizures?|miscarriage|overdose|capacity|adhd|send needs|ehcp|ehc plan|consultant psychiatrist|dialysis|amputation|blood (?:test|tests)|scan results
biopsy|hospice|bereaved|counsellor|counselling|wheelchair user|learning disability|learning difficult(?:y|ies)|depressed|suicidal|panic attacks?|nightmares|flashbacks
scars?|bruis(?:e|es|ed|ing)|injur(?:y|ies|ed)|black eye|split lip|nappy rash|underweight|malnourished|dehydrated|frail|diabetic|asthmatic|deaf|unwell|collapsed
unconscious|discharge(?:d)?|ward [0-9a-z]+|bed [0-9]+|mental impairment|nursing placement|prognosis|diagnosis|sertraline|tablets|medication|meds|tearful|very low|in pain
pain relief|anxiety|depression|stress|pregnan(?:t|cy)|her bump|midwife|health visitor|camhs|sick(?:ness)? absence|fit note|sick note|maternity leave|dementia gofal|canser
iselder|strôc|meddyginiaeth|meddyg teulu|ysbyty|poorly|infected|surgery|chemo|ms|ld|hearing|sight|weak(?:ness)?|dizzy|swollen|vomiting|rash|ulcers?|crutches
paediatric(?:ian|s)?|psychiatrist|psychologist|physio(?:therapy)?|therapist|therapy|relapse|recovery|out of hospital|mental health|special needs|disabled|disability
symptoms|blood|treatment|out of breath|bedside|consultant|dying|death|died|passed away|results|tumou?r|spread|nappies|sleepless|poor health|bad news|terminal`, `
asthma|hospital|ward|gp|clinic|psychiatr(?:ist|ic|y)|psycholog(?:ist|y)|therap(?:y|ist)|disab(?:led|ility)|illness|wheelchair|mobility|dosette|pain|falls|wound|nurse
carer|care home|sickness absence|health|fall|fell|fracture|bleeding|sore|limping|breathless|tired|exhausted|sleep(?:s|ing)?|weight|diet|eyesight|doctor|injection
operation|scan|specialist|crying|cried|wept|upset|distressed|frightened|scared|confused|forgetful|memory|smell|unwashed|unshaven|toilet|bathroom|bath(?:ing)?|oxygen|nurse
paramedic|ambulance|a&e`}

var wordsSocialCare = topic{SocialCare, `
known to (?:social services|social care|children'?s (?:services|social care)|adult social care|(?:the )?(?:service|department|team|authority|youth offending|yot|camhs|ourselves)|us since|mash)
(?:is|was|being|been|be|remains) (?:open to|a looked after child|looked after|in (?:foster )?care|in our care|accommodated under|taken into care|fostered|subject to (?:a |an )?(?:child protection|child in need|care|interim care|dols|guardianship|supervision)\w*)
child protection (?:plan|conference|concerns?|register|enquir(?:y|ies)|medical)|child in need (?:plan|meeting|review)|section 47|s\.?47|section 17|section 20
care proceedings|interim care order|care order|core group|placed (?:in|with) (?:foster|a foster|residential|emergency|her|his|their|kinship)|foster placement
placement (?:broke|breakdown|has broken|is at risk|with)|looked after (?:child )?review|lac review|pathway plan|contact with (?:mum|dad|his|her|birth|the birth|siblings)
supervised contact
<p> (?:social worker|care plan|care package|package of care|support plan|care needs|care assessment|support worker|key worker|keyworker|carers|needs assessment|personal budget|direct payments?|placement|foster carers?|pathway plan|safeguarding|home care|respite|day centre|support needs)
safeguarding (?:concern|alert|referral|enquiry) (?:about|for|regarding|re|raised|received|was|has|has been|made|in respect)
safeguarding concerns? (?:about|for|regarding|was|were|has|have)|(?:at|significant) risk of (?:harm|neglect|exploitation|abuse|significant harm)|significant harm
care (?:package|plan) (?:for|of|has|was|is)|package of care (?:for|is|was)|carer'?s assessment (?:for|of)|care act assessment|needs? assessment (?:for|of|was)
home (?:visit to|visit with|conditions)|social worker for|case (?:closed|allocated|transferred)|step(?:ped)? down to|no further action|nfa'?d|neglect(?:ed|ing|ful)?
self neglect\w*|hoarding|adult at risk|vulnerable adult|unborn baby|unaccompanied asylum|section 42|deprivation of liberty|dols|adoption (?:order|panel|medical)
special guardianship|best interests? (?:meeting|decision|assessor)|multi agency meeting|strategy (?:meeting|discussion)|team around the (?:child|family)
early help (?:assessment|plan) for|missing from (?:care|placement|home)|disclosed (?:that|to|abuse|sexual)|made a disclosure|private fostering|residential placement
respite (?:stay|placement|for)|standard authorisation|continuous supervision|urgent authorisation|viability assessment|special guardianship order|stage 2 complaint
home alone|left alone with|unsafe (?:home|sleeping)|no food in|(?:flat|house|home|bedroom) (?:is|was) (?:filthy|dirty|squalid|unsafe|cluttered)
(?:mum|dad|nan|gran|mother|father|sister|daughter|son) (?:can't|cannot|couldn't|won't|isn't|is not) (?:cope|coping|manage|managing)
(?:four|three|two|one|daily|double handed|double up|qds|tds|bd) (?:care )?(?:calls|visits|package)|calls? (?:a|per) day
(?:carers?|care) (?:came|come|comes|arrived?|didn't|missed|refused)|moving into (?:residential|a care|care)
(?:lives|living|live) (?:alone|with (?:his|her|their|mum|dad|nan|wife|husband))|contact (?:was|has been|is|with [a-z]+) (?:cancelled|stopped|supervised|suspended|reduced)
foster carers?|birth (?:mother|father|family|mum|dad)|in care since|continuing healthcare|concerns? about (?:her|his|him|mum|dad|the children|home|neglect)
unexplained (?:injur|bruis)\w+|(?:needs|need) (?:help|support|assistance) with (?:washing|dressing|personal care|eating|toileting|everything)|personal care
hospital social work\w*|(?:is|was|are|were|been|family|known|he's|she's) known to (?:us|the department|services|outreach|street outreach)|known to us
(?:child|children|baby|boy|girl|girls|boys|lad|son|daughter|kids?|siblings) (?:was|were|is|are|went|has been|have been|had been|being) (?:removed|placed|taken|accommodated|adopted|in care|into care|fostered|returned home)
went into care|into (?:foster|local authority|emergency) care|in foster (?:care|placement)|emotional abuse|physical abuse|sexual abuse|child in our care|cared for child
cla|cin plan|cpp|cp plan|icpc|rcpc|core assessment|parenting assessment|pre proceedings|plo meeting|public law outline|police protection|epo|emergency protection order
emergency bed|lado|s\.?42|s\.?117|section 117|section 9|care act|mca|mca1|best interests|lpa|lasting power of attorney|power of attorney|court of protection|deputy for
executive capacity|has capacity|have capacity|capacity (?:to|for|assessed|decision)|imca|advocate for
(?:carers?|care agency|agency|package) (?:rang|report(?:ed|s)?|say|said|found|stopped|handed|gave notice|can't|unable|arrived to find|quit)
letting (?:the|her|his) (?:morning |evening )?carers? in|won't let (?:the )?carers|refus(?:es|ed|ing) (?:the )?carers?
(?:morning|evening|lunch|tea|bed|night) (?:call|calls|carers|carer|visit)|(?:am|pm|lunch) call|reablement|rapid response|intermediate care|discharge to assess|d2a
pathway [123]|step down bed|nursing (?:placement|home placement)|residential (?:care|home) (?:for|placement)|self fund(?:er|ing)?|may self fund|funding panel for
brokerage|personal assistant|respite for|carer breakdown|carer strain|(?:gave|given|giving) up (?:work|her|his) (?:job|post|to care)
(?:does|do|doing) all (?:her|his|their) (?:care|personal care)|sole carer|main carer|young carer|looks after (?:her|his|mum|dad)|look after (?:mum|dad|her|him)
stays? (?:at )?home to look after|unable to care for|willing to (?:have|take) (?:him|her|them|both|the)|no one to (?:look|care)|rats in|rat droppings
no (?:heating|electric(?:ity)?|gas|food) in|out of date (?:food|mince|milk)|clutter (?:image )?rating|hoard(?:s|ed|er)|human waste|faeces|urine|squalor|filthy
dirty nappies|nappies|unkempt|dishevelled|unwashed clothes|head ?lice|same (?:clothes|jumper)|malnourish\w+|left (?:home )?alone|locked in|locking (?:the|her|him)
locked (?:her|him|them) in|bolt on|telecare|falls pendant|pendant alarm|lifeline pendant|door sensor|key ?safe|no one (?:visits|comes)|social(?:ly)? isolat\w+|lives alone
alone at home|financial exploitation|cuckoo(?:ed|ing)|mate crime|modern slavery|exploited by|being exploited|groomed|grooming|older boyfriend
inappropriate (?:relationship|contact)|letterbox contact|contact session|contact with (?:his|her|their)|after contact|(?:foster|prospective) (?:family|adopters?)
fifth family|placement move|placement request|out of area placement|secure accommodation|secure order|semi independent|supported accommodation|unregistered placement
s\.?20|edt|emergency duty team|out of hours placement|unaccompanied|uasc|school refuser|not been seen|no access visit|no reply at
visited (?:her|him|them|the family|mum|on)|home visit|seen alone|spoke to (?:her|him|mum|dad|the child)|wishes and feelings
told (?:the|his|her|me|us) (?:teacher|nurse|school|health visitor|learning mentor|social worker|keyworker|support worker)|disclos(?:ed|ing|es|ure)
passed (?:it|that|this) on|dash form|barnardo'?s|nspcc|paying privately|attendance allowance|blue badge for|taxicard|disabled facilities grant|dfg
gwasanaethau cymdeithasol|gweithiwr cymdeithasol|cynllun gofal|amddiffyn plant|diogelu|cam drin|camdriniaeth|yn derbyn gofal|plentyn mewn angen|gofal maeth|asesiad gofal
gofalwyr? (?:di-dâl|maeth)|(?:won't|wouldn't|doesn't|didn't|would not) (?:let (?:me|us|anyone|them|him|her)|answer the door|open the door|come to the door)
shout through the letterbox|because of him|lives? with (?:an? )?(?:aunt|uncle|nan|gran|sister|brother|friend|grandparents?|foster|older)
(?:aunt|uncle|nan|gran|sister|brother|grandparents?) (?:has|have|is|are) (?:stepped in|looking after|caring|agreed)|out of school|not in school|missing education
elective home education|home educated|children missing|private arrangement|kinship|sgo|connected person|reg 24|taken into (?:\w+ )?(?:court|house|lodge|home|care)
went into (?:a |the )?(?:home|residential|nursing|hospice|respite)|in a (?:care|nursing|residential) home|care fees|full fee|top up|charged (?:for|the full)
free for six weeks|discharged (?:to|into|from|with|home)|no one at home|nobody at home|lives on (?:his|her) own|on (?:his|her) own (?:since|with|in|now)|living off
sleeping (?:rough|on)|sofa|two rooms above|overcrowded|[0-9]+ of (?:us|them) in|cramped|mouldy?|damp is|no (?:bed|beds|cot|clothes|coat|shoes|hot water|carpet)|hungry
turned up (?:in|without|with|at)|comes to school (?:without|hungry|dirty|tired)|collected (?:late|by)|bruise on|marks? on (?:his|her|the)
said (?:mum|dad|daddy|mummy|his|her|stepdad)|told (?:me|us|staff) (?:that )?(?:mum|dad|daddy|mummy|he|she|his|her|stepdad)
asked (?:me|us) (?:not to|to keep|if she could|if he could)|doesn't want to go home|scared to go home|won't go home
parents? (?:refus\w+|den(?:y|ied)|separated|are gutted|won't)
mum (?:said|says|rang|called|phoned|told|wants|admits|refuses|denies|asked|was|is|has|had|won't|can't|thinks)
dad (?:said|says|rang|called|phoned|told|wants|admits|refuses|denies|asked|was|is|has|had|won't|wouldn't|can't|thinks)
(?:daughter|son|niece|nephew) (?:rang|says|said|reports?|called|phoned|is worried|lives|visits|wants|asked|manages|has poa|pays|took)
anonymous (?:caller|letter|call|referral|tip)|anon (?:caller|letter|call)|caller (?:says|said|states|reports|sounded|is)|tip off|nowhere (?:to go|else|to live)
got nowhere|has nowhere|had enough|(?:nan|mum|dad|gran|sister|mother|aunt) has had enough|throwing (?:him|her) out|won't take (?:him|her|them)|any beds
bed for (?:him|her|tonight)|nothing in the (?:cupboards?|fridge|house)|empty (?:cupboards?|fridge)|two under fives|under fives
(?:three|four|five|two) (?:children|kids) under|no one to turn to|climbs out of windows|until (?:he|she) is ready|home isn't aware|pronouns|he/him|she/her|they/them
preferred name|name change|known as [a-z]+ at school|(?:he|she) (?:is|was) found (?:wandering|alone|outside|in|on|by)|hasn't been (?:seen|fed|washed|collected|in school)
dropped off with|left with (?:a )?(?:neighbour|stranger|friend|us)`, `
social worker|safeguarding|foster(?:ed|ing)?|looked after|care plan|care package|respite|placement|vulnerab(?:le|ility)|neglect(?:ed)?|abuse[d]?|at risk|carers?
support worker|key worker|adoption|adopted|adopters|social services|children'?s services|strategy meeting|case conference|mash|early help|home conditions|hospital team
unborn|care leaver|gofalwr|gofal|referral from|her mum|his mum|his dad|her dad|mum'?s|dad'?s|keyworker|chaotic|struggling|can't manage|not managing|no family|no friends
crisis|unsafe|risk|harm|concerns?|aunt|grandparents|nowhere|wandering|abandoned|emergency|desperate`, `
social care|support plan|home care|direct payments?|needs assessment|family support|service user|assessment|review|referral|visit|visited|worried about|worried
concerned about|alone|isolated|neighbour|warden|family|children|kids|siblings|contact|panel|assess(?:ed|ing)?|capacity|placed|support|needs`}
