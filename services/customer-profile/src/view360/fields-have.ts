import { dayText, monthsBefore } from '@holdfast/platform/calendar';
import { NUMBER, field, flagOf, moneyOf, numberOf, textOf, type FieldSpec, type GroupSpec } from './field.js';
import type { Known } from './known.js';

const PRODUCTS_MAX = 50;

/** Time, uses and fee of every product that was ordered by then (CP-20). */
function productFields(known: Known): FieldSpec[] {
  return known
    .rows('product_orders')
    .slice(0, PRODUCTS_MAX)
    .flatMap((order) => {
      const id = String(order['product_id']);
      const name = String(known.meaning('product', id)['name'] ?? id);
      const uses = known.rows('product_usage').filter((row) => row['product_id'] === id);
      const use = uses.find((row) => row['month'] === known.month);
      const about = (key: string, en: string, zh: string, source: string, value: FieldSpec['value']): FieldSpec =>
        field([`${id}.${key}`, `${name}: ${en}`, `${name}：${zh}`], source, value);
      const day = (column: string) => () => {
        const value = order[column];
        return typeof value === 'number' ? textOf(dayText(value)) : undefined;
      };
      const amount = (value: string | number | undefined) => (typeof value === 'number' ? value : undefined);
      return [
        about('ordered_on', 'ordered on', '订购时间', 'product_orders', day('ordered_on')),
        about('cancelled_on', 'cancelled on', '退订时间', 'product_orders', day('cancelled_on')),
        about('uses', 'uses in the month', '使用次数', 'product_usage', () => numberOf(amount(use?.['uses']))),
        about('fee', 'fee of the month', '费用', 'product_usage', () => moneyOf(amount(use?.['fee']))),
        about('has_succeeded', 'has worked', '成功使用过', 'product_usage', () =>
          flagOf(uses.length === 0 ? undefined : uses.some((row) => Number(row['successes'] ?? 0) > 0)),
        ),
      ];
    });
}

export const VAS: GroupSpec = {
  ...{ key: 'vas', en: 'Value-added services', zh: '增值业务', figures: ['product_orders', 'product_usage'] },
  ofCustomer: [],
  ofSubscription: [
    NUMBER,
    field(['products', 'Products', '业务数'], 'product_orders', (known) =>
      known.figuresKnown('product_orders') ? numberOf(known.rows('product_orders').length) : undefined,
    ),
  ],
  more: productFields,
};

const CONTACT_MONTHS = 3;

function contactCount(kind: string): FieldSpec['value'] {
  return (known) => {
    const since = monthsBefore(known.asOf, CONTACT_MONTHS);
    const recent = known.all('contact').filter(({ validFrom }) => validFrom >= since);
    return numberOf(recent.filter(({ detail }) => detail['kind'] === kind).length);
  };
}

const counted = (key: string, en: string, zh: string, kind: string): FieldSpec =>
  field([`${key}_3_months`, `${en} in three months`, `近3个月${zh}次数`], 'contacts', contactCount(kind));

const lastContact = (key: string, en: string, zh: string, name: string): FieldSpec =>
  field([key, en, zh], 'contacts', (known) => textOf(known.all('contact')[0]?.detail[name]));

/** Notes of staff after contacts (CP-21); the timeline has all of them. */
export const CONTACTS: GroupSpec = {
  ...{ key: 'contacts', en: 'Contacts', zh: '投诉与咨询', figures: [], ofCustomer: [] },
  ofSubscription: [
    counted('complaints', 'Complaints', '投诉', 'complaint'),
    counted('enquiries', 'Enquiries', '咨询', 'enquiry'),
    counted('suggestions', 'Suggestions', '建议', 'suggestion'),
    counted('service_calls', 'Hotline calls', '客服呼叫', 'service_call'),
    field(['last_on', 'Last contact', '最近接触时间'], 'contacts', (known) =>
      textOf(known.date(known.all('contact')[0]?.validFrom)),
    ),
    lastContact('last_kind', 'Kind of the last contact', '最近接触类别', 'kind'),
    lastContact('last_category', 'Subject of the last contact', '最近接触业务类别', 'category'),
    lastContact('last_channel', 'Channel of the last contact', '最近受理渠道', 'channel'),
    lastContact('last_staff', 'Who took the last contact', '最近受理员工工号', 'staff_id'),
    lastContact('last_satisfaction', 'Satisfaction with the last contact', '最近接触满意度', 'satisfaction'),
  ],
};

type Said = string | number | boolean | undefined;
const handset = (key: string, en: string, zh: string, value: (known: Known) => Said): FieldSpec =>
  field([key, en, zh], 'handset_use', (known) => textOf(value(known)));

const model = (name: string) => (known: Known) => known.meaning('handsetModel', known.text('handset', 'tac'))[name];

/** Ever, as far back as the operator's months go. */
function hasUsed(column: string): FieldSpec['value'] {
  return (known) => {
    const used = known.figures('usage', column);
    return used.length === 0 ? undefined : flagOf(used.some((value) => value > 0));
  };
}

/** The latest handset by its type allocation code (CP-22), and what it was seen to do (CP-23). */
export const HANDSET: GroupSpec = {
  ...{ key: 'handset', en: 'Handset', zh: '终端', figures: ['usage'], ofCustomer: [] },
  ofSubscription: [
    handset('tac', 'Type allocation code', 'IMEI前8位', (known) => known.text('handset', 'tac')),
    handset('brand', 'Brand', '品牌', model('brand')),
    handset('model', 'Model', '型号', model('model')),
    field(['price', 'Price', '价格'], 'handset_use', (known) => {
      const price = model('price')(known);
      return typeof price === 'number' ? moneyOf(price) : undefined;
    }),
    handset('launched_on', 'On sale since', '上市时间', model('launched_on')),
    handset('os', 'System', '操作系统', model('os')),
    handset('capabilities', 'Can', '支持功能', model('capabilities')),
    field(['first_seen_on', 'In use since', '首次使用时间'], 'handset_use', (known) =>
      textOf(known.date(known.now('handset')?.validFrom)),
    ),
    field(['is_bundled', 'Came with a contract', '是否合约机'], 'handset_use', (known) => {
      const bundled = known.detail('handset')['bundled'];
      return flagOf(typeof bundled === 'boolean' ? bundled : undefined);
    }),
    field(['has_used_data', 'Has used mobile data', '使用过手机上网'], 'usage', hasUsed('data_mb')),
    field(['has_used_mms', 'Has sent multimedia messages', '使用过彩信'], 'usage', hasUsed('mms_count')),
  ],
};
