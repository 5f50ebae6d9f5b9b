import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is used: an instance of an ordered product. */
@Entity('subscription')
export class Subscription {
  @PrimaryColumn('uuid', { name: 'subscription_id' })
  subscriptionId!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  /** The account that pays. */
  @Column('uuid', { name: 'account_id' })
  accountId!: string;

  /** Null: unknown. */
  @Column('text', { nullable: true })
  service!: string | null;

  /** Null: unknown. */
  @Column('text', { nullable: true })
  status!: 'active' | 'suspended' | 'cancelled' | null;

  /** Tables of the lake that have rows about it. */
  @Column('text', { array: true })
  tables!: string[];

  @Column('text', { name: 'org_unit_path' })
  orgUnitPath!: string;
}
