import { scatter } from '../randomness/scatter.js';
import { Purpose, type Stream } from '../randomness/stream.js';
import { CITIES, DISTRICTS } from './geography.js';

/**
 * Every name and street begins with this rare character, so that leaks are searchable and no name belongs to a real
 * person.
 */
export const NAME_MARK = '孪';

/** Numbers have 15 digits and this prefix. Chinese mobile numbers have 11 digits, so none of these is diallable. */
const NUMBER_PREFIX = '1990000';
const NUMBER_DIGITS = 8;

const SURNAMES = Array.from('王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧');
const GIVEN = Array.from(
  '伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国玉兰文辉梅鑫宇浩欣怡子涵梓轩雨晨佳琪思远',
);
const STREETS = '南京街 中华路 青年大街 文化路 长江路 人民路 中山路 黄河路 解放街 胜利路 和平街 延安路'.split(' ');
const TRADES = '商贸 科技 物流 餐饮 装饰 机械'.split(' ');
const ESTATES = '花园 家园 新村 雅居 名邸 小区 公寓 华府'.split(' ');

export function personName(stream: Stream, person: number): string {
  const random = stream.at(Purpose.name, person);
  const given = random.chance(0.75) ? random.pick(GIVEN) + random.pick(GIVEN) : random.pick(GIVEN);
  return NAME_MARK + random.pick(SURNAMES) + given;
}

export function firmName(stream: Stream, firm: number): string {
  const random = stream.at(Purpose.name, firm, 4);
  return `${NAME_MARK}${random.pick(GIVEN)}${random.pick(GIVEN)}${random.pick(TRADES)}有限公司`;
}

export function officeAddress(stream: Stream, firm: number, district: number): string {
  const random = stream.at(Purpose.name, firm, 5);
  return `${streetAddress(random, district)}${1 + random.below(30)}层`;
}

export function communityName(stream: Stream, community: number): string {
  const random = stream.at(Purpose.name, community, 1);
  return `${NAME_MARK}${random.pick(GIVEN)}${random.pick(GIVEN)}${random.pick(ESTATES)}${(community % 97) + 1}期`;
}

/** In the form of the register; tenants share it. */
export function homeAddress(stream: Stream, household: number, district: number, estate: string): string {
  const random = stream.at(Purpose.name, household, 2);
  const street = streetAddress(random, district);
  const home = `${1 + random.below(24)}栋${1 + random.below(4)}单元${1 + random.below(28)}0${1 + random.below(4)}室`;
  return `${street}${estate}${home}`;
}

function streetAddress(random: Stream, district: number): string {
  return `${cityName(district)}${DISTRICTS[district]!.name}${NAME_MARK}${random.pick(STREETS)}${1 + random.below(180)}号`;
}

const WORDS = Array.from('零一二三四五六七八九');
const FULL_WIDTH = 0xfee0;

/** Spellings of an address; all but the last identify the same door. */
const SPELLINGS: readonly ((address: string) => string)[] = [
  (address) => address.replace('栋', '号楼').replace('室', ''),
  (address) => address.replace('栋', '幢'),
  (address) => address.replace(/^.{2}市/, ''),
  (address) => `辽宁省${address}`,
  (address) => address.replace(/(\d+)栋(\d+)单元(\d+)室/, '$1-$2-$3'),
  (address) => address.replace(/(\d+)栋(\d+)单元(\d+)室/, ' $1# $2单元 $3'),
  (address) => address.replace(/(\d)单元/, (_, unit: string) => `${WORDS[Number(unit)]}单元`),
  (address) => address.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + FULL_WIDTH)),
  (address) => address.replace(/\d单元\d+室$/, ''),
];
/** Share of stated addresses in the form of the register. */
const WRITTEN_IN_FULL = 0.4;

export function typedAddress(stream: Stream, person: number, address: string): string {
  const random = stream.at(Purpose.name, person, 3);
  return random.chance(WRITTEN_IN_FULL) ? address : random.pick(SPELLINGS)(address);
}

export function cityName(district: number): string {
  return CITIES[DISTRICTS[district]!.city]!;
}

/** Adjacent numbers have nothing in common. */
export function msisdn(key: number, number: number): string {
  return NUMBER_PREFIX + String(scatter(key, number)).padStart(NUMBER_DIGITS, '0');
}
