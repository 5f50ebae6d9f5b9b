import { dayText } from '@holdfast/platform/calendar';
import {
  MONTH,
  NUMBER,
  SOURCE,
  fee,
  field,
  figure,
  flagOf,
  moneyOf,
  numberOf,
  textOf,
  type FieldSpec,
  type GroupSpec,
} from './field.js';
import type { Known } from './known.js';

const USAGE = 'usage';

function isUsed(columns: readonly string[]): FieldSpec['value'] {
  return (known) => {
    const used = columns.map((column) => known.figure(USAGE, column)).filter((value) => value !== undefined);
    return used.length === 0 ? undefined : flagOf(used.some((value) => value > 0));
  };
}

const CALLS_MADE = ['voice_out_count', 'voice_in_count'];
const SMS_SENT = ['sms_out_on_net', 'sms_out_off_net'];
/** As in feature-store's months without any use. */
const ANY_USE = [
  ...[...CALLS_MADE, 'voice_out_s', 'voice_in_s'],
  ...[...SMS_SENT, 'sms_in_on_net', 'sms_in_off_net', 'mms_count', 'data_mb'],
];

/** The plan's name where the plan includes something. */
function planWith(unit: 'sms_count' | 'data_mb'): FieldSpec['value'] {
  return (known) => {
    const plan = known.meaning('planOffer', known.text('plan', 'plan_id'));
    return Number(plan[unit] ?? 0) > 0 ? textOf(plan['name']) : undefined;
  };
}

/** Products of a category that were ordered and neither cancelled nor expired by then. */
function ordered(known: Known, category: string): string[] {
  const isExpired = (day: string | number | undefined): boolean =>
    typeof day === 'number' && dayText(day) < known.date(known.asOf)!;
  return known
    .rows('product_orders')
    .filter((order) => order['cancelled_on'] === undefined && !isExpired(order['expires_on']))
    .map((order) => known.meaning('product', String(order['product_id'])))
    .filter((product) => product['category'] === category)
    .map((product) => String(product['name']));
}

function productOf(category: string): FieldSpec['value'] {
  return (known) => textOf(ordered(known, category)[0]);
}

function hasProduct(category: string): FieldSpec['value'] {
  return (known) => flagOf(known.figuresKnown('product_orders') ? ordered(known, category).length > 0 : undefined);
}

function handsetCan(...capabilities: string[]): FieldSpec['value'] {
  return (known) => {
    const said = known.meaning('handsetModel', known.text('handset', 'tac'))['capabilities'];
    return said === undefined ? undefined : flagOf(capabilities.some((one) => String(said).split(';').includes(one)));
  };
}

const model = (known: Known) => known.meaning('handsetModel', known.text('handset', 'tac'));

