import {
  MONTH,
  NUMBER,
  SOURCE,
  field,
  flagOf,
  hidden,
  maskedName,
  numberOf,
  textOf,
  type FieldSpec,
  type FieldValue,
  type GroupSpec,
} from './field.js';
import type { Known } from './known.js';
import { VALUE_GROUPS } from './monthly-figures.js';

const CUSTOMERS = 'customers';
const SUBSCRIPTIONS = 'subscriptions';

function ofCustomer(key: string, en: string, zh: string, column = key): FieldSpec {
  return field([key, en, zh], CUSTOMERS, (known) => textOf(known.text('customer', column)));
}

function secret(key: string, en: string, zh: string, name: string, mask: FieldSpec['mask']): FieldSpec {
  return field([key, en, zh], CUSTOMERS, (known) => textOf(known.secret('customer', name)), mask);
}

function ofSubscription(key: string, en: string, zh: string, column = key): FieldSpec {
  return field([key, en, zh], SUBSCRIPTIONS, (known) => textOf(known.text('subscription', column)));
}

/** Full years by the operator's calendar. */
function age(known: Known): number | undefined {
  const birth = known.secret('customer', 'birthDate');
  const years = yearsSinceBirth(known);
  if (birth === undefined || years === undefined) return undefined;
  return years - (known.date(known.asOf)!.slice(5) >= birth.slice(5) ? 0 : 1);
}

/** By years only: exact ages would reveal the birthday to a caller that reads day after day. */
function yearsSinceBirth(known: Known): number | undefined {
  const birth = known.secret('customer', 'birthDate');
  return birth === undefined ? undefined : Number(known.date(known.asOf)!.slice(0, 4)) - Number(birth.slice(0, 4));
}

/** By the definitions of feature-store in force at the view's as-of time. */
function isMidHighEnd(known: Known): boolean | undefined {
  const group = known.valueGroup('value_group');
  return group === undefined ? undefined : group === 'mid_high_end';
}

function valueFlag(column: 'in_cohort' | 'value_lost'): FieldSpec['value'] {
  return (known) => {
    const flag = known.valueGroup(column);
    return flagOf(flag === undefined ? undefined : flag === 1);
  };
}

/** 27 fields (CP-15): eighteen of the customer, nine of each subscription. */
export const BASIC: GroupSpec = {
  ...{ key: 'basic', en: 'Basic data', zh: '基本信息', figures: [VALUE_GROUPS] },
  ofCustomer: [
    secret('user_name', 'Name', '使用人姓名', 'name', maskedName),
    ofCustomer('district', 'District', '归属区县'),
    secret('ethnicity', 'Ethnicity', '民族', 'ethnicity', hidden),
    {
      ...field(['age', 'Age', '年龄'], CUSTOMERS, (known) => numberOf(age(known))),
      coarse: (known) => numberOf(yearsSinceBirth(known)),
    },
    ofCustomer('gender', 'Gender', '性别'),
    ofCustomer('industry', 'Industry', '所属行业'),
    ofCustomer('occupation', 'Occupation', '职业'),
    secret('birthday', 'Birthday', '生日', 'birthDate', hidden),
    ofCustomer('interests', 'Interests', '兴趣爱好'),
    secret('address', 'Address', '地址', 'address', hidden),
    secret('employer', 'Employer', '工作单位名称', 'employer', hidden),
    field(['is_key_customer', 'Key customer', '是否大客户'], CUSTOMERS, (known) =>
      flagOf(known.now('customer') && known.text('customer', 'vip_level') !== undefined),
    ),
    ofCustomer('vip_level', 'VIP level', 'VIP客户标识'),
    field(['is_group_customer', 'Group customer, or member of one', '是否集团客户'], CUSTOMERS, (known) =>
      flagOf(known.groupRelation === undefined ? undefined : known.groupRelation !== 'none'),
    ),
    field(['group_code', 'Group', '集团编码'], CUSTOMERS, (known) => textOf(known.groupId)),
    field(['group_name', 'Name of the group', '集团名称'], CUSTOMERS, (known) => textOf(known.groupName), maskedName),
    field(['group_type', 'Type of the group', '集团类型'], CUSTOMERS, (known) => textOf(known.groupType)),
    SOURCE,
  ],
  ofSubscription: [
    NUMBER,
    MONTH,
    ofSubscription('brand', 'Brand', '品牌'),
    field(['payment_means', 'Means of payment', '缴费方式'], 'accounts', (known) =>
      textOf(known.text('account', 'means')),
    ),
    // Without channel types in the extract, the channel is shown as its type.
    field(['entry_kind', 'Type of the entry channel', '入网渠道类型'], SUBSCRIPTIONS, (known) =>
      textOf(known.text('subscription', 'entry_channel_type') ?? known.text('subscription', 'entry_channel')),
    ),
    ofSubscription('entry_channel', 'Entry channel', '入网渠道'),
    ofSubscription('activated_on', 'Activated on', '入网时间'),
    field(['is_mid_high_end', 'Mid- or high-end', '是否中高端用户'], VALUE_GROUPS, (known) =>
      flagOf(isMidHighEnd(known)),
    ),
    field(['is_new_in_month', 'New in the month', '是否当月新增用户'], SUBSCRIPTIONS, (known) => {
      const activatedOn = known.text('subscription', 'activated_on');
      return flagOf(activatedOn === undefined || known.month === '' ? undefined : activatedOn.startsWith(known.month));
    }),
  ],
};

