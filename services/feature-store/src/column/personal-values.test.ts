import { RandomStream } from '@holdfast/learning/random';
import { isSurelyPersonal, personalForm, personalKindOf } from './personal-values.js';

test.each([
  ['13812345678', 'phone'],
  ['+86 138-1234-5678', 'phone'],
  ['008613812345678', 'phone'],
  ['138****5678', 'phone'],
  ['１３８１２３４５６７８', 'phone'],
  ['13812345678.0', 'phone'],
  ['024-23456789', 'phone'],
  ['(010)62345678', 'phone'],
  ['04111234567', undefined],
  ['+49 30 1234567', 'phone'],
  ['12812345678', undefined],
  ['138123456789', undefined],
  ['21010319900307123X', 'document'],
  ['210103********1234', 'document'],
  ['210103199013071234', undefined],
  ['ann.li@example.com', 'email'],
  ['@channel', undefined],
  ['王伟', 'name'],
  ['欧阳娜娜', 'name'],
  ['张*', 'name'],
  ['李某某', 'name'],
  ['阿不都·热西提', 'name'],
  ['全球通', undefined],
  ['王府井百货大楼', undefined],
  ['沈阳市和平区文化路3号巷2号', 'address'],
  ['长白街道民主路12号3单元402室', 'address'],
  ['12 Baker Street', 'address'],
  ['和平区', undefined],
  ['5G畅享套餐129元', undefined],
  ['2026-09', undefined],
  ['', undefined],
])('%s looks like %s', (text, kind) => {
  expect(personalForm(text)).toBe(kind);
});

test('numbers, documents and mail are certain; names and addresses are not', () => {
  expect(['13812345678', '21010319900307123X', 'a@b.cn'].every(isSurelyPersonal)).toBe(true);
  expect(['王伟', '长江路12号3室', '13.8', '2019'].some(isSurelyPersonal)).toBe(false);
});

const CITIES = (
  '沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 ' +
  '太原 大同 阳泉 长治 晋城 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌'
).split(' ');

test.each([
  ['cities', CITIES],
  ['districts', '沈河区 和平区 皇姑区 于洪区 铁西区 大东区 浑南区 苏家屯区 康平县 法库县'.split(' ')],
  ['tariffs', ['畅享59', '畅享129', '金卡', '白金卡', '全家福', '动感地带', '全球通', '神州行', '商务通']],
  ['brands', ['华为', '小米', '荣耀', '苹果', 'vivo', 'OPPO', '三星', '中兴']],
  ['metals', ['黄金', '白银', '铂金', '钻石']],
  ['levels', ['高', '中', '低', '高价值', '中高端', '低价值']],
  ['education', ['小学', '初中', '高中', '大专', '本科', '硕士', '博士']],
  ['months', ['2026-07', '2026-08', '2026-09']],
  ['codes', Array.from({ length: 300 }, (_, at) => `100${at}`)],
])('%s are codes', (_, texts) => {
  expect(personalKindOf(texts)).toBeUndefined();
});

test('columns of persons are found whatever else is in them', () => {
  const random = new RandomStream(7);
  const pick = (texts: string): string => texts[random.below(texts.length)]!;
  const given = '伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂';
  const names = Array.from(
    { length: 200 },
    () => pick('王李张刘陈杨赵黄周吴高马') + pick(given) + (random.below(2) === 0 ? pick(given) : ''),
  );
  expect(personalKindOf([...new Set([...names, '沈阳某某有限公司', 'Ann', '未知'])])).toBe('name');
  const phones = Array.from({ length: 10 }, (_, at) => `1381234000${at}`);
  expect(personalKindOf(['无', '停机', '-', ...phones])).toBe('phone');
  const remarks = Array.from({ length: 100 }, (_, at) => `note ${at}`);
  expect(personalKindOf([...remarks, ...phones])).toBe('phone');
  expect(personalKindOf([...remarks, '13812345678'])).toBeUndefined();
});
