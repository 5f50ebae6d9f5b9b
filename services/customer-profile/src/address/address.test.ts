import fc from 'fast-check';
import { homeOf } from './address.js';

const FULL = '沈阳市皇姑区样例路48号样例新村4期14栋1单元2801室';

describe('an address', () => {
  it.each([
    ['in full', FULL],
    ['with the province', `辽宁省${FULL}`],
    ['with the country', `中国辽宁省${FULL}`],
    ['without the city', FULL.replace('沈阳市', '')],
    ['with the city in short', FULL.replace('沈阳市', '沈阳')],
    ['with 号楼 and no 室', FULL.replace('14栋', '14号楼').replace('室', '')],
    ['with 幢', FULL.replace('栋', '幢')],
    ['with 座', FULL.replace('栋', '座')],
    ['with #', FULL.replace('栋', '#')],
    ['with dashes', FULL.replace('14栋1单元2801室', '14-1-2801')],
    ['with long dashes and 室', FULL.replace('14栋1单元2801室', '14—1—2801室')],
    ['with a dash after the building', FULL.replace('1单元2801室', '1-2801')],
    ['with full-width digits', FULL.replace('48', '４８').replace('14', '１４').replace('2801', '２８０１')],
    ['with blanks and commas', '沈阳市 皇姑区，样例路 48号 样例新村 4期，14栋 1单元 2801室'],
    ['with numerals in words', FULL.replace('4期', '四期').replace('14栋1', '十四栋一')],
    ['with leading zeros', FULL.replace('14栋1单元', '014栋01单元')],
    ['with 门 for 单元', FULL.replace('单元', '门')],
    ['with 号 for 室', FULL.replace('室', '号')],
    ['with 户', FULL.replace('室', '户')],
    ['with the floor', FULL.replace('2801', '28层2801')],
    ['with the subdistrict', FULL.replace('皇姑区', '皇姑区样板街道')],
    ['with the phase in brackets', FULL.replace('4期', '（4期）')],
  ])('%s is the same home', (_case, text) => {
    expect(homeOf(text, { city: '沈阳市' })).toEqual(homeOf(FULL));
  });

  it.each([
    ['another door', FULL.replace('2801', '2802'), true],
    ['another unit', FULL.replace('1单元', '2单元'), true],
    ['another building', FULL.replace('14栋', '15栋'), false],
    ['another phase', FULL.replace('4期', '5期'), false],
    ['another estate', FULL.replace('新村', '家园'), false],
    ['another number', FULL.replace('48号', '50号'), false],
    ['another road', FULL.replace('样例路', '样板路'), false],
    ['another district', FULL.replace('皇姑', '和平'), false],
  ])('%s is another home', (_case, text, isSameBuilding) => {
    expect(homeOf(text).door).not.toBe(homeOf(FULL).door);
    expect(homeOf(text).building === homeOf(FULL).building).toBe(isSameBuilding);
  });

  it.each([
    ['in the text', FULL.replace('沈阳市', '大连市'), {}],
    ['in the text, whatever is known from elsewhere', FULL.replace('沈阳市', '大连市'), { city: '沈阳市' }],
    ['known from elsewhere', FULL.replace('沈阳市', ''), { city: '大连市' }],
    ['of its district', FULL.replace('沈阳市', ''), { cityOfDistrict: () => '大连市' }],
  ])('in another city, %s, is another home', (_case, text, hints) => {
    const [home, other] = [homeOf(FULL), homeOf(text, hints)];
    expect(other.door).toMatch(/^大连\|皇姑区\|/);
    expect([other.door, other.building]).not.toEqual([home.door, home.building]);
    expect(other.door!.slice('大连'.length)).toBe(home.door!.slice('沈阳'.length));
  });

  it('in an unknown city is none', () => {
    const nothing = { building: undefined, door: undefined };
    for (const text of [FULL.replace('沈阳市', ''), '样例路9号', '辽宁省皇姑区样例路48号14栋1单元2801室']) {
      expect(homeOf(text)).toEqual(nothing);
      expect(homeOf(text, { district: '皇姑区', cityOfDistrict: () => undefined })).toEqual(nothing);
    }
  });

  it('is in the city of its district, where that is the only one of its name', () => {
    const cityOfDistrict = (district: string) => (district === '皇姑区' ? '沈阳' : undefined);
    expect(homeOf(FULL.replace('沈阳市', ''), { cityOfDistrict })).toEqual(homeOf(FULL));
    const bare = FULL.replace('沈阳市皇姑区', '');
    expect(homeOf(bare, { district: '皇姑区', cityOfDistrict })).toEqual(homeOf(FULL));
    expect(homeOf(bare, { cityOfDistrict }).door).toBeUndefined();
  });

  it('in a district of another city than the customer is in the city of the district', () => {
    const hints = {
      city: '大连市',
      cityOfDistrict: (district: string) => (district === '皇姑区' ? '沈阳' : undefined),
    };
    expect(homeOf(FULL.replace('沈阳市', ''), hints)).toEqual(homeOf(FULL));
    expect(homeOf('和平区样例街12号', hints).building).toBe('大连|和平区|样例街|12||');
  });

  it('in a city at county level is the same with and without the city above it', () => {
    const hints = { city: '样例市', district: '样板市' };
    expect(homeOf('样板市样例路7号301室', hints)).toEqual(homeOf('样例市样板市样例路7号301室'));
  });

  it.each<[string, string, string | undefined, string | undefined]>([
    ['a road and a number', '和平区样例街12号', '样例|和平区|样例街|12||', undefined],
    ['a road, a number and a door', '和平区样例街12号301室', '样例|和平区|样例街|12||', '样例|和平区|样例街|12||||301'],
    [
      'no number, but a building',
      '和平区样例小区3号楼2单元501',
      '样例|和平区|||样例小区|3',
      '样例|和平区|||样例小区|3|2|501',
    ],
    ['a lane with a house', '和平区样例路88弄5号301室', '样例|和平区|样例路|88||5', '样例|和平区|样例路|88||5||301'],
    [
      'a building right at a road',
      '和平区样例路12号楼3单元401',
      '样例|和平区|样例路|||12',
      '样例|和平区|样例路|||12|3|401',
    ],
    ['a county-level city', '样例市样板市样例路7号', '样例|样板市|样例路|7||', undefined],
    ['a road that counts', '和平区三好街9号', '样例|和平区|三好街|9||', undefined],
    ['a building of a letter', '和平区样例花园A座1203', '样例|和平区|||样例花园|A', '样例|和平区|||样例花园|A||1203'],
    ['a floor and a short door', '和平区样例街12号3楼1号', '样例|和平区|样例街|12||', '样例|和平区|样例街|12||||301'],
    ['a road that is called like the city', '样例路9号', '样例||样例路|9||', undefined],
    ['a district alone', '沈阳市和平区', undefined, undefined],
    ['an estate alone', '和平区样例小区', undefined, undefined],
    ['nothing', '', undefined, undefined],
    ['blanks', '　 ', undefined, undefined],
  ])('with %s', (_case, text, building, door) => {
    expect(homeOf(text, { city: '样例市' })).toEqual({ building, door });
  });

  it('without a district is in the one that is known', () => {
    const text = FULL.replace('沈阳市皇姑区', '');
    expect(homeOf(text, { city: '沈阳市', district: '皇姑区' })).toEqual(homeOf(FULL));
    expect(homeOf(text, { city: '沈阳市' }).door).not.toBe(homeOf(FULL).door);
  });

  it('is read whatever it is, and spelling it out of its parts leads back to them', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => void homeOf(text)));
    const number = fc.integer({ min: 1, max: 99 });
    fc.assert(
      fc.property(number, number, number, fc.integer({ min: 101, max: 3306 }), (road, building, unit, door) => {
        const at = (home: string) => homeOf(`沈阳市和平区样例路${road}号样例花园${home}`);
        const spelled = at(`${building}栋${unit}单元${door}室`);
        expect(spelled.door).toBe(`沈阳|和平区|样例路|${road}|样例花园|${building}|${unit}|${door}`);
        expect(at(`${building}-${unit}-${door}`)).toEqual(spelled);
        expect(at(`${building}号楼${unit}单元${door}`)).toEqual(spelled);
      }),
    );
  });
});
