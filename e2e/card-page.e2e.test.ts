/** The card of a model in a real browser. */
import path from 'node:path';
import { chromium, type Browser } from 'playwright-core';

import { scratchFolder } from './support/once-per-run.js';
import { sharedSystem } from './support/shared-system.js';

let browser: Browser;
let address: string;
let authorization: string;
let modelId: string;

jest.setTimeout(300_000);

beforeAll(async () => {
  const { home, summary } = await sharedSystem();
  modelId = summary.model!.modelId;
  address = `${home.baseUrl}/api/v1/models/${modelId}/card`;
  authorization = `Bearer ${await home.client('console').accessToken()}`;
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM']!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
});

afterAll(() => browser?.close());

it.each([
  ['en', 'Business goal', 'Limits and known weaknesses'],
  ['zh-CN', '业务目标', '局限与已知不足'],
])('is readable without a script in %s', async (language, first, last) => {
  const context = await browser.newContext({
    ...{ locale: language, javaScriptEnabled: false, viewport: { width: 1100, height: 1400 } },
    extraHTTPHeaders: { authorization },
  });
  const page = await context.newPage();
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== address) foreign.push(request.url());
  });
  await page.goto(address);
  expect(await page.locator('html').getAttribute('lang')).toBe(language);
  for (const heading of [first, last]) await page.getByRole('heading', { name: heading, level: 2 }).waitFor();
  // Every part is a landmark with its heading as its name, every table has headings for its columns and rows.
  const parts = await page.getByRole('region').count();
  expect(parts).toBe(9);
  expect(await page.locator('h1').count()).toBe(1);
  for (const table of await page.getByRole('table').all()) {
    expect(await table.getByRole('columnheader').count()).toBeGreaterThan(1);
    expect(await table.getByRole('rowheader').count()).toBeGreaterThan(0);
  }
  const figures = page.getByRole('table', { name: language === 'en' ? /^Figures/ : /^指标/ });
  expect(await figures.innerText()).toMatch(/AUC\s+0\.\d{4} \(0\.\d{4} – 0\.\d{4}\)/);
  await page.screenshot({ path: path.join(scratchFolder(), `card-${language}.png`), fullPage: true });
  // As wide as a phone: nothing but a table scrolls sideways.
  await page.setViewportSize({ width: 390, height: 800 });
  const overflow = await page
    .locator('html')
    .evaluate((html) => html.scrollWidth - html.clientWidth)
    .catch(() => 0);
  expect(overflow).toBe(0);
  expect(foreign).toEqual([]);
  await context.close();
});

it('is JSON for other clients, and needs the scope', async () => {
  const answer = await fetch(address, { headers: { authorization } });
  const card = (await answer.json()) as { model: { modelId: string }; data: { rows: number; positives: number } };
  expect(card.model.modelId).toBe(modelId);
  expect(card.data.positives).toBeLessThan(card.data.rows);
  expect((await fetch(address)).status).toBe(401);
});
