/**
 * Words and phrases that comments, texts and documents here do without, with what to write instead. A legitimate use is
 * in `allow`, with its reason. `names` matches in code and file names, too. Patterns ignore case; a space in them matches
 * any white space.
 *
 * @typedef {object} Allowed
 * @property {string} [files]  a glob: the word is right in these files
 * @property {RegExp} [phrase]  the word is right within this phrase
 * @property {string} reason
 *
 * @typedef {object} Word
 * @property {string} word  its name in the baseline
 * @property {RegExp} pattern
 * @property {string} use  what to write instead
 * @property {RegExp} [names]
 * @property {Allowed[]} [allow]
 */

const PERSON = String.raw`(?:customer|subscriber|person|people|agent|operator|user)s?(?: who)?(?: \w+)?`;
const BY_PERSON = 'a person does it, not code or data';
const TO_AGENT = { files: 'services/campaign/src/script/words-*.ts', reason: 'instructions for a conversation' };

/** @type {Word[]} */
export const words = [
  // Persons without a role.
  { word: 'somebody', pattern: /\bsomebody\b/, names: /somebody/, use: 'the role: a customer, an agent, a caller' },
  {
    word: 'nobody',
    pattern: /\bnobody\b/,
    names: /nobody/,
    use: 'the role, or passive: no customer, is never called',
    allow: [{ files: 'tools/embedded-postgres.mjs', reason: 'name of a system user' }],
  },
  { word: 'everybody', pattern: /\beverybody\b/, names: /everybody/, use: 'all customers, every user' },
  { word: 'whoever', pattern: /\bwh(?:oever|omever)\b/, names: /whoever/, use: 'the role: the caller, a reader that' },
  { word: 'whom', pattern: /\bwhom\b/, use: 'the noun: the customer that' },
  {
    word: 'he',
    pattern: /\b(?:he|him|his|himself|she|her|hers|herself)\b/,
    use: 'the role, or they',
    allow: [{ phrase: /He Ping/, reason: 'a name' }],
  },

  // Terms of the field.
  {
    word: 'left alone',
    pattern: /\b(?:left|leave|leaves|leaving) (?:\w+ )?alone\b/,
    names: /left_?alone/,
    use: 'in the control group, held out',
  },
  { word: 'no-action', pattern: /\bno[- ]action\b/, names: /no_?action/, use: 'control group' },
  {
    word: 'by lot',
    pattern: /\b(?:by|the|a|draws?|drew|drawn) lots?\b(?! of)/,
    names: /(?:draw|judge|by)_?lots?\b/,
    use: 'randomisation, at random',
  },
  {
    word: 'neighbour',
    pattern: /neighbou?r/,
    names: /neighbou?r/,
    use: 'service client (of a service); adjacent, next (of the rest)',
    allow: [{ phrase: /neighbour cells?/, reason: 'term of radio networks' }],
  },
  {
    word: 'drawn',
    pattern: /\b(?:drawn?|draws|drew|drawing)\b/,
    use: 'assign, randomise (arms); build (lists); sample (rows); write (extracts)',
    allow: [
      {
        phrase:
          /(?:random|normal|uniform|independent) draws?|draws? (?:of a|from a) (?:random|normal|uniform|distribution)/,
        reason: 'term of statistics',
      },
    ],
  },
  { word: 'cut', pattern: /\bcuts?\b(?!-| off)/, use: 'as-of time; truncate, split' },
  {
    word: 'who left',
    pattern: /\b(?:who|customers?|subscribers?) (?:then |had )?(?:left|leaves?)\b|\bleavers?\b/,
    use: 'churned, churner',
  },
  { word: 'left out', pattern: /\b(?:left|leave|leaves|leaving) (?:\w+ )?out\b/, use: 'excluded, omitted' },
  { word: 'planted', pattern: /planted/, names: /planted/, use: 'synthetic' },
  { word: 'made-up', pattern: /\bmade[- ]up\b/, use: 'synthetic, simulated' },
  { word: 'breath', pattern: /\bbreath/, names: /breath/, use: 'yield to the event loop' },
  { word: 'patience', pattern: /patience/, names: /patience/, use: 'timeout, retry window' },
  { word: 'courts', pattern: /\bcourts\b/, use: 'targets' },

  // Code and data as persons.
  {
    word: 'says',
    pattern: /\b(?:says?|said|saying)\b/,
    use: 'states, contains, shows, reports, specifies',
    allow: [{ phrase: new RegExp(`${PERSON} (?:says?|said)`), reason: BY_PERSON }, TO_AGENT],
  },
  {
    word: 'tells',
    pattern: /\b(?:tells?|told|telling)\b/,
    use: 'shows, reports, notifies; distinguishes (tells apart)',
    allow: [{ phrase: new RegExp(`${PERSON} (?:tells?|told)`), reason: BY_PERSON }, TO_AGENT],
  },
  {
    word: 'asks',
    pattern: /\b(?:asks?|asked|asking)\b/,
    use: 'requests, queries, calls, reads',
    allow: [{ phrase: new RegExp(`${PERSON} (?:asks?|asked)`), reason: BY_PERSON }, TO_AGENT],
  },
  {
    word: 'knows',
    pattern: /\b(?:knows|knew)\b/,
    use: 'has, stores, holds',
    allow: [{ phrase: new RegExp(`${PERSON} (?:knows|knew)`), reason: BY_PERSON }],
  },
  {
    word: 'wants',
    pattern: /\b(?:wants?|wanted|wishes)\b/,
    use: 'needs, requires, requests',
    allow: [{ phrase: new RegExp(`${PERSON} (?:wants?|wanted|wishes)`), reason: BY_PERSON }],
  },
  {
    word: 'hears',
    pattern: /\b(?:hears?|heard|hearing)\b/,
    use: 'receives, is notified of',
    allow: [{ phrase: new RegExp(`${PERSON} (?:hears?|heard)`), reason: BY_PERSON }],
  },
  { word: 'speaks', pattern: /\bsp(?:eaks?|oke|oken)\b/, use: 'uses, sends, supports' },
  { word: 'stands', pattern: /\b(?:stands?|stood|standing)\b(?! for| in for|-alone)/, use: 'is, is listed, is stored' },
  {
    word: 'lies',
    pattern: /\b(?:lies|lie|lay|lying)\b(?! (?:between|inside|outside|within|below|above|before|after)\b)/,
    use: 'is, is stored, is located',
  },
  {
    word: 'is there',
    pattern:
      /(?<=[\w,)] )\b(?:is|are|was|were|be|been|being) (?:already |still |not )?there\b(?= (?:already|yet|once|when|before|and|or|but|in|for|to|as|from|with)\b|[.,;:)])/,
    use: 'exists, is present, is stored',
  },
  { word: 'bears', pattern: /\b(?:bears?|bore|borne)\b/, use: 'has, contains' },
  {
    word: 'takes for',
    pattern: /\b(?:takes?|took|taken) (?:\w+ ){1,3}for (?!each|every|the first|a while)/,
    use: 'treats as',
  },
  { word: 'honest', pattern: /\bhonest(?:ly|y)?\b/, use: 'unbiased, observable, correct' },
  { word: 'becomes of', pattern: /\b(?:becomes?|became) of\b/, use: 'happens to' },

  // Words of another time.
  { word: 'anew', pattern: /\banew\b/, use: 'again' },
  { word: 'beside', pattern: /\bbesides?\b/, use: 'next to, in addition to, also' },
  { word: 'upon', pattern: /\bupon\b/, use: 'on' },
  {
    word: 'lest',
    pattern:
      /\b(?:lest|hitherto|henceforth|thereof|whereof|wherein|therein|thereby|whereby|whence|thence|hence|ere|whilst|amongst|alas|nought|aught|shall)\b/,
    use: 'the everyday word',
  },
  { word: 'of its own', pattern: /\bof (?:its|their|his|your|our) own\b/, use: 'its own X, a separate X' },
  {
    word: 'is no',
    pattern:
      /(?<!\b(?:there|it|that|this|what|which) )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|later\b|earlier\b|matter\b|different\b|other\b|better\b|worse\b|greater\b|smaller\b|larger\b|fewer\b|one\b)[a-z]+/,
    use: 'is not a X',
  },
  { word: 'is none of', pattern: /\b(?:is|are|was|were) none of\b/, use: 'is not one of' },
  { word: 'made it true', pattern: /\bmade (?:it|them|this|that) true\b/, use: 'caused it' },
  { word: 'times over', pattern: /\btimes over\b/, use: 'times' },
  { word: 'as of then', pattern: /\bas of then\b/, use: 'point-in-time, at that time' },
  { word: 'foot of', pattern: /\b(?:at the|to the) (?:foot|head) of\b/, use: 'at the end (start) of' },
  {
    word: 'a month',
    pattern:
      /\b(?:\d[\d.,]*|CNY|yuan|[KMG]B|minutes|calls|contacts|requests|rate|price|fee)(?: (?!(?:in|of|on|at|by|to|for|from|is|before|after|within|than|over|and|or|as|a)\b)\w+){0,2} an? (?:second|minute|hour|day|week|month|year)\b/,
    use: 'per month',
  },
];