function isOfGroup({ groupRelation }: Known, relation: 'group' | 'member'): FieldValue | undefined {
  return flagOf(groupRelation === undefined ? undefined : groupRelation === relation);
}

/** Household membership (CP-34) and who pays; relations between customers are separate from the groups. */
export const RELATIONS: GroupSpec = {
  ...{ key: 'relations', en: 'Relations', zh: '关系', figures: [] },
  ofCustomer: [
    field(['is_group', 'Is a group customer', '是否集团客户主体'], CUSTOMERS, (known) => isOfGroup(known, 'group')),
    field(['is_group_member', 'Belongs to a group customer', '是否集团成员'], CUSTOMERS, (known) =>
      isOfGroup(known, 'member'),
    ),
  ],
  ofSubscription: [
    field(['is_in_family_plan', 'In a family plan', '是否家庭套餐成员'], 'household_members', (known) =>
      flagOf(known.now('household') !== undefined),
    ),
    field(['household_role', 'Role in the family', '家庭角色'], 'household_members', (known) =>
      textOf(known.text('household', 'role')),
    ),
    field(['payer_since', 'Paid by this account since', '付费关系开始日期'], 'account_payments', (known) =>
      textOf(known.date(known.payment?.validFrom)),
    ),
  ],
};

/** Five levels of attribution below the province (CP-24). */
const LEVELS = [
  ['city', 'City', '地市'],
  ['county_company', 'County company', '县级分公司'],
  ['marketing_centre', 'Marketing centre', '区域营销中心'],
  ['area', 'Area', '片区'],
  ['hall', 'Hall', '营业厅'],
] as const;

export const TAGS: GroupSpec = {
  ...{ key: 'tags', en: 'Tags', zh: '标签', figures: [VALUE_GROUPS] },
  ofCustomer: LEVELS.map(([level, en, zh]) =>
    field([level, en, zh], 'org_units', (known) => textOf(known.units.find((unit) => unit.level === level)?.name)),
  ),
  // CP-29: the value group of the last closed month, with the versions of the definitions that it is computed by.
  ofSubscription: [
    field(['value_group', 'Value group', '价值群'], VALUE_GROUPS, (known) => textOf(known.valueGroup('value_group'))),
    field(
      ['in_cohort', 'Mid/high-end at the start of the cohort', '是否属于中高端基准群体'],
      VALUE_GROUPS,
      valueFlag('in_cohort'),
    ),
    field(['is_value_lost', 'Value-lost', '是否价值流失'], VALUE_GROUPS, valueFlag('value_lost')),
    field(['value_definitions', 'Versions of the definitions', '定义版本'], VALUE_GROUPS, (known) =>
      textOf(known.valueGroup('definitions')),
    ),
  ],
};
