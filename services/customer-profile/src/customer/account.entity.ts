import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who pays. */
@Entity('account')
export class Account {
  @PrimaryColumn('uuid', { name: 'account_id' })
  accountId!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  /** Null: unknown. */
  @Column('text', { nullable: true })
  mode!: 'prepaid' | 'postpaid' | null;

  @Column('text', { name: 'org_unit_path' })
  orgUnitPath!: string;
}
