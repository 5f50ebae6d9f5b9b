import { View360 as View360Message, type Field } from '@holdfast/contracts/customer_profile/v1/view360';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import type { RequestContext } from '../operation/request-context.js';
import { Id, Instant, Money, OrgUnitPath } from '../operation/wire.js';

/** Groups that a view has, in its order. */
export const VIEW_GROUPS = 'basic activity fees calls sms vas contacts handset relations tags'.split(' ');

const ViewField = z.strictObject({
  key: z.string(),
  label: z.string().describe("In the caller's language"),
  value: z.union([z.number(), z.string(), z.boolean(), Money]).nullable().describe('Null if it is not known'),
  source: z.string().describe("Table of the operator's extract"),
  masked: z.boolean().describe('Whether it is personal, and the caller sees only a part'),
  unavailable: z.string().nullable().describe('Why there is no value'),
  notice: z
    .string()
    .nullable()
    .describe('What is doubtful about the value, such as a number that another subscription has, too'),
});

const ViewGroup = z
  .strictObject({
    key: z.string(),
    label: z.string(),
    fields: z.array(ViewField),
    unavailable: z.string().nullable().describe('Why the group is empty'),
  })
  .meta({ id: 'ViewGroup' });

export const View360 = z
  .strictObject({
    customerId: Id,
    asOf: Instant.nullable(),
    month: z.string().nullable().describe('Last closed month by then, `YYYY-MM`'),
    extractId: z.string().nullable().describe('The extract that answers'),
    kind: z.enum(['person', 'group']),
    orgUnit: OrgUnitPath,
    groups: z.array(ViewGroup),
    subscriptions: z.array(
      z.strictObject({
        subscriptionId: Id,
        accountId: z.string(),
        payerAccountId: z.string().nullable().describe('Account of the payer, if another customer pays'),
        userCustomerId: z.string().nullable().describe('Who uses it, where that is not the owner'),
        service: z.string().nullable(),
        status: z.string().nullable(),
        groups: z.array(ViewGroup),
      }),
    ),
    relations: z.array(
      z.strictObject({
        customerId: Id,
        kind: z.string(),
        role: z.string().nullable().describe('Of the other'),
        direction: z.enum(['to', 'from']).describe('`to`: stated of this customer; `from`: of the other'),
        validFrom: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'View360' });

export const VIEW_EXAMPLE: z.output<typeof View360> = {
  customerId: '5f0c1f6e-3a54-5c55-8e2c-6d9a1c3b7e01',
  asOf: '2026-11-03T02:00:00.000Z',
  month: '2026-10',
  extractId: '2026-10-full',
  kind: 'person',
  orgUnit: 'demo/U-CITY-0/',
  groups: [],
  subscriptions: [
    {
      subscriptionId: '1b9d6bcd-bbfd-5b2d-9b5d-ab8dfbbd4bed',
      accountId: '8d1b6a52-0f57-5d0e-9c1a-2b7f4e6a9c02',
      payerAccountId: null,
      userCustomerId: null,
      service: 'mobile',
      status: 'active',
      groups: [
        {
          key: 'fees',
          label: '费用信息',
          fields: [
            {
              key: 'arpu_month',
              label: 'ARPU当月',
              value: { amount: '128.00', currency: 'CNY' },
              source: 'billing',
              masked: false,
              unavailable: null,
              notice: null,
            },
          ],
          unavailable: null,
        },
      ],
    },
  ],
  relations: [],
};

/** Fields whose full value identifies a person. */
const PERSONAL = new Set(['number', 'user_name', 'birthday', 'age', 'address', 'employer', 'ethnicity', 'group_name']);

const answer = answerOf(View360, View360Message);

/** The view in the caller's language. Personal data that are shown in full are noted for the audit ledger. */
export function view360Json(view: View360Message, context: RequestContext): z.output<typeof View360> {
  const all = [...view.groups, ...view.subscriptions.flatMap(({ groups }) => groups)].flatMap(({ fields }) => fields);
  const isShown = (field: Field): boolean => PERSONAL.has(field.key) && field.value !== undefined && !field.masked;
  if (all.some(isShown)) context.personalDataRead = true;
  return answer(view, context.language);
}
