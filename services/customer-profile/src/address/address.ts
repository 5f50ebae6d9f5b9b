/** The parts of an address that identify a home, in one spelling. */
export interface HomeAddress {
  /**
   * City, district, road and number, estate with its phase, building; undefined if the text names no place that precise, or
   * the city is known from nowhere: roads of one name are in every city.
   */
  building: string | undefined;
  /** The building with unit and door; undefined without a door. */
  door: string | undefined;
}

/** City of an address that omits it, from other data. */
export interface AddressHints {
  city?: string | undefined;
  district?: string | undefined;
  /** City of a district whose name no other city has. */
  cityOfDistrict?: ((district: string) => string | undefined) | undefined;
}

const CHARS_MAX = 300;
const DIGITS = new Map(Array.from('〇一二三四五六七八九', (character, value) => [character, value]));
DIGITS.set('零', 0);
DIGITS.set('两', 2);
/** After a numeral in words, these mark a number, not a part of a name such as 三好街. */
const COUNTED = '号|栋|幢|座|单元|室|层|楼|期|弄|巷|门|户|房|组';

/**
 * One spelling of a Chinese address, from large to small: 省 市 区 (街道) 路 号 小区 期 栋 单元 室. Users omit the
 * upper levels, write 栋, 幢, 座, 号楼 or a dash for the same thing, digits in three ways, and blanks anywhere. City and
 * district are part of the result, from the text or else from the hints. Two texts of one home give one result; texts of
 * two homes give two as long as they differ in more than spelling.
 */
export function homeOf(text: string, hints: AddressHints = {}): HomeAddress {
  const upper = splitUpper(plainText(text), hints);
  const road = splitRoad(upper.rest);
  const home = splitHome(road.rest);
  const isPlaced = home.building !== '' || (road.name !== '' && road.number !== '');
  const { city } = upper;
  if (!isPlaced || city === '') return { building: undefined, door: undefined };
  const building = [city, upper.district, road.name, road.number, home.estate, home.building].join('|');
  return { building, door: home.door === '' ? undefined : [building, home.unit, home.door].join('|') };
}

/** One width, no blanks, one dash, numerals in digits. */
function plainText(text: string): string {
  return text
    .slice(0, CHARS_MAX)
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[—–−~_﹣]/g, '-')
    .replace(/[\s,.，。、;；:：·'"“”()（）[\]【】]/g, '')
    .replace(new RegExp(`[〇零一二两三四五六七八九十百]+(?=${COUNTED})`, 'g'), (words) => String(numberOfWords(words)));
}

/** 二〇一 is 201, 十二 is 12, 一百零三 is 103. */
function numberOfWords(words: string): number {
  if (!/[十百]/.test(words)) return Number(Array.from(words, (word) => DIGITS.get(word)).join(''));
  let total = 0;
  let digit: number | undefined;
  for (const word of words) {
    if (word === '百' || word === '十') {
      total += (digit ?? 1) * (word === '百' ? 100 : 10);
      digit = undefined;
    } else {
      digit = DIGITS.get(word)!;
    }
  }
  return total + (digit ?? 0);
}

const CITY = /^[^\d路街区县]{1,8}?(?:市(?![场民政府])|自治州|地区)/;

/** Behind the name of a city, this makes it the name of a road, such as 大连路. */
const NAMES_ROAD = /^[东西南北中]?(?:大街|大道|路|街|道|巷|胡同|里)/;

/** Takes country and province off, and city and district out; a city at county level is the district of its city. */
function splitUpper(text: string, hints: AddressHints): { city: string; district: string; rest: string } {
  let rest = text.replace(/^中国/, '').replace(/^[^\d路街]{2,8}?(?:省|自治区|特别行政区)/, '');
  const knownCity = cityName(hints.city);
  const knownDistrict = (hints.district ?? '').normalize('NFKC').trim();
  const told = CITY.exec(rest)?.[0] ?? '';
  let city = '';
  if (told !== '' && (told !== knownDistrict || knownCity === '')) {
    city = cityName(told);
    rest = rest.slice(told.length);
  } else if (knownCity !== '' && rest.startsWith(knownCity) && !NAMES_ROAD.test(rest.slice(knownCity.length)))
    rest = rest.slice(knownCity.length);
  const named = /^[^\d路街巷]{1,7}?(?:自治县|(?<![小社园校片厂院])区|县|旗)/.exec(rest) ?? CITY.exec(rest);
  const district = named === null ? knownDistrict : named[0];
  if (named !== null) rest = rest.slice(district.length);
  if (city === '') {
    const cityOfDistrict = cityName(hints.cityOfDistrict?.(district));
    // who moved to another city may omit it: the district of the text is more specific than the city of the customer
    city = named === null || cityOfDistrict === '' ? knownCity || cityOfDistrict : cityOfDistrict;
  }
  return { city, district, rest: rest.replace(/^[^\d路]{1,6}?街道(?:办事处)?/, '') };
}

/** 沈阳市 and 沈阳 are one. */
function cityName(text: string | undefined): string {
  return (text ?? '')
    .normalize('NFKC')
    .trim()
    .replace(/(?<=.{2})(?:市|地区|自治州)$/, '');
}

/** A number that is followed by 楼 or by nothing but a door belongs to a building, not to the road. */
const ROAD = /^(.{1,14}?(?:大街|大道|路|街|道|巷|胡同|里|条))(?:(\d+(?:-\d+)?)(?:号院?(?!楼)|弄))?/;

function splitRoad(text: string): { name: string; number: string; rest: string } {
  const found = ROAD.exec(text);
  if (found === null) return { name: '', number: '', rest: text };
  return { name: found[1]!, number: found[2] ?? '', rest: text.slice(found[0].length) };
}

const HOME = new RegExp(
  '^(?<estate>.*?)' +
    '(?:(?<building>[A-Z]?\\d+|[A-Z])(?:号楼|栋|幢|座|#楼?|号(?=\\d)))?' +
    '(?:(?<unit>\\d+|[A-Z])(?:单元|门|梯))?' +
    '(?:(?<floor>\\d+)(?:层|楼))?' +
    '(?:(?<door>[A-Z]?\\d+[A-Z]?)(?:室|号|户|房间?)?)?$',
);

function splitHome(text: string): Record<'estate' | 'building' | 'unit' | 'door', string> {
  const spelled = text
    .replace(/(\d+)-(\d+)-(\d+)(?:室|号|户)?$/, '$1栋$2单元$3室')
    .replace(/(栋|幢|座|号楼)(\d+)-(\d+)(?:室|号|户)?$/, '$1$2单元$3室')
    .replace(/(\d+)-(\d+)(?:室|号|户)?$/, '$1栋$2室')
    .replaceAll('-', '');
  const found = HOME.exec(spelled)!.groups!;
  const { floor, door } = found;
  const isShort = door !== undefined && floor !== undefined && door.length < 3;
  return {
    estate: found['estate'] ?? '',
    building: withoutZeros(found['building']),
    unit: withoutZeros(found['unit']),
    door: withoutZeros(isShort ? floor + door.padStart(2, '0') : door),
  };
}

function withoutZeros(text: string | undefined): string {
  return (text ?? '').replace(/^([A-Z]?)0+(?=\d)/, '$1');
}
