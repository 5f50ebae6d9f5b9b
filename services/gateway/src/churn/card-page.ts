import type { Language, Texts } from '@holdfast/platform/errors';
import { CAUSE_TEXTS, EXCLUSION_TEXTS } from '@holdfast/platform/terms';
import type { CardJson } from './card.js';
import {
  HOW_WORDS,
  KIND_WORDS,
  SHADOW_END_WORDS,
  STATE_WORDS,
  TREATMENT_WORDS,
  WORDS,
  type Word,
} from './card-words.js';

type Estimate = { mean: number; low: number | null; high: number | null };

/** A table: its caption, the headings of its columns, and its rows, whose first cell is a heading. */
interface PageTable {
  readonly caption?: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const IMPORTANCE_SHOWN = 20;

/** The card of a model as a separate page: no script, nothing loaded from elsewhere, readable on paper. */
export function cardPage(card: CardJson, language: Language): string {
  return new CardPage(card, language).html();
}

class CardPage {
  constructor(
    private readonly card: CardJson,
    private readonly language: Language,
  ) {}

  html(): string {
    const { model } = this.card;
    const title = `${this.word('title')} ${model!.name}`;
    const other = this.language === 'en' ? 'zh-CN' : 'en';
    const sections = [
      this.section('goal', `<p>${escaped(this.card.goal)}</p>`),
      this.section('data', this.data()),
      this.section('preparation', this.preparation()),
      this.section('method', this.method()),
      this.section('evaluation', this.evaluation()),
      this.section('deployment', this.deployment()),
      this.section(
        'limits',
        `<ul>${this.card.limits.map(({ message }) => `<li>${escaped(message)}</li>`).join('')}</ul>`,
      ),
      this.section('importance', this.importance()),
      this.section('reasons', this.reasons()),
    ];
    return `<!doctype html>
<html lang="${this.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<nav aria-label="${this.word('language')}"><a href="?format=html&amp;lang=${other}" hreflang="${other}" lang="${other}">${other === 'en' ? 'English' : '中文'}</a></nav>
<h1>${escaped(title)}</h1>
${this.list([
  ['kind', this.of(KIND_WORDS, model!.kind)],
  ['table', model!.table],
  ['status', this.word(model!.champion ? 'isChampion' : 'isNotChampion')],
  ['trainedAt', timeText(model!.trainedAt)],
])}
</header>
<main>
${sections.join('\n')}
</main>
</body>
</html>
`;
  }

  private data(): string {
    const { model, data } = this.card;
    const { table, tableVersion, trainingHash, month } = model!;
    return this.list([
      ['table', table],
      ['version', tableVersion],
      ['trainingHash', trainingHash],
      ['lastMonth', month],
      ...(data === null
        ? ([['rows', this.word('unknown')]] as const)
        : ([
            ['rows', this.count(data.rows)],
            ['positives', `${this.count(data.positives)} (${percent(data.positives / data.rows)})`],
            ['subscriptions', data.subscriptions === null ? null : this.count(data.subscriptions)],
            [
              'months',
              data.months.length === 0 ? null : `${data.months[0]} – ${data.months.at(-1)} (${data.months.length})`,
            ],
            ['labelledRows', this.count(data.labelledRows)],
            ['sample', data.sampleShare === 1 ? this.word('noSample') : percent(data.sampleShare)],
          ] as const)),
    ]);
  }

  private preparation(): string {
    const { model, data, method } = this.card;
    const rows = model!.excluded.map(({ column, reason }) => [column, this.of(EXCLUSION_TEXTS, reason)]);
    const headings = [this.word('column'), this.word('why')];
    return (
      this.list([
        ['offered', data === null ? null : this.count(data.columns)],
        ['used', this.count(method!.columns)],
      ]) + (rows.length === 0 ? '' : table({ caption: this.word('excluded'), headings, rows }))
    );
  }

  private method(): string {
    const { model, method, checksum } = this.card;
    const { trees, leavesMax, depthMax, treeWeight, calibration, trainingRate, settings, programVersion } = method!;
    return this.list([
      ['methodName', model!.method],
      ['trees', trees === 0 ? null : this.count(trees)],
      ['growth', trees === 0 ? null : `${leavesMax} / ${depthMax}`],
      ['treeWeight', trees === 0 ? null : percent(treeWeight)],
      ['calibration', calibration],
      ['trainingRate', percent(trainingRate)],
      ['prevalence', percent(model!.prevalence)],
      ['seed', String(model!.seed)],
      ['settings', settings === null ? null : JSON.stringify(settings)],
      ['program', programVersion === null ? this.word('unknown') : String(programVersion)],
      ['checksum', checksum],
    ]);
  }

