import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person or body that uses or may use the operator's products. */
@Entity('customer')
export class Customer {
  @PrimaryColumn('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  kind!: 'person' | 'group';

  @Column('text', { name: 'org_unit_path' })
  orgUnitPath!: string;

  /** A 64-bit integer, as text. */
  @Column('bigint')
  version!: string;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;
}
