import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Channel, Purpose } from './terms.js';

/** A customer's yes or no, as it was recorded; never changed, only followed by another. */
@Entity('consent_decision')
export class ConsentDecision {
  /** A 64-bit integer, as text. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint', generatedIdentity: 'ALWAYS' })
  sequence!: string;

  @Column('uuid', { name: 'customer_id' })
  customerId!: string;

  @Column('text')
  purpose!: Purpose;

  @Column('text')
  channel!: Channel;

  @Column('boolean')
  granted!: boolean;

  @Column('text')
  basis!: 'stated' | 'imported';

  @Column('text')
  evidence!: string;

  @Column('timestamptz', { name: 'decided_at' })
  decidedAt!: Date;

  /** Client. */
  @Column('text', { name: 'recorded_by' })
  recordedBy!: string;

  /** Agent who used the client, opaque. */
  @Column('text', { name: 'on_behalf_of', nullable: true })
  onBehalfOf!: string | null;

  @Column('text', { name: 'org_unit_path' })
  orgUnitPath!: string;
}
