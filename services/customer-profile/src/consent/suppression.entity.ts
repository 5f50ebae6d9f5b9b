import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Channel, SuppressionReason } from './terms.js';

/** A customer who must not be approached, from `validFrom` to before `validTo`. */
@Entity('suppression')
export class Suppression {
  @PrimaryColumn('uuid', { name: 'suppression_id' })
  suppressionId!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  channel!: Channel;

  @Column('text')
  reason!: SuppressionReason;

  @Column('timestamptz', { name: 'valid_from' })
  validFrom!: Date;

  /** Null: for ever. */
  @Column('timestamptz', { name: 'valid_to', nullable: true })
  validTo!: Date | null;

  /** Client. */
  @Column('text', { name: 'added_by' })
  addedBy!: string;

  @Column('text', { name: 'org_unit_path' })
  orgUnitPath!: string;
}