  private evaluation(): string {
    const { validation, verdict } = this.card.model!;
    if (validation === null) return `<p>${this.word('unknown')}</p>`;
    const { capacity, calibrationErrorIdeal: ideal } = validation;
    const contacts = capacity === null ? '' : ` (${this.count(capacity.contacts)}${this.word('contactsPerMonth')})`;
    const figures: [string, string][] = [
      ['AUC', this.estimate(validation.auc)],
      [`${this.word('precision')}${contacts}`, this.estimate(capacity?.precision ?? null)],
      [this.word('averagePrecision'), this.estimate(validation.averagePrecision)],
      [this.word('lift10'), this.estimate(validation.lift10)],
      [
        this.word('calibrationError'),
        this.estimate(validation.calibrationError) +
          (ideal.p95 === null ? '' : ` (${this.word('ideal')} ${figureText(ideal.p95)})`),
      ],
      [this.word('calibrationSlope'), this.figure(validation.calibrationSlope)],
      ['Brier', this.estimate(validation.brier)],
      [this.word('logLoss'), this.figure(validation.logLoss)],
      [this.word('rate'), validation.rate === null ? this.word('unknown') : percent(validation.rate)],
      [
        this.word('meanPrediction'),
        validation.meanPrediction === null ? this.word('unknown') : percent(validation.meanPrediction),
      ],
    ];
    return [
      this.list([
        ['scheme', schemeText(validation.scheme, this.language)],
        ['judged', `${this.count(validation.rows)} (${this.count(validation.positives)} ${this.word('churned')})`],
        ['judgedMonths', validation.judgedMonths.join(', ') || null],
      ]),
      table({
        caption: this.word('figures'),
        headings: [this.word('figure'), this.word('valueWithInterval')],
        rows: figures,
      }),
      this.months(),
      this.calibration(),
      this.horizons(),
      this.baseline(),
      this.contacted(),
      verdict === null
        ? ''
        : `<h3>${this.word('comparison')}</h3><p>${escaped(verdict.message)}</p>${this.comparison()}`,
    ].join('');
  }

  private months(): string {
    const months = this.card.model!.validation!.capacity?.months ?? [];
    if (months.length === 0) return '';
    const headings = [this.word('month'), this.word('contacts'), this.word('precision')];
    const rows = months.map(({ month, contacts, precision }) => [month, this.count(contacts), percent(precision)]);
    return table({ caption: this.word('precisionByMonth'), headings, rows });
  }

  private calibration(): string {
    const headings = [this.word('bin'), this.word('predicted'), this.word('observed'), this.word('rows')];
    const rows = this.card.model!.validation!.bins.map(({ predicted, observed, rows: count }, at) => [
      String(at + 1),
      percent(predicted),
      percent(observed),
      this.count(count),
    ]);
    return table({ caption: this.word('calibrationTable'), headings, rows });
  }

  private horizons(): string {
    const { horizons } = this.card.model!.validation!;
    if (horizons.length === 0) return '';
    const headings = ['horizon', 'auc', 'precision', 'calibrationError', 'calibrationSlope', 'judgedMonths'] as const;
    const rows = horizons.map(({ months, auc, precisionAtCapacity, calibrationError, calibrationSlope, ...of }) => [
      String(months),
      ...[auc, precisionAtCapacity, calibrationError, calibrationSlope].map((value) => this.figure(value)),
      of.reason ?? of.judgedMonths.join(', '),
    ]);
    return table({ caption: this.word('horizons'), headings: headings.map((name) => this.word(name)), rows });
  }

  private baseline(): string {
    const { baseline, auc, averagePrecision, lift10, capacity } = this.card.model!.validation!;
    if (baseline === null) return '';
    const pairs: [string, number | undefined, number | null][] = [
      ['AUC', auc?.mean, baseline.auc],
      [this.word('precision'), capacity?.precision?.mean, baseline.precisionAtCapacity],
      [this.word('averagePrecision'), averagePrecision?.mean, baseline.averagePrecision],
      [this.word('lift10'), lift10?.mean, baseline.lift10],
    ];
    const rows = pairs.map(([name, own, other]) => [name, this.figure(own ?? null), this.figure(other)]);
    const headings = [this.word('figure'), this.word('thisModel'), this.word('billDrop')];
    return table({ caption: this.word('baseline'), headings, rows });
  }

