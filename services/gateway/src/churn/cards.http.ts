import { ModelCard as ModelCardMessage } from '@holdfast/contracts/churn_scoring/v1/card';
import { z } from 'zod';
import { answerOf } from '../operation/answer.js';
import { Answer, operationsOf } from '../operation/operation.js';
import { Id } from '../operation/wire.js';
import { Card, type CardJson } from './card.js';
import { cardPage } from './card-page.js';
import { MODEL_EXAMPLE } from './models.http.js';
import { CHAMPIONSHIP_EXAMPLE } from './promotions.http.js';
import { SHADOW_EXAMPLE } from './shadows.http.js';

const operation = operationsOf('churn');

const CARD_EXAMPLE: CardJson = {
  model: MODEL_EXAMPLE,
  goal: 'Contact the subscribers who are likely to leave before they do.',
  data: {
    ...{ rows: 2994, positives: 701, subscriptions: null, months: [], labelledRows: 2994, sampleShare: 1, columns: 18 },
  },
  method: {
    ...{ programVersion: 8, settings: { seed: 1, folds: 5, repeats: 3 }, columns: 12, trees: 180, leavesMax: 8 },
    ...{ depthMax: 4, treeWeight: 0.6, calibration: 'platt', trainingRate: 0.234 },
  },
  deployments: [CHAMPIONSHIP_EXAMPLE],
  shadows: [SHADOW_EXAMPLE],
  promotions: [],
  limits: [{ code: 'limit.notForward', message: 'It was judged on other subscriptions, not on later months.' }],
  reasons: [{ reason: 'habit', share: 0.4, columns: ['tenure_months'] }],
  checksum: '77aa…',
};

const cardOf = answerOf(Card, ModelCardMessage);

const readCard = operation('GET /api/v1/models/{modelId}/card', {
  summary: 'The card of a model: goal, data, method, figures, deployment and limits; as JSON or as a page',
  description: 'A page where the client prefers text/html (header Accept) or `format` is html; it needs no script.',
  scope: 'model:read',
  raises: ['model.unknown', 'model.damaged'],
  params: z.strictObject({ modelId: Id }),
  query: z.strictObject({
    format: z.enum(['json', 'html']).optional().describe('Wins over Accept'),
    lang: z.enum(['zh-CN', 'en']).optional().describe('Wins over Accept-Language'),
  }),
  response: Card,
  formats: ['application/json', 'text/html'],
  async handle({ call, params, query: { format, lang }, request, services }) {
    const language = lang ?? call.caller.language;
    const card = cardOf(await services.cards.getModelCard(call, params), language);
    const headers = { vary: 'Accept, Accept-Language', 'content-language': language };
    const isPage = format === undefined ? (request.headers.accept?.includes('text/html') ?? false) : format === 'html';
    if (!isPage) return new Answer(card, { headers });
    return new Answer(cardPage(card, language), { headers, contentType: 'text/html; charset=utf-8' });
  },
  example: { params: { modelId: MODEL_EXAMPLE.modelId }, response: CARD_EXAMPLE },
});

/** Cards of models. */
export const cardOperations = [readCard];