/** 26 fields (CP-16). */
export const ACTIVITY: GroupSpec = {
  ...{ key: 'activity', en: 'Activity', zh: '活动信息', figures: ['usage', 'product_orders'], ofCustomer: [] },
  ofSubscription: [
    NUMBER,
    MONTH,
    field(['sms_plan', 'Plan with messages', '短信套餐类型'], 'plan_history', planWith('sms_count')),
    field(['mms_plan', 'Multimedia messages', '彩信套餐类型'], 'product_orders', productOf('mms')),
    field(['data_plan', 'Plan with data', 'GPRS套餐类型'], 'plan_history', planWith('data_mb')),
    field(['ringback_plan', 'Ring-back tones', '彩铃套餐类型'], 'product_orders', productOf('ringback')),
    field(['status', 'Status', '用户状态'], 'status_history', (known) => textOf(known.text('status', 'status'))),
    field(['points', 'Points', '用户总积分'], 'account_months', (known) => numberOf(known.accountMonth('points'))),
    field(['points_redeemable', 'Redeemable points', '用户可兑换积分'], 'account_months', (known) =>
      numberOf(known.accountMonth('points_redeemable')),
    ),
    field(['handset_model', 'Handset', '终端类型'], 'handset_use', (known) => textOf(model(known)['model'])),
    field(['handset_brand', 'Brand of the handset', '终端品牌'], 'handset_use', (known) =>
      textOf(model(known)['brand']),
    ),
    field(['is_new_handset', 'New handset in the month', '是否月新增终端'], 'handset_use', (known) =>
      flagOf(known.isInMonth(known.now('handset')?.validFrom)),
    ),
    field(['can_wap', 'Can WAP', '支持WAP标志'], 'handset_use', handsetCan('wap')),
    field(['can_java', 'Can Java', '支持JAVA标志'], 'handset_use', handsetCan('java')),
    field(['can_data', 'Can mobile data', '支持GPRS标志'], 'handset_use', handsetCan('gprs', '3g', '4g', '5g')),
    field(['can_mms', 'Can multimedia messages', '支持彩信标志'], 'handset_use', handsetCan('mms', '4g', '5g')),
    field(['can_wlan', 'Can WLAN', '支持WLAN标志'], 'handset_use', handsetCan('wlan', 'wifi')),
    field(['is_caller', 'Calls', '是否通话用户'], USAGE, isUsed(CALLS_MADE)),
    field(['is_active', 'Active', '是否活动用户'], USAGE, isUsed(ANY_USE)),
    field(['is_without_use', 'Without any use', '是否零次用户'], USAGE, (known) => {
      const used = isUsed(ANY_USE)(known);
      return used && 'flag' in used ? { flag: !used.flag } : undefined;
    }),
    field(['is_in_arrears', 'In arrears', '是否欠费用户'], 'account_months', (known) => {
      const arrears = known.accountMonth('arrears');
      return flagOf(arrears === undefined ? undefined : arrears > 0);
    }),
    field(['uses_mms', 'Sends multimedia messages', '是否彩信用户'], USAGE, isUsed(['mms_count'])),
    field(['uses_data', 'Uses mobile data', '是否手机上网用户'], USAGE, isUsed(['data_mb'])),
    field(['has_ringback', 'Has ring-back tones', '是否炫铃用户'], 'product_orders', hasProduct('ringback')),
    field(['has_news', 'Has the newspaper', '是否手机报用户'], 'product_orders', hasProduct('news')),
    SOURCE,
  ],
};

const LAGS = [
  ['month', 'of the month', '当月'],
  ['last_month', 'of the month before', '上月'],
  ['month_before_last', 'two months before', '前月'],
] as const;

function lags(key: string, en: string, zh: string, column: string): FieldSpec[] {
  return LAGS.map(([suffix, when, chinese], lag) =>
    fee([`${key}_${suffix}`, `${en} ${when}`, `${zh}${chinese}`], column, lag),
  );
}

/** 15 fields (CP-17): every amount in three lags. */
export const FEES: GroupSpec = {
  ...{ key: 'fees', en: 'Fees', zh: '费用信息', figures: ['billing'], ofCustomer: [] },
  ofSubscription: [
    NUMBER,
    MONTH,
    ...lags('arpu', 'Revenue', 'ARPU', 'arpu'),
    field(['arpu_3_months', 'Revenue of three months', '近3个月ARPU合计'], 'billing', (known) =>
      moneyOf(known.sum('billing', ['arpu'], 3)),
    ),
    ...lags('voice_fee', 'Voice fee', '普通语音ARPU', 'voice_fee'),
    ...lags('vas_fee', 'Fee of value-added services', '增值业务ARPU', 'vas_fee'),
    field(['arrears', 'Arrears', '欠费金额'], 'account_months', (known) => moneyOf(known.accountMonth('arrears'))),
    field(['balance', 'Balance', '当前余额'], 'account_months', (known) => moneyOf(known.accountMonth('balance'))),
    SOURCE,
  ],
};

function contactsInMonth(kind: string): FieldSpec['value'] {
  return (known) => {
    if (known.month === '') return undefined;
    const contacts = known.all('contact').filter(({ detail }) => detail['kind'] === kind);
    return numberOf(contacts.filter(({ validFrom }) => known.isInMonth(validFrom)).length);
  };
}

const used = (key: string, en: string, zh: string): FieldSpec => figure([key, en, zh], USAGE, key);

