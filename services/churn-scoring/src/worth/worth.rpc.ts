import { Injectable } from '@nestjs/common';
import type { WorthService } from '@holdfast/contracts/churn_scoring/v1/worth';
import { orgUnitFilter } from '@holdfast/platform/caller';
import type { Rpc } from '@holdfast/platform/grpc';
import { scoped } from '@holdfast/platform/scoped';
import { Values } from './values.js';

/** What customers are worth. */
@Injectable()
export class WorthRpc {
  constructor(private readonly values: Values) {}

  readonly handlers: Rpc<WorthService> = {
    getCustomerValue: scoped('value:read', ({ caller }, { id, withSensitivity }) =>
      this.values.ofCustomer(id, orgUnitFilter(caller), withSensitivity),
    ),
    listValues: scoped('value:read', ({ caller }, request) =>
      this.values.list(request, orgUnitFilter(caller), caller.language),
    ),
  };
}