  private contacted(): string {
    const { contacted } = this.card.model!.validation!;
    if (contacted === null) return '';
    const { rows, share, positives, treatment, comparedWith, judgedRows, difference, rate } = contacted;
    const counts = this.list([
      ['contactedRows', `${this.count(rows)} (${percent(share)}; ${this.count(positives)} ${this.word('churned')})`],
      ['contactedTreatment', this.of(TREATMENT_WORDS, treatment)],
    ]);
    if (contacted.auc === null) return `<h3>${this.word('contacted')}</h3>${counts}`;
    const pairs: [Word, number | null, number | null, string][] = [
      ['auc', contacted.auc, contacted.comparedAuc, this.estimate(difference)],
      ['calibrationError', contacted.calibrationError, contacted.comparedCalibrationError, ''],
      ['meanPrediction', contacted.meanPrediction, contacted.comparedMeanPrediction, ''],
      ['rate', rate, rate, ''],
    ];
    const figures = table({
      caption: `${this.word('notContacted')} (${this.count(judgedRows)})`,
      headings: [
        this.word('figure'),
        ...[treatment, comparedWith].map((each) => this.of(TREATMENT_WORDS, each)),
        this.word('difference'),
      ],
      rows: pairs.map(([name, own, other, of]) => [this.word(name), this.figure(own), this.figure(other), of]),
    });
    return `<h3>${this.word('contacted')}</h3>${counts}${figures}`;
  }

  private comparison(): string {
    const comparison = this.card.model!.verdict?.comparison ?? null;
    if (comparison === null) return '';
    const { auc, championAuc, precisionAtCapacity, championPrecisionAtCapacity, difference } = comparison;
    const headings = [this.word('figure'), this.word('thisModel'), this.word('champion'), this.word('difference')];
    const rows = [
      ['AUC', this.figure(auc), this.figure(championAuc), this.estimate(difference)],
      [
        this.word('precision'),
        ...[precisionAtCapacity, championPrecisionAtCapacity].map((value) => this.figure(value)),
        '',
      ],
    ];
    return table({ caption: `${this.word('onTheSameRows')} (${this.count(comparison.rows)})`, headings, rows });
  }

  private deployment(): string {
    const { deployments, promotions } = this.card;
    const spans = deployments.map(({ from, to, how, by, approvedBy, overrideReason, reason }) => [
      timeText(from),
      to === null ? this.word('now') : timeText(to),
      how === null ? '' : this.of(HOW_WORDS, how),
      by,
      approvedBy ?? '',
      [reason, overrideReason].filter((text) => text !== null && text !== '').join(' / '),
    ]);
    const requests = promotions.map(
      ({ requestedAt, state, requestedBy, decidedBy, reason, overrideReason, comment }) => [
        timeText(requestedAt),
        this.of(STATE_WORDS, state),
        requestedBy,
        decidedBy ?? '',
        [reason, overrideReason, comment].filter((text) => text !== null && text !== '').join(' / '),
      ],
    );
    const of = (...names: Word[]): string[] => names.map((name) => this.word(name));
    return (
      (spans.length === 0
        ? `<p>${this.word('neverChampion')}</p>`
        : table({
            caption: this.word('spans'),
            headings: of('from', 'to', 'how', 'by', 'approvedBy', 'why'),
            rows: spans,
          })) +
      (requests.length === 0
        ? ''
        : table({
            caption: this.word('requests'),
            headings: of('at', 'state', 'by', 'decidedBy', 'why'),
            rows: requests,
          })) +
      this.shadows()
    );
  }

  /** Spans in shadow, and the figures of the newest run. */
  private shadows(): string {
    const { shadows } = this.card;
    if (shadows.length === 0) return '';
    const spans = shadows.map(({ startedAt, endedAt, endedHow, startedBy, endedBy, reason }) => [
      timeText(startedAt),
      endedAt === null ? this.word('now') : timeText(endedAt),
      endedHow === null ? '' : this.of(SHADOW_END_WORDS, endedHow),
      [startedBy, endedBy].filter((by) => by !== null).join(' / '),
      reason ?? '',
    ]);
    const headings = (['from', 'to', 'how', 'by', 'why'] as const).map((name) => this.word(name));
    const run = shadows.flatMap(({ runs }) => runs).find(({ figures }) => figures !== null);
    return table({ caption: this.word('inShadow'), headings, rows: spans }) + (run ? this.shadowFigures(run) : '');
  }