/** 34 fields (CP-18); times in seconds. */
export const CALLS: GroupSpec = {
  ...{ key: 'calls', en: 'Calls', zh: '通话行为', figures: ['usage', 'billing'], ofCustomer: [] },
  ofSubscription: [
    NUMBER,
    MONTH,
    used('voice_out_count', 'Calls made', '主叫次数'),
    used('voice_in_count', 'Calls received', '被叫次数'),
    fee(['voice_fee', 'Voice fee', '普通通话费用'], 'voice_fee'),
    used('voice_out_s', 'Time of calls made', '主叫通话时长'),
    used('voice_in_s', 'Time of calls received', '被叫通话时长'),
    used('local_out_s', 'Local time of calls made', '本地主叫时长'),
    used('local_in_s', 'Local time of calls received', '本地被叫时长'),
    used('long_distance_count', 'Long-distance calls', '长途次数'),
    used('long_distance_s', 'Long-distance time', '长途时长'),
    used('ip_s', 'IP time', 'IP时长'),
    fee(['long_distance_fee', 'Long-distance fee', '长途费用'], 'long_distance_fee'),
    fee(['ip_long_distance_fee', 'IP long-distance fee', 'IP长途费用'], 'ip_long_distance_fee'),
    used('roaming_count', 'Roaming calls', '漫游次数'),
    used('roaming_s', 'Roaming time', '漫游时长'),
    used('roaming_intra_s', 'Roaming time within the province', '省内漫游时长'),
    used('roaming_inter_s', 'Roaming time in other provinces', '省际漫游时长'),
    used('roaming_intl_s', 'Roaming time abroad', '国际漫游时长'),
    used('on_net_count', 'Calls within the network', '网内次数'),
    used('off_net_count', 'Calls to other networks', '网外次数'),
    used('on_net_s', 'Time within the network', '网内时长'),
    used('off_net_s', 'Time with other networks', '网外时长'),
    used('group_in_count', 'Calls within the group', '集团内次数'),
    used('group_out_count', 'Calls outside the group', '集团外次数'),
    used('group_in_s', 'Time within the group', '集团内时长'),
    used('group_out_s', 'Time outside the group', '集团外时长'),
    used('forwarded_count', 'Calls forwarded', '呼转次数'),
    used('forwarded_unicom', 'Forwarded to Unicom GSM', '呼转联通GSM次数'),
    used('forwarded_mobile', 'Forwarded to Mobile GSM', '呼转移动GSM次数'),
    used('forwarded_phs', 'Forwarded to PHS', '呼转小灵通次数'),
    field(['complaints', 'Complaints', '投诉次数'], 'contacts', contactsInMonth('complaint')),
    field(['suggestions', 'Suggestions', '建议次数'], 'contacts', contactsInMonth('suggestion')),
    used('service_calls', 'Calls to the hotline', '呼叫客服次数'),
  ],
};

/** 9 fields (CP-19). */
export const SMS: GroupSpec = {
  ...{ key: 'sms', en: 'Messages', zh: '短信行为', figures: ['usage', 'billing'], ofCustomer: [] },
  ofSubscription: [
    NUMBER,
    MONTH,
    used('sms_out_on_net', 'Messages sent within the network', '点对点短信网内发送条数'),
    used('sms_out_off_net', 'Messages sent to other networks', '点对点短信网外发送条数'),
    used('sms_in_on_net', 'Messages received within the network', '点对点短信网内接收条数'),
    used('sms_in_off_net', 'Messages received from other networks', '点对点短信网外接收条数'),
    fee(['sms_fee', 'Message fee', '点对点短信费用'], 'sms_fee'),
    field(['sms_sent_3_months', 'Messages sent in three months', '近3个月短信发送条数'], USAGE, (known) =>
      numberOf(known.sum(USAGE, SMS_SENT, 3)),
    ),
    field(['sms_sent_month', 'Messages sent in the month', '近1个月短信发送条数'], USAGE, (known) =>
      numberOf(known.sum(USAGE, SMS_SENT, 1)),
    ),
  ],
};
