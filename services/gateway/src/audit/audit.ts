import { Injectable } from '@nestjs/common';
import type { Caller } from '@holdfast/platform/caller';
import { Clock } from '@holdfast/platform/clock';
import { Database } from '@holdfast/platform/database';
import { newId } from '@holdfast/platform/identity';

interface AuditEntry {
  caller: Caller;
  /** Method and documented path: `POST /api/v1/dispositions`. */
  operation: string;
  /** Internal ids that the request named. */
  subjectIds: readonly string[];
  status: number;
  traceId: string;
}

/** The ledger of writes and of readings of personal data. */
@Injectable()
export class Audit {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async append({ caller, operation, subjectIds, status, traceId }: AuditEntry): Promise<void> {
    await this.database.query(
      `insert into audit_entry
         (audit_id, at, client, on_behalf_of, operation, subject_ids, status, access_reason, trace_id)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        newId(),
        this.clock.wall(),
        caller.client,
        caller.onBehalfOf ?? null,
        operation,
        subjectIds,
        status,
        caller.accessReason ?? null,
        traceId,
      ],
    );
  }
}