  private shadowFigures({ month, figures, outcome }: CardJson['shadows'][number]['runs'][number]): string {
    const { rows: count, contacts, ...of } = figures!;
    const rows: [string, string, string][] = [
      [this.word('shadowMean'), percent(of.meanProbability), percent(of.championMeanProbability)],
      [this.word('atRisk'), this.count(of.atRisk), this.count(of.championAtRisk)],
      [this.word('entering'), this.count(of.entering), ''],
      [this.word('leaving'), '', this.count(of.leaving)],
      [this.word('rankCorrelation'), this.figure(of.rankCorrelation), ''],
      [`${this.word('overlap')} (${this.count(contacts)})`, percent(of.overlap), ''],
      [this.word('stability'), figureText(of.stabilityIndex), ''],
    ];
    if (outcome !== null) {
      const { comparison, precision, championPrecision } = outcome;
      rows.push(
        ['AUC', this.figure(comparison?.auc ?? null), this.figure(comparison?.championAuc ?? null)],
        [`AUC, ${this.word('difference')}`, this.estimate(comparison?.difference ?? null), ''],
        [this.word('precision'), this.estimate(precision), this.estimate(championPrecision)],
      );
    }
    const about = [month, `${this.word('rows')} ${this.count(count)}`].filter((part) => part !== null).join(', ');
    const headings = [this.word('figure'), this.word('thisModel'), this.word('champion')];
    return table({ caption: `${this.word('shadowFigures')} (${about})`, headings, rows });
  }

  private importance(): string {
    const shown = this.card.model!.importance.slice(0, IMPORTANCE_SHOWN);
    const rows = shown.map(({ column, meanAbsoluteContribution: mean }) => [column, figureText(mean)]);
    const omitted = this.card.model!.importance.length - shown.length;
    const headings = [this.word('column'), this.word('meanContribution')];
    return table({ headings, rows }) + (omitted === 0 ? '' : `<p>${this.word('further')} ${omitted}</p>`);
  }

  private reasons(): string {
    const rows = this.card.reasons.map(({ reason, share, columns }) => [
      reason === null ? this.word('noReason') : this.of(CAUSE_TEXTS, reason),
      percent(share),
      columns.join(', '),
    ]);
    return table({ headings: [this.word('reason'), this.word('share'), this.word('columns')], rows });
  }

  private section(name: Word, content: string): string {
    return `<section aria-labelledby="${name}"><h2 id="${name}">${this.word(name)}</h2>${content}</section>`;
  }

  /** Names with values; those without a value are omitted. */
  private list(entries: readonly (readonly [Word, string | null])[]): string {
    const known = entries.filter(([, value]) => value !== null);
    return `<dl>${known.map(([name, value]) => `<div><dt>${this.word(name)}</dt><dd>${escaped(value!)}</dd></div>`).join('')}</dl>`;
  }

  private estimate(estimate: Estimate | null): string {
    if (estimate === null) return this.word('unknown');
    const { mean, low, high } = estimate;
    return low === null || high === null
      ? figureText(mean)
      : `${figureText(mean)} (${figureText(low)} – ${figureText(high)})`;
  }

  private figure(value: number | null): string {
    return value === null ? this.word('unknown') : figureText(value);
  }

  private count(value: number): string {
    return value.toLocaleString(this.language);
  }

  private word(name: Word): string {
    return WORDS[name][this.language];
  }

  /** The word of a code; the code itself where it has none. */
  private of(words: Readonly<Record<string, Texts>>, code: string): string {
    return words[code]?.[this.language] ?? code;
  }
}

function table({ caption, headings, rows }: PageTable): string {
  const head = headings.map((heading) => `<th scope="col">${escaped(heading)}</th>`).join('');
  const body = rows
    .map(
      ([first, ...cells]) =>
        `<tr><th scope="row">${escaped(first!)}</th>${cells.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
    )
    .join('\n');
  const title = caption === undefined ? '' : `<caption>${escaped(caption)}</caption>`;
  return `<div class="table" tabindex="0"><table>${title}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Such as `repeated 5-fold`. */
function schemeText(scheme: string, language: Language): string {
  if (language === 'en') return scheme;
  const folds = /^repeated (\d+)-fold$/.exec(scheme)?.[1];
  if (folds !== undefined) return `重复 ${folds} 折交叉验证`;
  return scheme === 'forward in time' ? '按时间向前验证' : '给定划分';
}

/** Such as `2026-11-04 08:10 UTC`. */
function timeText(instant: string | null): string {
  return instant === null ? '' : `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}

function figureText(value: number): string {
  return value.toFixed(4);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
body { font: 16px/1.55 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #1d2733; background: #fff; }
nav { float: right; } a { color: #0a58ca; }
h1 { font-size: 1.6rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #c5cdd6; }
h3 { font-size: 1rem; }
dl { display: grid; gap: .2rem; margin: .5rem 0; } dl div { display: grid; grid-template-columns: 16rem 1fr; gap: 1rem; }
dt { color: #4a5663; } dd { margin: 0; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse; min-width: 50%; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid #dfe4ea; vertical-align: top; }
tbody th { font-weight: 400; } td { font-variant-numeric: tabular-nums; }
@media (max-width: 40rem) { dl div { grid-template-columns: 1fr; gap: 0; } }
@media print { nav { display: none; } body { margin: 0; } }`;
