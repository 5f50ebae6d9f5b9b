import { Injectable } from '@nestjs/common';
import type { CardService } from '@holdfast/contracts/churn_scoring/v1/card';
import type { Rpc } from '@holdfast/platform/grpc';
import { scoped } from '@holdfast/platform/scoped';
import { Cards } from './cards.js';

@Injectable()
export class CardRpc {
  constructor(private readonly cards: Cards) {}

  readonly handlers: Rpc<CardService> = {
    getModelCard: scoped('model:read', (_call, { modelId }) => this.cards.of(modelId)),
  };
}
